"""What one does with an execution, and with a node of it, from its page."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.programs import showing
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor, bare
from tests.ui.execution_page import execution, panel, shown

P = "tests.programs.showing"


@pytest.fixture(scope="module")
def ran(server: LiveServer) -> LiveServer:
    server.register(showing)
    server.wait(server.launch(f"{P}.broken", execution="act-broken", lines=5))
    server.wait(server.launch(f"{P}.inner", execution="act-inner", x=41))
    return server


def test_abort_asks_first_and_keeps_the_cause(visitor: Visitor, ran: LiveServer, tmp_path: Path) -> None:
    ran.launch(f"{P}.waiting", execution="act-abort", path=str(tmp_path / "never"))
    page = visitor.open_execution("act-abort")
    page.get_by_role("button", name="Abort").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_label("Why").fill("wrong data")
    dialog.get_by_role("button", name="Abort the execution").click()
    expect(page.locator("header [data-phase=ABORTED]")).to_be_visible()
    expect(page.get_by_text("“wrong data”")).to_be_visible()
    expect(page.get_by_role("button", name="Recover")).to_be_visible()


def test_relaunch_runs_the_same_again(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("act-inner")
    page.get_by_role("button", name="Relaunch", exact=True).click()
    expect(page.locator("header").get_by_text("relaunch of")).to_be_visible()
    assert shown(page) != "act-inner"
    assert ran.outputs(ran.wait(execution(shown(page))).id) == {"o0": 42 + 82}
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Compare with act-inner").click()
    expect(page).to_have_url(re.compile(r"/compare\?.*act-inner"))


def test_relaunch_with_changes_opens_the_form_with_the_inputs(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("act-inner")
    page.get_by_role("link", name="Relaunch with changes").click()
    expect(page).to_have_url(re.compile(r"/launch\?.*from=default%2Fdevelopment%2Fact-inner"))


def test_recover_keeps_what_succeeded(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("act-broken")
    page.get_by_role("button", name="Recover").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Recover").click()
    expect(page.locator("header").get_by_text("goes on from")).to_be_visible()
    ran.wait(execution(shown(page)))
    expect(page.locator("[data-node-id=n0]").first).to_have_attribute("data-phase", "RECOVERED")


def test_rerun_from_a_node_goes_on_from_there(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("act-inner", node="n2")
    panel(page).get_by_role("button", name="Rerun from here").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Run again from here").click()
    expect(page.locator("header").get_by_text("goes on from")).to_be_visible()
    ran.wait(execution(shown(page)))
    expect(page.locator("[data-node-id=n0]").first).to_have_attribute("data-phase", "RECOVERED")
    expect(page.locator("[data-node-id=n2]").first).to_have_attribute("data-phase", "SUCCEEDED")


def test_a_command_that_is_copied_reaches_this_server(visitor: Visitor, ran: LiveServer, tmp_path: Path) -> None:
    page = visitor.open_execution("act-inner")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="alula relaunch").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command == f"alula relaunch act-inner --project default --domain development --address {ran.address}"
    done = subprocess.run(["bash", "-c", command], env=bare(tmp_path), capture_output=True, text=True, check=True)
    assert ran.wait(execution(done.stdout.split()[0])).spec.metadata.reference_execution.name == "act-inner"


def test_gates_are_answered(visitor: Visitor, ran: LiveServer) -> None:
    ran.launch(f"{P}.gated", execution="act-gated", x=1)
    page = visitor.open_execution("act-gated")
    page.locator("[data-node-id=n1]").click()
    panel(page).get_by_role("button", name="Approve").click()
    expect(panel(page).get_by_text("approved")).to_be_visible()
    page.locator("[data-node-id=n2]").click()
    panel(page).get_by_label("Value").fill("twelve")
    panel(page).get_by_role("button", name="Send").click()
    expect(panel(page).get_by_role("alert")).to_be_visible()
    panel(page).get_by_label("Value").fill("12")
    panel(page).get_by_role("button", name="Send").click()
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    assert ran.outputs(execution("act-gated")) == {"o0": 14}
    expect(panel(page).get_by_text("The value given:")).to_be_visible()


def test_a_rejection_fails_the_execution(visitor: Visitor, ran: LiveServer) -> None:
    ran.launch(f"{P}.gated", execution="act-rejected", x=1)
    page = visitor.open_execution("act-rejected", node="n1")
    panel(page).get_by_role("button", name="Reject").click()
    expect(page.locator("header [data-phase=FAILED]")).to_be_visible()
    expect(page.get_by_role("region", name="First cause of the failure")).to_contain_text("go-live")


def test_the_cache_explains_itself_and_forgets(visitor: Visitor, ran: LiveServer) -> None:
    ran.wait(ran.launch(f"{P}.inner", execution="act-filled", x=77))
    ran.wait(ran.launch(f"{P}.inner", execution="act-cached", x=77))
    page = visitor.open_execution("act-cached", node="n1", view="cache")
    expect(panel(page).get_by_text("Taken from the cache")).to_be_visible()
    expect(panel(page).get_by_role("link", name=re.compile("^act-filled"))).to_be_visible()
    expect(page.locator("[data-node-id=n1]").first).to_have_accessible_name(re.compile("from the cache"))
    panel(page).get_by_role("button", name="Have the cache forget it").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Forget").click()
    expect(page.get_by_text("The cache has forgotten 1 entry", exact=True)).to_be_visible()
    ran.wait(ran.launch(f"{P}.inner", execution="act-near", x=78))
    visitor.open_execution("act-near", node="n1", view="cache")
    near = panel(page).get_by_role("region", name="Nearest entry")
    expect(near).to_contain_text("which differs in x")
    expect(near.get_by_role("row").last).to_have_text(re.compile(r"^x\d+78$"))
    visitor.check_accessible()
    near.get_by_role("link").click()
    expect(page).not_to_have_url(re.compile("act-near"))
