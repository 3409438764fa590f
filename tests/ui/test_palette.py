"""What the palette offers for what is open, by keys alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.programs import showing
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor
from tests.ui.execution_page import execution, panel, shown
from tests.ui.test_entities import pricing  # noqa: F401  (a fixture)

P = "tests.programs.showing"


@pytest.fixture(scope="module")
def ran(server: LiveServer) -> LiveServer:
    server.register(showing)
    server.wait(server.launch(f"{P}.broken", execution="act-palette-broken", lines=5))
    server.wait(server.launch(f"{P}.inner", execution="act-palette", x=41))
    return server


def offered(page: Page) -> Locator:
    """What is offered for the page once the palette is opened."""
    page.keyboard.press("Control+k")
    expect(page.get_by_placeholder("Search workflows, tasks, executions, or type a command")).to_be_focused()
    return page.get_by_role("group", name="On this page").get_by_role("option")


def do(page: Page, text: str, action: str) -> None:
    """Types until an action stands first, and presses Enter."""
    offered(page)
    page.keyboard.type(text)
    expect(page.get_by_role("option", selected=True)).to_have_text(action)
    page.keyboard.press("Enter")


def test_an_execution_that_runs_is_aborted_after_a_question(visitor: Visitor, ran: LiveServer, tmp_path: Path) -> None:
    ran.launch(f"{P}.waiting", execution="act-palette-abort", path=str(tmp_path / "never"))
    page = visitor.open_execution("act-palette-abort")
    expect(page.get_by_role("button", name="Abort")).to_be_visible()
    expect(offered(page).first).to_have_text("Abort this execution")
    expect(page.get_by_role("option").first).to_have_text("Abort this execution")
    visitor.check_accessible()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("alertdialog", name="Abort act-palette-abort?")
    dialog.get_by_label("Why").fill("by the palette")
    page.keyboard.press("Enter")
    expect(page.locator("header [data-phase=ABORTED]")).to_be_visible()
    expect(page.get_by_text("“by the palette”")).to_be_visible()
    expect(dialog).to_have_count(0)
    options = offered(page)
    expect(options.first).to_have_text("Recover this execution")
    expect(options.filter(has_text="Abort")).to_have_count(0)


def test_an_execution_is_relaunched_compared_and_copied(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("act-palette")
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    do(page, "copy the link", "Copy the link to this page")
    expect(page.get_by_text("Copied").first).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    do(page, "relaunch this", "Relaunch this execution")
    expect(page.locator("header").get_by_text("relaunch of")).to_be_visible()
    again = shown(page)
    assert ran.outputs(ran.wait(execution(again)).id) == {"o0": 42 + 82}
    do(page, "which it came from", "Compare with act-palette, which it came from")
    expect(page).to_have_url(re.compile(rf"/compare\?.*act-palette.*{again}"))
    visitor.open_execution("act-palette")
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    do(page, "with changes", "Relaunch with changes")
    expect(page).to_have_url(re.compile(r"/launch\?.*from=default%2Fdevelopment%2Fact-palette"))


def test_what_failed_is_recovered_after_a_question_and_its_first_failure_opened(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("act-palette-broken")
    expect(page.get_by_role("region", name="First cause of the failure")).to_be_visible()
    do(page, "recover this", "Recover this execution")
    expect(page.get_by_role("alertdialog", name="Recover act-palette-broken?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    do(page, "first failure", "Open the first failure with its log")
    expect(panel(page)).to_be_visible()
    expect(page).to_have_url(re.compile("view=log"))


def test_an_entity_is_launched_compared_and_its_runs_listed(visitor: Visitor, pricing: str) -> None:  # noqa: F811
    page = visitor.open(f"/workflows/default/development/{pricing}")
    expect(page.locator("tr[data-version=v2]")).to_be_visible()
    expected = ["Launch this workflow", "Compare its two newest versions", "Its runs in the list of executions", "Copy the workflow's name"]
    expect(offered(page)).to_have_text(expected)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("version=v2.*against=v1|against=v1.*version=v2"))
    do(page, "its runs", "Its runs in the list of executions")
    expect(page).to_have_url(re.compile(rf"/executions\?.*workflow={re.escape(pricing)}"))
    page.go_back()
    do(page, "launch version", "Launch version v2 of this workflow")
    expect(page).to_have_url(re.compile(rf"/launch\?.*name={re.escape(pricing)}"))


def test_a_saved_view_is_opened(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/executions", text="act-palette-broken")
    expect(page.locator("[data-execution]")).to_have_count(1)
    do(page, "save these", "Save these filters as a view")
    page.get_by_label("Name", exact=True).fill("Broken ones")
    page.keyboard.press("Enter")
    visitor.open("/executions")
    expect(page.get_by_role("grid", name="Executions")).to_be_visible()
    do(page, "broken ones", "View: Broken ones")
    expect(page).to_have_url(re.compile("text=act-palette-broken"))
    expect(page.locator("[data-execution]")).to_have_count(1)


def test_an_execution_that_is_found_says_what_ran_and_how_it_went(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    offered(page)
    page.keyboard.type("act-palette-broken")
    found = page.get_by_role("option", name=re.compile("^act-palette-broken"))
    expect(found).to_contain_text("broken")
    expect(found).to_contain_text("Failed")
