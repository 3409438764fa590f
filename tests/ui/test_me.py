"""Who a browser says it is: put on record by the server, kept by the browser."""

from __future__ import annotations

from playwright.sync_api import expect
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor
from tests.ui.execution_page import execution, shown

NAME = "Zoë <b>Ω</b> %41"


def test_a_name_that_is_said_is_on_record_and_finds_what_is_mine(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch("tests.ui.programs.arithmetic", execution="me-others"))
    page = visitor.open_execution("me-others")
    page.get_by_role("button", name="Your name").first.click()
    dialog = page.get_by_role("dialog", name="Your name")
    expect(dialog).to_contain_text("It is no sign-in")
    visitor.check_accessible()
    dialog.get_by_label("Name", exact=True).fill("é" * 129)
    expect(dialog).to_contain_text("at most 256 bytes")
    expect(dialog.get_by_role("button", name="Keep")).to_be_disabled()
    dialog.get_by_label("Name", exact=True).fill(NAME)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Relaunch", exact=True).click()
    expect(page.locator("header").get_by_text("relaunch of")).to_be_visible()
    mine = shown(page)
    assert server.wait(execution(mine)).spec.metadata.principal == NAME
    expect(page.locator("header").get_by_role("link", name=NAME)).to_be_visible()
    visitor.open("/executions")
    page.get_by_role("button", name="Who").click()
    page.get_by_role("menuitemcheckbox", name=f"Mine ({NAME})").click()
    page.keyboard.press("Escape")
    expect(page.locator("[data-execution]")).to_have_count(1)
    expect(page.locator(f"[data-execution={mine}]")).to_be_visible()
    page.get_by_role("button", name="Your name").first.click()
    page.get_by_label("Name", exact=True).fill("")
    page.keyboard.press("Enter")
    page.locator(f"[data-execution={mine}]").get_by_role("link", name=mine).click()
    page.get_by_role("button", name="Relaunch", exact=True).click()
    expect(page.locator("header").get_by_text(f"relaunch of {mine}")).to_be_visible()
    assert server.wait(execution(shown(page))).spec.metadata.principal not in ("", NAME)
