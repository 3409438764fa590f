"""An execution's page: its head, its graph, its tables; what is bad input to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.programs import showing
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor, visit
from tests.ui.execution_page import panel

from alula.idl import core

P = "tests.programs.showing"


IN_VIEW = """id => {
  const [node, graph] = [`[data-node-id="${id}"]`, '[role=application]'].map(each => document.querySelector(each).getBoundingClientRect());
  return node.left >= graph.left && node.right <= graph.right && node.top >= graph.top && node.bottom <= graph.bottom;
}"""


@pytest.fixture(scope="module")
def ran(server: LiveServer) -> LiveServer:
    """Executions of `tests/programs/showing.py`, their names beginning with `page-`."""
    server.register(showing)
    launched = [
        server.launch(f"{P}.every_kind", execution="page-kinds"),
        server.launch(f"{P}.broken", execution="page-broken", lines=20),
        server.launch(f"{P}.all_values", execution="page-values"),
        server.launch(f"{P}.tidied", execution="page-tidied"),
        server.launch(f"{P}.parent", execution="page-parent"),
    ]
    for each in launched:
        server.wait(each)
    return server


def node(page: Page, node_id: str) -> Locator:
    return page.locator(f"[data-node-id='{node_id}']").first


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def test_the_head_says_what_it_is(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-kinds")
    expect(page.get_by_role("heading", name="page-kinds")).to_be_visible()
    head = page.get_by_role("banner").or_(page.locator("header")).first
    expect(head.locator("[data-phase=SUCCEEDED]")).to_be_visible()
    expect(head.get_by_role("link", name="every_kind")).to_have_attribute(
        "href", re.compile(r"/workflows/default/development/tests\.programs\.showing\.every_kind")
    )
    expect(head.get_by_text("v1", exact=True)).to_be_visible()
    page.get_by_role("button", name="Copy the name").click()
    assert page.evaluate("navigator.clipboard.readText()") == "page-kinds"


def test_the_graph_shows_branches_maps_and_what_is_nested(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-kinds")
    expect(node(page, "n0")).to_have_attribute("data-phase", "SUCCEEDED")
    expect(node(page, "n4-0-n4-n1-0-n0")).to_have_attribute("data-phase", "SUCCEEDED")
    for skipped in ("n4-0-n4-n2", "n4-0-n4-n3"):
        expect(node(page, skipped)).to_have_attribute("data-phase", "SKIPPED")
    expect(page.get_by_role("img", name="40 of 40 items succeeded")).to_be_visible()
    page.get_by_role("button", name="Collapse when0").click()
    expect(node(page, "n4-0-n4-n2")).to_have_count(0)


def test_what_a_task_made_of_itself_is_expanded_in_place(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-kinds")
    page.get_by_role("button", name="Expand grown").click()
    expect(node(page, "n5-0-n4")).to_have_attribute("data-phase", "SUCCEEDED")
    page.get_by_role("button", name="Expand calls").click()
    expect(node(page, "n6-0-c0")).to_have_accessible_name(re.compile("^inc.*, task, succeeded"))


def test_the_graph_is_walked_by_keys(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-broken")
    graph = page.get_by_role("application", name=re.compile("^Graph of"))
    graph.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_visible()
    assert "node=n" in page.url
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("loud")
    page.keyboard.press("Enter")
    graph.focus()
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("heading", name="loud")).to_be_visible()


def test_the_search_for_a_node_has_the_keys_while_it_is_typed_in(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-broken")
    expect(node(page, "n0")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("n1-0")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("+")
    expect(page.get_by_label("Find a node (/)")).to_have_value("n1-+0")


def test_a_failure_is_found_from_its_pinned_cause(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-broken")
    cause = page.get_by_role("region", name="First cause of the failure")
    expect(cause.get_by_text("loud", exact=True)).to_be_visible()
    expect(cause.get_by_text("ValueError: the loss is not a number: <b>nan</b>")).to_be_visible()
    expect(cause.get_by_text("showing.py", exact=False).first).to_be_visible()
    cause.get_by_role("button", name="Open with its log").click()
    expect(panel(page).get_by_role("heading", name="loud")).to_be_visible()
    expect(panel(page).get_by_role("tab", name="Log")).to_have_attribute("aria-selected", "true")
    expect(panel(page).get_by_text("line 19")).to_be_visible()


def test_the_failure_node_and_a_child_execution_are_there(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-tidied")
    expect(node(page, "fn0")).to_have_accessible_name(re.compile("^tidy.*, failure node, succeeded"))
    page = visitor.open_execution("page-parent", node="n0")
    panel(page).get_by_role("link", name=re.compile("page-parent-")).click()
    expect(page.get_by_text("launched by")).to_be_visible()
    expect(page.get_by_role("link", name="page-parent", exact=True)).to_be_visible()


def test_nodes_are_sorted_and_filtered(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-kinds", tab="nodes")
    rows = page.get_by_role("table", name="Nodes").locator("[data-node-id]")
    expect(rows.first).to_have_text("inner")
    page.get_by_label("Filter nodes").fill("memo")
    expect(rows).to_have_text(["memo", "memo", "memo", "memo", "memo"])
    page.get_by_label("Filter nodes").fill("")
    page.get_by_role("columnheader", name="Duration").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Duration")).to_have_attribute("aria-sort", "ascending")
    visitor.open_execution("page-broken", tab="nodes")
    page.get_by_role("button", name="Failed 2").click()
    expect(rows).to_have_text(["broken_inner", "loud"])
    rows.last.click()
    expect(panel(page).get_by_role("heading", name="loud")).to_be_visible()


def test_the_timeline_has_a_bar_for_each_attempt_with_its_parts(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-broken", tab="timeline")
    bars = page.get_by_role("listitem").filter(has=page.locator("[data-node-id='n1-0-n0']")).locator("[data-attempt]")
    expect(bars).to_have_count(2)
    assert "running" in (bars.last.get_attribute("title") or "")
    bars.last.click(force=True)
    expect(panel(page).get_by_role("radio", name="Attempt 1")).to_be_checked()
    visitor.open_execution("page-kinds", tab="timeline")
    page.get_by_role("button", name="Unfold map-item").click()
    expect(page.get_by_role("list", name="Timeline").get_by_text("[0]")).to_be_visible()
    page.get_by_role("button", name="Zoom in").click()


def test_values_are_shown_by_their_types_and_nothing_of_them_runs(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-values", tab="inputs")

    def value(name: str) -> Locator:
        return page.locator(f"[data-value={name}]")

    expect(value("o0")).to_contain_text("9007199254740993")
    expect(value("o1")).to_contain_text("NaN")
    expect(value("o2")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(value("o2")).to_contain_text("\\u202e")
    expect(value("o4").locator("time")).to_have_attribute("datetime", "2026-01-02T03:04:05Z")
    expect(value("o7")).to_contain_text("depth:9007199254740993")
    expect(value("o7")).to_contain_text("<b>bold</b>")
    expect(value("o10")).to_contain_text("nothing")
    value("o11").get_by_role("button", name="Look into it").click()
    expect(value("o11")).to_contain_text("<script>alert(1)</script>")
    expect(value("o14").get_by_role("img", name="drawing.png")).to_be_visible()
    assert value("o14").get_by_role("img").evaluate("image => image.naturalWidth") == 64
    value("o13").get_by_role("button", name="Show the first rows").click()
    expect(value("o13").get_by_role("cell", name="<i>cid</i>").first).to_be_visible()
    expect(value("o13")).to_contain_text("100 of 120 rows")
    with page.expect_download() as download:
        value("o11").get_by_role("button", name="Download").click()
    assert "alert(1)" in download.value.path().read_text()
    assert download.value.suggested_filename == "note.txt"


def test_events_are_listed_and_lead_to_their_nodes(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-broken", tab="events")
    events = page.get_by_role("list", name="Events")
    expect(events.get_by_text("the execution was launched")).to_be_visible()
    events.get_by_role("button", name="loud").first.click()
    expect(panel(page).get_by_role("heading", name="loud")).to_be_visible()


def test_an_unknown_execution_has_a_page_that_says_so(visitor: Visitor, ran: LiveServer) -> None:
    visitor.watched.excused = lambda text: "404" in text
    page = visitor.open_execution("there-is-none")
    expect(page.get_by_text("There is no such execution")).to_be_visible()
    page.get_by_role("link", name="All executions").click()
    expect(page).to_have_url(re.compile(r"/executions\?"))


@pytest.mark.parametrize(
    "where", [{}, {"tab": "timeline"}, {"tab": "nodes"}, {"tab": "events"}, {"node": "n1-0-n0"}, {"node": "n1-0-n0", "view": "log"}]
)
def test_a_page_has_no_serious_fault_of_access(visitor: Visitor, ran: LiveServer, where: dict[str, str]) -> None:
    page = visitor.open_execution("page-broken", **where)
    expect(page.get_by_role("tab", name="Graph")).to_be_visible()
    page.wait_for_load_state("networkidle")
    visitor.check_accessible()


def test_values_have_no_serious_fault_of_access(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-values", tab="inputs")
    expect(page.locator("[data-value=o14] img")).to_be_visible()
    visitor.check_accessible()


def test_the_search_finds_what_is_collapsed_and_opens_the_way_to_it(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-kinds")
    graph = page.get_by_role("application", name=re.compile("^Graph of"))
    graph.get_by_role("button", name="Collapse all").click()
    expect(graph.get_by_role("button", name=re.compile("^Collapse "))).to_have_count(1)
    found = graph.get_by_role("listbox", name="Nodes found").get_by_role("option")

    page.keyboard.press("/")
    page.keyboard.type("memo")
    expect(found.first).to_contain_text("memo")
    visitor.check_accessible()
    expect(found.filter(has_text=re.compile("^memo.*inner$")).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(graph.locator("[data-node-id='n0-0-n1']")).to_be_visible()
    page.keyboard.press("Enter")
    expect(panel(page)).to_have_attribute("aria-label", "Node memo")
    assert "node=n0-0-n1" in page.url

    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("item 12")
    expect(found.first).to_contain_text("map-item[12]")
    page.keyboard.press("Enter")
    page.wait_for_url("**item=12**")
    expect(panel(page).get_by_role("heading", name="map-item[12]")).to_be_visible()

    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("item 40")
    expect(graph.get_by_text("map-item has no item 40: they are 0 to 39")).to_be_visible()
    expect(found).to_have_count(0)
    visitor.check_accessible()

    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("no such thing")
    expect(graph.get_by_text("No node has that in its name, id or task")).to_be_visible()


@pytest.fixture
def phone(browser: Browser, server: LiveServer) -> Iterator[Visitor]:
    yield from visit(browser, server, viewport={"width": 390, "height": 844}, has_touch=True)


def test_a_phone_shows_the_drawer_over_the_page(phone: Visitor, ran: LiveServer) -> None:
    page = phone.open_execution("page-broken", tab="nodes")
    node(page, "n1-0-n0").click()
    box = panel(page).bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    panel(page).get_by_role("button", name="Close (Esc)").click()
    expect(panel(page)).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_item_of_a_map_that_failed_first_is_pinned_with_its_trace(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch("tests.ui.programs.many", execution="map-cause", xs=[1, 6, 13, 20]))
    page = visitor.open_execution("map-cause")
    pinned = page.get_by_role("region", name="First cause of the failure")
    expect(pinned).to_contain_text("map-item[1]")
    expect(pinned).to_contain_text("ValueError: item 6 is no good")
    expect(pinned).to_contain_text("3 of 4 items failed")
    expect(pinned).to_contain_text("raise ValueError")
    pinned.get_by_role("button", name="Open with its log").click()
    page.wait_for_url("**item=1**")
    # An exception that nobody printed is in no log: it stands above it.
    expect(panel(page).get_by_role("tab", name="Log")).to_have_attribute("aria-selected", "true")
    expect(panel(page).get_by_role("alert")).to_contain_text("ValueError: item 6 is no good")
    panel(page).get_by_role("button", name="Error", exact=True).click()
    expect(panel(page).get_by_role("alert")).to_contain_text("raise ValueError")
    visitor.check_accessible()
    visitor.open("/")
    expect(page.get_by_text("[1] ValueError: item 6 is no good").first).to_be_visible()


def test_an_execution_that_waits_for_a_person_says_so_on_top(visitor: Visitor, server: LiveServer) -> None:
    execution = server.launch("tests.ui.programs.asking", execution="asks")
    page = visitor.open_execution("asks")
    waits = page.get_by_role("region", name="Waits for a person")
    waits.get_by_role("button", name="Answer").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    expect(waits).to_have_count(0)
    assert server.wait(execution).closure.phase == core.WorkflowExecution.SUCCEEDED


def test_a_graph_that_was_collapsed_whole_is_in_view(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("page-kinds")
    page.get_by_role("button", name="Expand all").click()
    expect(node(page, "n5-0-n4")).to_be_visible()
    page.get_by_role("combobox", name="Find a node").fill("n6-0-c0")
    page.keyboard.press("Enter")
    page.wait_for_function(IN_VIEW, arg="n6-0-c0")
    page.get_by_role("button", name="Collapse all").click()
    expect(node(page, "n5-0-n4")).to_have_count(0)
    page.wait_for_function(IN_VIEW, arg="n0")
