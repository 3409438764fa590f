"""What pages read while a run goes on, and of runs that are large: no more than has changed, no more than is seen."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect
from tests.programs import showing, telling
from tests.server.harness import LiveServer
from tests.ui.conftest import ROOT, Visitor, visit

from alula.idl import admin
from alula.idl.v1 import service_pb2
from alula.sdk.discover import entities
from alula.sdk.serialize import Settings, serialize

P, T = "tests.programs.showing", "tests.programs.telling"
ITEMS, POINTS = 2_500, 20_000
PAGES, PAGE_PX = 20, 100 * 37  # of the list of executions, and the rows of one on screen
SCROLLED_DOWN = """height => {
  const grid = document.querySelector("[data-executions]");
  grid.scrollTop = grid.scrollHeight;
  return grid.scrollHeight >= height;
}"""
ALL_ROWS = """count => {
  const rows = document.querySelectorAll("main tbody tr");
  rows[rows.length - 1].scrollIntoView();
  return rows.length >= count;
}"""
ROWS_AT_ONCE = 50  # of names and of versions


@pytest.fixture(scope="module")
def large(server: LiveServer) -> LiveServer:
    for module in (showing, telling):
        server.register(module)
    for each in (
        server.launch(f"{P}.mapped", execution="large-map", n=ITEMS),
        *(server.launch(f"{T}.waves", execution=f"large-{at}", points=POINTS) for at in range(2)),
    ):
        server.wait(each)
    return server


def asked(page: Page, part: str) -> list[Request]:
    """The requests of a page that are answered from now on, of one kind."""
    found: list[Request] = []
    page.on("requestfinished", lambda request: found.append(request) if re.search(f"/api/alula/v1/{part}[/?]", request.url) else None)
    return found


def size(requests: list[Request]) -> int:
    return sum(request.sizes()["responseBodySize"] for request in requests)


@pytest.mark.slow
def test_a_thousand_points_are_read_once_and_of_attempts_nothing(visitor: Visitor, server: LiveServer, tmp_path: Path) -> None:
    server.register(showing)
    until = tmp_path / "go on"
    execution = server.launch(f"{P}.training", execution="large-live", epochs=1_000, pause_s=0.005, until=str(until))
    page = visitor.page
    attempts, series, metrics = asked(page, "attempts"), asked(page, "series"), asked(page, "metrics")
    visitor.open_execution("large-live", node="n0", view="metrics", tab="timeline")
    curve = page.get_by_role("img", name=re.compile("^loss"))
    expect(curve).to_be_visible()
    expect(page.locator("header [data-phase=RUNNING]")).to_be_visible()
    expect(page.locator("[data-attempt='0']")).to_be_visible()
    before = len(attempts)
    points = page.get_by_role("row", name=re.compile("^loss")).get_by_role("cell").last
    expect(points).to_have_text("501")
    until.touch()
    assert len(attempts) == before, [request.url for request in attempts]
    closure = server.wait(execution).closure
    expect(points).to_have_text(re.compile(r"^1\D000$"))
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    expect(page.locator("[data-attempt='0']")).to_have_attribute("aria-label", re.compile("^train: succeeded"))
    took = closure.duration.ToMilliseconds() / 1000
    whole = page.request.get(series[0].url.split("?")[0]).body()
    assert len(series) <= took + 4, [request.url for request in series]
    # The whole at most once more: where the machine was busy, and its end was told before its last points.
    assert size(series) < 2.3 * len(whole) + 400 * len(series)
    assert len(attempts) <= before + 4, [request.url for request in attempts]
    assert len(metrics) <= 3


def test_the_timeline_of_a_large_map_reads_what_is_seen(visitor: Visitor, large: LiveServer) -> None:
    page = visitor.page
    attempts, spans = asked(page, "attempts"), asked(page, "item_spans")
    visitor.open_execution("large-map", tab="timeline")
    bar = page.locator(f"[data-items='{ITEMS}']")
    expect(bar).to_have_attribute("title", re.compile(r"2\D500 items.*2\D500 attempts.*25 failed", re.DOTALL))
    assert (len(attempts), len(spans)) == (1, 1)
    page.get_by_role("button", name="Unfold map-item").click()
    rows = page.get_by_role("list", name="Timeline").get_by_role("listitem")
    expect(rows.filter(has_text="[0]").locator("[data-attempt]")).to_have_count(1)
    page.locator("[data-timeline]").evaluate("element => { element.scrollTop = element.scrollHeight }")
    last = rows.filter(has=page.get_by_text(f"[{ITEMS - 1}]", exact=True))
    expect(last.locator("[data-attempt]")).to_have_count(1)
    assert (len(attempts), len(spans)) == (3, 1), [request.url for request in attempts]
    wide = last.locator("[data-attempt]").evaluate("bar => [...bar.children].reduce((sum, part) => sum + parseFloat(part.style.width), 0)")
    assert wide == pytest.approx(100, abs=0.1)  # its parts are its wall clock
    page.locator("[data-timeline]").evaluate("element => { element.scrollTop = 0 }")
    expect(bar).to_be_visible()
    visitor.check_accessible()


def test_a_long_curve_is_drawn_from_few_points_and_closer_when_a_part_is_chosen(visitor: Visitor, large: LiveServer) -> None:
    page = visitor.page
    series = asked(page, "series")
    visitor.open_execution("large-0", node="n0", view="metrics")
    curve = page.get_by_role("img", name=re.compile("^wave"))
    expect(page.get_by_text(re.compile(r"20\D000 points, drawn by the lowest and highest"))).to_be_visible()
    assert size(series) < 200_000
    with page.expect_request_finished(lambda request: "from_step" in request.url):
        _drag(page, curve.locator(".u-over"), 0.5, 0.52)
    expect(page.get_by_role("button", name="show all")).to_be_visible()
    [whole, part] = series
    found = page.request.get(part.url).json()["series"][0]
    steps = [int(step) for step in found["steps"]]
    assert len(whole.url) < len(part.url)
    assert 300 < len(steps) == int(found["points"]) < 600
    assert all(later == earlier + 1 for earlier, later in pairwise(steps)), "every point of the part"
    page.get_by_role("button", name="show all").click()
    expect(page.get_by_text("drawn by the lowest and highest")).to_be_visible()
    visitor.check_accessible()


def test_long_curves_are_compared(visitor: Visitor, large: LiveServer) -> None:
    page = visitor.open("/compare", ids=",".join(f"default/development/large-{at}" for at in range(2)), tab="curves")
    curve = page.get_by_role("img", name="wave: 2 curves")
    expect(page.get_by_text(re.compile(r"20\D000 points, drawn by the lowest and highest"))).to_be_visible()

    def is_part_of(name: str) -> Callable[[Request], bool]:
        return lambda request: f"/{name}/" in request.url and "from_step" in request.url

    with page.expect_request_finished(is_part_of("large-0")), page.expect_request_finished(is_part_of("large-1")):
        _drag(page, curve.locator(".u-over"), 0.2, 0.4)
    expect(page.get_by_role("button", name="show all")).to_be_visible()
    curve.locator(".u-over").dblclick()
    expect(page.get_by_role("button", name="show all")).to_have_count(0)


def _drag(page: Page, over: Locator, begin: float, end: float) -> None:
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + begin * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], box["y"] + 20, steps=4)
    page.mouse.up()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with thousands of executions on record."""
    home = tmp_path_factory.mktemp("filled") / "home"
    subprocess.run(
        [sys.executable, "-m", "scripts.fill_database", "6000", "--home", str(home)], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    live = LiveServer(home).start()
    live.register(showing)
    yield live
    live.stop()


@pytest.mark.slow
def test_of_a_list_that_is_scrolled_far_only_what_is_in_view_is_read_again(browser: Browser, filled: LiveServer) -> None:
    for visitor in visit(browser, filled):
        page = visitor.page
        lists = asked(page, "executions")
        visitor.open("/executions")
        grid = page.get_by_role("grid", name="Executions")
        expect(grid.locator("[data-execution]").first).to_be_visible()
        page.wait_for_function(SCROLLED_DOWN, arg=PAGES * PAGE_PX)
        assert len(lists) >= PAGES
        total = page.locator("[data-total]")
        before = int(total.get_attribute("data-total") or 0)
        del lists[:]
        ids = [filled.launch(f"{P}.gated", execution=f"deep-{at}") for at in range(3)]
        expect(total).to_have_attribute("data-total", str(before + 3))
        for each in ids:
            filled.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=each, cause="seen"))
            filled.wait(each, timeout=30)
        # A few changes each, told together or one by one: of twenty pages the first and those in view, up to two.
        assert 2 <= len(lists) <= 3 * 9, [request.url for request in lists]
        assert len({token for request in lists for token in re.findall("token=([^&]+)", request.url)}) <= 2
        grid.evaluate("grid => { grid.scrollTop = 0 }")
        for at in range(3):
            expect(grid.locator(f"[data-execution=deep-{at}] [data-phase=ABORTED]").first).to_be_visible()


def many_tasks(names: list[str], versions: list[str]) -> service_pb2.RegisterRequest:
    """A task under each of the names in each of the versions."""
    first = serialize(entities(showing), Settings("default", "development", "v1")).tasks[0]
    made = service_pb2.RegisterRequest()
    for name in names:
        for version in versions:
            task = made.tasks.add()
            task.CopyFrom(first)
            for id_ in (task.id, task.spec.template.id):
                id_.name, id_.version = name, version
    return made


@pytest.mark.slow
@pytest.mark.parametrize("of", ["names", "versions"])
def test_of_names_and_versions_that_are_scrolled_far_only_what_is_in_view_is_read_again(
    browser: Browser, filled: LiveServer, of: str
) -> None:
    numbers = [f"{at:03}" for at in range(7 * ROWS_AT_ONCE)]
    names, versions = ([f"many.{each}" for each in numbers], ["v1"]) if of == "names" else (["many.one"], numbers)
    filled.run.Register(many_tasks(names, versions))
    path, part = ("/tasks", "entities/TASK") if of == "names" else ("/tasks/default/development/many.one", "versions")
    for visitor in visit(browser, filled):
        page = visitor.page
        lists = asked(page, part)
        visitor.open(path, **({"text": "many"} if of == "names" else {}))
        rows = page.locator("main tbody tr")
        expect(rows.first).to_be_visible()
        page.wait_for_function(ALL_ROWS, arg=len(numbers))
        assert len(lists) >= 7
        expect(page.get_by_role("button", name="More", exact=True)).to_have_count(0)
        del lists[:]
        filled.run.Register(many_tasks(["many.zero"], ["v1"]) if of == "names" else many_tasks(["many.one"], ["newest"]))
        expect(rows.filter(has_text="zero" if of == "names" else "newest")).to_have_count(1)
        assert 2 <= len(lists) <= 2 * 3, [request.url for request in lists]
        assert len({token for request in lists for token in re.findall("token=([^&]+)", request.url)}) <= 2
        assert rows.count() == len(numbers) + 1
        rows.first.scroll_into_view_if_needed()
        expect(rows.first).to_contain_text("000" if of == "names" else "newest")


def test_a_timeline_looked_at_as_closely_as_it_goes_still_says_when(visitor: Visitor, server: LiveServer) -> None:
    server.register(showing)
    server.wait(server.launch(f"{P}.mapped", execution="closest", n=3))
    page = visitor.open_execution("closest", tab="timeline")
    closer = page.get_by_role("button", name="Zoom in")
    for _ in range(30):
        closer.click()
    expect(page.locator("[data-timeline]").locator("xpath=preceding-sibling::div[1]")).to_contain_text(re.compile(r"\d m?s"))
