"""Going on with a past execution: mended code, other inputs, from a node or from all that failed."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.server.harness import LiveServer
from tests.ui.commands import alula
from tests.ui.conftest import Visitor
from tests.ui.execution_page import execution, panel, shown

BROKEN = '''"""Fails at night."""

import alula as al


@al.task
def load(rows: int) -> int:
    return rows


@al.task
def fit(rows: int, by: int) -> int:
    raise ValueError("not written yet")


@al.task
def tell(x: int) -> int:
    return x + 1


@al.workflow
def inner(rows: int, by: int) -> int:
    return fit(load(rows), by)


@al.workflow
def nightly(rows: int = 10, by: int = 3) -> int:
    return tell(inner(load(rows), by))
'''
MENDED = BROKEN.replace('raise ValueError("not written yet")', "return rows * by")
OTHER = MENDED.replace("inner(load(rows), by)", "load(rows)")


@pytest.fixture
def failed(server: LiveServer, tmp_path: Path) -> str:
    """Name of an execution of v1 that failed; v2 is mended, v3 has no such node."""
    module = f"nightly_{uuid.uuid4().hex[:8]}"
    file = tmp_path / f"{module}.py"
    for version, text in (("v1", BROKEN), ("v2", MENDED), ("v3", OTHER)):
        file.write_text(text)
        alula(server, "register", str(file), "--version", version)
        if version == "v1":
            name = alula(server, "launch", f"{module}.nightly", "--version", "v1", "--rows", "7")
            server.wait(execution(name))
    return name


def check(server: LiveServer, page: Page, source: str, version: str) -> dict[str, object]:
    """That the page is of an execution that went on with the source in that version; its outputs."""
    expect(page.locator("header").get_by_text("goes on from")).to_contain_text(source)
    expect(page.locator("header").get_by_role("link", name=version, exact=True)).to_be_visible()
    made = execution(shown(page))
    server.wait(made)
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    nodes = {node.id.node_id: node.closure.phase for node in (*server.nodes(made), *server.nodes(made, "n1"))}
    recovered, succeeded = 10, 3
    assert (nodes["n0"], nodes["n1-0-n0"], nodes["n1-0-n1"], nodes["n2"]) == (recovered, recovered, succeeded, succeeded)
    return server.outputs(made)


def test_a_failed_node_goes_on_with_mended_code(visitor: Visitor, server: LiveServer, failed: str) -> None:
    page = visitor.open_execution(failed, node="n1-0-n1")
    panel(page).get_by_role("button", name="Rerun from here").click()
    dialog = page.get_by_role("alertdialog")
    version = dialog.get_by_label("Version")
    expect(version.locator("option")).to_have_count(3)
    expect(version.locator("option:checked")).to_contain_text("of this execution")
    expect(version.locator("option", has_text=re.compile("^v3 "))).to_contain_text("newest · launched by name")
    visitor.check_accessible()
    version.select_option("v2")
    dialog.get_by_role("button", name="Run again from here").click()
    assert check(server, page, failed, "v2") == {"o0": 22}


def test_recover_takes_a_mended_version_too(visitor: Visitor, server: LiveServer, failed: str) -> None:
    page = visitor.open_execution(failed)
    page.get_by_role("button", name="Recover").click()
    page.get_by_role("alertdialog").get_by_label("Version").select_option("v2")
    page.get_by_role("alertdialog").get_by_role("button", name="Recover").click()
    assert check(server, page, failed, "v2") == {"o0": 22}


def test_what_the_server_refuses_is_said_in_its_words(visitor: Visitor, failed: str) -> None:
    page = visitor.open_execution(failed, node="n1-0-n1")
    visitor.watched.excused = lambda text: "rerun" in text
    panel(page).get_by_role("button", name="Rerun from here").click()
    page.get_by_role("alertdialog").get_by_label("Version").select_option("v3")
    page.get_by_role("alertdialog").get_by_role("button", name="Run again from here").click()
    refusal = page.get_by_role("alertdialog").get_by_role("alert")
    expect(refusal).to_contain_text('rerun from "n1-0-n1": the workflow has no such node; it has n0')


def test_a_rerun_with_changed_inputs_goes_through_the_form(visitor: Visitor, server: LiveServer, failed: str) -> None:
    page = visitor.open_execution(failed, node="n1-0-n1")
    panel(page).get_by_role("button", name="Rerun from here").click()
    page.get_by_role("alertdialog").get_by_label("Version").select_option("v2")
    page.get_by_role("alertdialog").get_by_role("link", name="With changed inputs").click()
    page.wait_for_url(re.compile(r"/launch\?.*from_nodes"))
    kept = page.get_by_role("region", name="What is kept")
    expect(kept.get_by_role("definition")).to_have_text(["load", "inner", "tell"])
    form = page.get_by_role("form", name="Launch")
    expect(form.get_by_label("Version")).to_have_value("v2")
    expect(form.get_by_label("rows", exact=True)).to_have_value("7")
    form.get_by_label("by", exact=True).fill("5")
    visitor.check_accessible()
    form.get_by_role("button", name="Rerun").click()
    page.wait_for_url(re.compile(r"/executions/default/development/"))
    assert check(server, page, failed, "v2") == {"o0": 36}
