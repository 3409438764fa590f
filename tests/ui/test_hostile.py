"""Many windows, pages nobody looks at, and input that means harm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.programs import showing
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor

P = "tests.programs.showing"
# A page under test always counts as seen: here a test says whether it is.
SEEN = """
let state = 'visible';
Object.defineProperty(document, 'visibilityState', {get: () => state});
window.see = value => { state = value; document.dispatchEvent(new Event('visibilitychange')) };
"""
HIDE, SHOW = "see('hidden')", "see('visible')"


@pytest.fixture(scope="module", autouse=True)
def registered(server: LiveServer) -> None:
    server.register(showing)


def another(visitor: Visitor) -> Visitor:
    page = visitor.context.new_page()
    visitor.watched.attach(page)
    return Visitor(visitor.base, visitor.context, page, visitor.watched)


def log_of(page: Page) -> str:
    return page.get_by_role("log").inner_text()


def test_a_log_that_is_hidden_holds_no_connection_and_goes_on_where_it_was(visitor: Visitor, server: LiveServer, tmp_path: Path) -> None:
    said = tmp_path / "said"
    execution = server.launch(f"{P}.waiting", execution="hostile-hidden", path=str(said))
    visitor.context.add_init_script(SEEN)
    pages = []
    for each in [visitor, *(another(visitor) for _ in range(5))]:
        page = each.open_execution("hostile-hidden", node="n0", view="log")
        expect(page.get_by_role("log").get_by_text("waiting")).to_be_visible()
        page.evaluate(HIDE)
        pages.append(page)
    expect(another(visitor).open("/executions").get_by_role("link", name="hostile-hidden")).to_be_visible()
    said.write_text("said meanwhile\n")
    expect(pages[0].get_by_text("said meanwhile")).to_have_count(0)
    pages[0].evaluate(SHOW)
    expect(pages[0].get_by_role("log").get_by_text("said meanwhile")).to_be_visible()
    assert log_of(pages[0]).split() == ["waiting", "said", "meanwhile"]
    said.write_text("said meanwhile\nend\n")
    server.wait(execution)
    expect(pages[0].get_by_text(re.compile("^ended"))).to_be_visible()


def test_of_many_windows_the_one_that_is_used_is_live(visitor: Visitor, server: LiveServer, tmp_path: Path) -> None:
    said = tmp_path / "said"
    execution = server.launch(f"{P}.waiting", execution="hostile-windows", path=str(said))
    pages = []
    for each in [visitor, *(another(visitor) for _ in range(3))]:
        page = each.open_execution("hostile-windows", node="n0", view="log")
        expect(page.get_by_role("log").get_by_text("waiting")).to_be_visible()
        pages.append(page)
    idle = next(page for page in pages if page.locator("[data-connection=waiting]").count())
    assert idle is not pages[-1]
    idle.get_by_role("heading", name="hostile-windows").click()
    expect(idle.locator("[data-connection]")).to_have_count(0)
    said.write_text("end\n")
    expect(idle.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    expect(idle.get_by_role("log").get_by_text("end", exact=True)).to_be_visible()
    server.wait(execution)
