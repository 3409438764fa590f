"""The drawer of a node: its log, metrics, deck, items."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.programs import showing, telling
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor
from tests.ui.execution_page import panel

P = "tests.programs.showing"


@pytest.fixture(scope="module")
def ran(server: LiveServer) -> LiveServer:
    server.register(showing)
    launched = [
        server.launch(f"{P}.broken", execution="node-broken", lines=60),
        server.launch(f"{P}.training", execution="node-trained", epochs=30, pause_s=0.0),
        server.launch(f"{P}.mapped", execution="node-mapped", n=300),
        server.launch(f"{P}.logging", execution="node-long", megabytes=4),
        server.launch(f"{P}.chattering", execution="node-chatty", n=200),
    ]
    for each in launched:
        server.wait(each)
    return server


def log(page: Page) -> Locator:
    return panel(page).get_by_role("log")


def lines_in_sight(page: Page) -> int:
    """Lines of the log that are wholly within the window and the log's own box."""
    return page.evaluate("""() => {
      const log = document.querySelector("[role=log]").getBoundingClientRect();
      const end = Math.min(log.bottom, innerHeight);
      const boxes = [...document.querySelectorAll("[role=log] [data-index]")].map(each => each.getBoundingClientRect());
      return boxes.filter(each => each.height > 0 && each.top >= log.top && each.bottom <= end).length;
    }""")  # type: ignore[no-any-return]


@pytest.mark.parametrize(("execution", "at_least"), [("node-broken", 12), ("node-chatty", 10)])
def test_a_failure_opened_with_its_log_shows_the_log(visitor: Visitor, ran: LiveServer, execution: str, at_least: int) -> None:
    page = visitor.open_execution(execution)
    cause = page.get_by_role("region", name="First cause of the failure")
    cause.get_by_role("button", name="Open with its log").click()
    expect(log(page).get_by_text(re.compile("line (25|59)$")).first).to_be_visible()
    page.wait_for_function("n => document.querySelectorAll('[role=log] [data-index]').length > n", arg=at_least)
    assert lines_in_sight(page) >= at_least
    visitor.check_accessible()
    for unfold in (cause.get_by_role("button", name="Cause"), panel(page).get_by_role("button", name="Error", exact=True)):
        expect(unfold).to_have_attribute("aria-expanded", "false")
        unfold.click()
        expect(unfold).to_have_attribute("aria-expanded", "true")
    expect(cause.get_by_text("raise ValueError(")).to_be_visible()
    expect(panel(page).get_by_role("alert").get_by_text("raise ValueError(")).to_be_visible()
    panel(page).get_by_role("tab", name="Overview").click()
    expect(cause.get_by_role("button", name="Cause")).to_have_count(0)


def test_a_task_that_was_ended_for_its_memory_is_told_what_helps(visitor: Visitor, ran: LiveServer) -> None:
    ran.wait(ran.launch(f"{P}.starving", execution="node-oom", megabytes=400))
    page = visitor.open_execution("node-oom", node="n0")
    for place in (page.get_by_role("region", name="First cause of the failure"), panel(page).get_by_role("alert")):
        expect(place).to_contain_text("ended for its memory")
        expect(place).to_contain_text(re.compile(r"It used \d+ MiB at its peak, 192 MiB was its limit"))
        expect(place).to_contain_text(re.compile(r'@al.task\(resources=al.Resources\(mem="\d(Gi|\d\dMi)"\)\)'))
        expect(place).not_to_contain_text("own code")
    visitor.check_accessible()


def test_the_item_that_is_open_is_in_sight_among_the_others(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-chatty", node="n1", item="157")
    items = panel(page).get_by_role("region", name="Items")
    expect(items.get_by_role("button", name="Item 157,")).to_be_in_viewport()
    assert (items.bounding_box() or {})["height"] < 140
    items.get_by_role("button", name="Item 157,").click()  # again: it is closed
    expect(panel(page).get_by_role("region", name="What failed")).to_be_visible()
    assert (items.bounding_box() or {})["height"] > 150


def test_a_log_grows_as_it_is_written(visitor: Visitor, ran: LiveServer, tmp_path: Path) -> None:
    said = tmp_path / "said"
    execution = ran.launch(f"{P}.waiting", execution="node-live", path=str(said))
    page = visitor.open_execution("node-live", node="n0", view="log")
    expect(log(page).get_by_text("waiting")).to_be_visible()
    said.write_text("first words\n")
    expect(log(page).get_by_text("first words")).to_be_visible()
    said.write_text("first words\nmore of them\nend\n")
    expect(log(page).get_by_text("more of them")).to_be_visible()
    ran.wait(execution)
    expect(panel(page).get_by_text("ended")).to_be_visible()
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()


def test_hostile_lines_are_shown_and_do_nothing(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-broken", node="n1-0-n0", view="log")
    expect(log(page).get_by_text("line 59")).to_be_visible()
    panel(page).get_by_label("Search the log").fill("bold green")
    page.keyboard.press("Enter")
    expect(log(page).get_by_text("<script>document.title='owned'</script>")).to_be_visible()
    expect(log(page).locator(".text-bad", has_text="red").first).to_be_visible()
    expect(log(page).get_by_text("\\u0007", exact=False).first).to_be_visible()
    assert "owned" not in page.title()
    assert log(page).locator("a").count() == 0


def test_a_line_of_a_megabyte_is_cut_until_all_of_it_is_asked_for(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-broken", node="n1-0-n0", view="log")
    panel(page).get_by_label("Search the log").fill("xxxxxxxx")
    page.keyboard.press("Shift+Enter")
    button = log(page).get_by_role("button", name=re.compile("show all"))
    expect(button).to_be_visible()
    button.click()
    expect(button).to_have_count(0)


def test_a_long_log_opens_at_its_end_and_is_searched_beyond_what_was_read(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-long", node="n0", view="log")
    expect(log(page).get_by_text("the last line")).to_be_visible()
    expect(panel(page).get_by_text("more above")).to_be_visible()
    panel(page).get_by_label("Search the log").fill("part 1")
    page.keyboard.press("Shift+Enter")
    expect(log(page).get_by_text("part 1", exact=True)).to_be_visible()
    panel(page).get_by_label("Follow").check()
    expect(log(page).get_by_text("the last line")).to_be_visible()
    panel(page).get_by_role("button", name="Jump to the first error").click()
    expect(log(page).get_by_text("Traceback (most recent call last): looked for")).to_be_visible()
    with page.expect_download() as download:
        panel(page).get_by_role("link", name="Download the log").click()
    assert download.value.path().stat().st_size > 3_000_000


def test_earlier_parts_are_read_as_one_scrolls_up(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-long", node="n0", view="log")
    expect(log(page).get_by_text("the last line")).to_be_visible()
    before = panel(page).get_by_text("more above").inner_text()
    log(page).hover()
    page.mouse.wheel(0, -10_000_000)
    expect(panel(page).get_by_text(before)).to_have_count(0)
    expect(panel(page).get_by_label("Follow")).not_to_be_checked()


def test_a_deck_runs_in_an_origin_of_its_own(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-trained", node="n0", view="deck")
    frame = panel(page).locator("iframe")
    expect(frame).to_have_attribute("sandbox", "allow-scripts")
    deck = page.frame_locator("iframe")
    expect(deck.get_by_text("all well")).to_be_visible()
    # Its own HTML is a frame in the frame; what its script did there it did in an origin that is nobody's.
    expect(deck.frame_locator("iframe").get_by_text("ran in null")).to_be_visible()


def test_metrics_are_curves_with_parameters_and_progress(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-trained", node="n0", view="metrics")
    expect(panel(page).get_by_role("progressbar", name="fitting")).to_have_attribute("aria-valuenow", "100")
    expect(panel(page).get_by_text('"<b>hostile</b>"')).to_be_visible()
    expect(panel(page).get_by_role("img", name=re.compile("^loss"))).to_be_visible()
    panel(page).get_by_label("Logarithmic").check()
    panel(page).get_by_label("By time").check()
    expect(panel(page).get_by_role("rowheader", name="accuracy")).to_be_visible()


def test_metrics_are_live(visitor: Visitor, ran: LiveServer, tmp_path: Path) -> None:
    until = tmp_path / "go on"
    execution = ran.launch(f"{P}.training", execution="node-training", epochs=40, until=str(until))
    page = visitor.open_execution("node-training", node="n0", view="metrics")
    bar = panel(page).get_by_role("progressbar", name="fitting")
    expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^5\d$"))
    expect(panel(page).get_by_role("img", name=re.compile("^loss"))).to_be_visible()
    until.touch()
    ran.wait(execution)
    expect(bar).to_have_attribute("aria-valuenow", "100")


def test_items_of_a_map_are_found_by_their_phase(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-mapped", node="n1")
    items = panel(page).get_by_role("region", name="Items")
    expect(items.get_by_text("297 of 300 items succeeded, 3 failed")).to_be_visible()
    items.get_by_role("button", name="Failed 3").click()
    cells = items.get_by_role("button", name=re.compile("^Item "))
    expect(cells).to_have_text(["57", "157", "257"])
    cells.nth(1).click()
    expect(panel(page).get_by_text("ValueError: 157 is bad")).to_be_visible()
    panel(page).get_by_role("tab", name="Log").click()
    expect(log(page).get_by_text("item 157")).to_be_visible()
    panel(page).get_by_role("tab", name="Inputs and outputs").click()
    expect(panel(page).locator("[data-value=x]")).to_contain_text("157")
    assert "item=157" in page.url


def test_metrics_of_a_maps_items_lie_over_each_other(visitor: Visitor, ran: LiveServer) -> None:
    ran.register(telling)
    for name in ("node-memos", "node-memos-again"):
        ran.wait(ran.launch("tests.programs.telling.memos", execution=name, xs=[30, 10, 40, 20]))
    for name in ("node-memos-again", "node-memos"):  # the former's came from the cache, and are those of the latter
        page = visitor.open_execution(name, node="n0", view="metrics")
        expect(panel(page).get_by_role("img", name="score: 4 curves")).to_be_visible()
        expect(panel(page).get_by_text("All 4 items that told it are drawn.")).to_be_visible()
        curves = panel(page).get_by_role("list", name="Curves").get_by_role("listitem")
        expect(curves).to_have_text(["[0]", "[1]", "[2]", "[3]"])
        rows = panel(page).locator("[data-item]")
        expect(rows).to_have_count(4)
        assert rows.first.get_by_role("cell").all_inner_texts() == ["31", "30", "31"], "last, min, max"
    header = panel(page).get_by_role("columnheader", name="score max")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    assert [row.get_attribute("data-item") for row in rows.all()] == ["1", "3", "0", "2"]
    visitor.check_accessible()
    curves.nth(2).get_by_role("button", name="[2]").click()
    page.wait_for_url("**item=2**")
    expect(panel(page).get_by_role("table", name="Metrics").get_by_role("row", name="score")).to_contain_text("41")


def test_a_map_says_what_failed_and_how_long_its_items_took(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-mapped", node="n1")
    failed = panel(page).get_by_role("region", name="What failed")
    expect(failed.get_by_role("listitem")).to_have_count(1)
    expect(failed).to_contain_text("ValueError: 57 is bad")
    expect(failed).to_contain_text("3×")
    expect(panel(page).get_by_text("297 succeeded, 3 failed")).to_be_visible()
    expect(panel(page).get_by_role("region", name="How long they took").get_by_role("button")).to_have_count(5)
    visitor.check_accessible()
    failed.get_by_role("button", name="first: 57").click()
    page.wait_for_url("**item=57**")
    expect(panel(page).get_by_text("ValueError: 57 is bad").first).to_be_visible()
    expect(failed).to_have_count(0)


def test_attempts_are_told_apart(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-broken", node="n1-0-n0")
    expect(panel(page).get_by_role("radio", name="Attempt 1")).to_be_checked()
    panel(page).get_by_role("radio", name="Attempt 0").click()
    expect(panel(page).get_by_role("radio", name="Attempt 0")).to_be_checked()
    assert "attempt=0" in page.url
    expect(panel(page).get_by_role("list", name="Where the time went")).to_contain_text("running")
    expect(panel(page).get_by_text("Peak memory")).to_be_visible()


def test_the_drawer_is_as_wide_as_one_makes_it(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open_execution("node-broken", node="n0")
    edge = panel(page).get_by_role("separator", name="Width of the panel")
    before = panel(page).bounding_box()
    edge.focus()
    page.keyboard.press("ArrowLeft")
    after = panel(page).bounding_box()
    assert before is not None and after is not None
    assert after["width"] == before["width"] + 40
