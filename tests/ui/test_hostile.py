"""Many windows, pages nobody looks at, and input that means harm."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Page, TimeoutError, expect
from tests.programs import showing, telling
from tests.server.harness import LiveServer, plain
from tests.ui.conftest import PLACE, SHOWN_MS, Visitor

from alula.idl import admin

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


def waiting_of(pages: list[Page]) -> Page:
    """One that says that it is not live."""
    ends = time.monotonic() + SHOWN_MS / 1000
    for page in cycle(pages):
        with suppress(TimeoutError):
            page.locator("[data-connection=waiting]").wait_for(timeout=500)
            return page
        assert time.monotonic() < ends, "every window says that it is live"
    raise AssertionError("no windows")


@pytest.mark.slow
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


@pytest.mark.slow
def test_of_many_windows_the_one_that_is_used_is_live(visitor: Visitor, server: LiveServer, tmp_path: Path) -> None:
    said = tmp_path / "said"
    execution = server.launch(f"{P}.waiting", execution="hostile-windows", path=str(said))
    pages = []
    for each in [visitor, *(another(visitor) for _ in range(3))]:
        page = each.open_execution("hostile-windows", node="n0", view="log")
        expect(page.get_by_role("log").get_by_text("waiting")).to_be_visible()
        pages.append(page)
    idle = waiting_of(pages[:-1])
    idle.get_by_role("heading", name="hostile-windows").click()
    expect(idle.locator("[data-connection]")).to_have_count(0)
    said.write_text("end\n")
    expect(idle.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    expect(idle.get_by_role("log").get_by_text("end", exact=True)).to_be_visible()
    server.wait(execution)


def test_a_machine_without_a_network_reaches_its_own_server(visitor: Visitor, server: LiveServer) -> None:
    visitor.context.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', {get: () => false})")
    page = visitor.open("/workflows")
    expect(page.get_by_role("link", name="gated", exact=True)).to_be_visible()
    page.evaluate("dispatchEvent(new Event('offline'))")
    page = visitor.open("/launch", kind="workflow", name=f"{P}.gated")
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.get_by_label("x", exact=True).fill("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-node-id=n1]").first).to_have_attribute("data-phase", "ASKING")


def test_a_launch_that_finds_no_server_is_refused_and_not_made_later(visitor: Visitor, server: LiveServer) -> None:
    visitor.watched.excused = lambda text: "ERR_INTERNET_DISCONNECTED" in text
    page = visitor.open("/launch", kind="workflow", name=f"{P}.gated")
    page.get_by_label("x", exact=True).fill("7123")
    visitor.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The server does not answer").first).to_be_visible()
    visitor.context.set_offline(False)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-node-id=n1]").first).to_have_attribute("data-phase", "ASKING")
    expect(page.get_by_text("The server does not answer")).to_have_count(0)
    made = server.admin.ListExecutions(admin.ResourceListRequest(id=PLACE, limit=100)).executions
    given = [server.admin.GetExecutionData(admin.WorkflowExecutionGetDataRequest(id=each.id)).full_inputs.literals for each in made]
    assert len([each for each in given if "x" in each and plain(each["x"]) == 7123]) == 1


def test_curves_of_numbers_too_far_apart_or_too_near_are_drawn(visitor: Visitor, server: LiveServer) -> None:
    server.register(telling)
    server.wait(server.launch("tests.programs.telling.extremes", execution="hostile-extremes"))
    page = visitor.open_execution("hostile-extremes", node="n0", view="metrics")
    for name in ("far", "near"):
        expect(page.get_by_role("img", name=f"{name}: 1 curve").locator("canvas")).to_be_visible()


@pytest.mark.parametrize("item", [3, 2**31, 10**12])
def test_an_item_that_a_map_does_not_have_is_said(visitor: Visitor, server: LiveServer, item: int) -> None:
    execution = f"hostile-item-{item}"
    server.wait(server.launch(f"{P}.mapped", execution=execution, n=3))
    page = visitor.open_execution(execution, node="n1", item=str(item))
    drawer = page.get_by_role("complementary", name="Node map-item")
    if item == 3:
        expect(drawer.get_by_text("This map has no item 3")).to_be_visible()
    else:  # no number of an item at all: the map as a whole
        expect(drawer.get_by_text("3 of 3 items succeeded").first).to_be_visible()
