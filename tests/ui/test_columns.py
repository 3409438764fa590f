"""Values beside the executions of a list: chosen, sorted, live, and never more than is loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor, visit

PROGRAMS = "tests.ui.programs"
RATES = (0.5, 0.1, 0.9)
HOSTILE = '<img src=x onerror="document.title=1">\u202e\x07' + "z" * 400


@pytest.fixture(scope="module")
def trained(server: LiveServer) -> LiveServer:
    """Executions that begin with `column-`; two of them with values that are hard to show."""
    for number, rate in enumerate(RATES):
        server.wait(server.launch(f"{PROGRAMS}.training", execution=f"column-{number}", rate=rate, epochs=2))
    server.wait(server.launch(f"{PROGRAMS}.strange", execution="column-odd", note=HOSTILE))
    server.wait(server.launch(f"{PROGRAMS}.arithmetic", execution="column-plain", x=1))
    return server


@pytest.fixture
def phone(browser: Browser, server: LiveServer) -> Iterator[Visitor]:
    yield from visit(browser, server, viewport={"width": 390, "height": 844})


def chosen(page: Page) -> list[str]:
    found = parse_qs(urlsplit(page.url).query).get("columns", [])
    return json.loads(found[0]) if found else []


def cell(page: Page, execution: str, column: str) -> Locator:
    return page.locator(f'[data-execution="{execution}"] [data-column="{column}"] [data-value]')


def opened(visitor: Visitor, *columns: str, **search: str) -> Page:
    return visitor.open("/executions", **{"text": "column-", **search}, columns=json.dumps(columns))


def order(page: Page) -> list[str | None]:
    rows = page.locator("[data-execution]").all()
    return [row.get_attribute("data-execution") for row in sorted(rows, key=lambda row: int(row.get_attribute("aria-rowindex") or 0))]


def requests(page: Page) -> list[str]:
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url))
    return found


def test_columns_are_chosen_from_what_rows_have_and_go_with_the_address_and_views(visitor: Visitor, trained: LiveServer) -> None:
    page = visitor.open("/executions", text="column-")
    expect(page.locator("[data-execution]")).to_have_count(5)
    page.get_by_role("button", name="Columns").click()
    menu = page.get_by_role("dialog", name="Columns")
    for group, names in (
        ("Inputs", ["epochs", "note", "rate", "seed", "settings.depth", "settings.name", "x", "y"]),
        ("Outputs", ["o0"]),
        ("Metrics, last value", ["accuracy", "diverged", "loss"]),
    ):
        expect(menu.get_by_role("group", name=group).get_by_role("checkbox")).to_have_count(len(names))
        for name in names:
            expect(menu.get_by_role("group", name=group).get_by_label(name, exact=True)).to_be_visible()
    menu.get_by_label("Find a column").fill("RAT")
    menu.get_by_label("rate", exact=True).check()
    menu.get_by_label("Find a column").fill("acc")
    expect(menu.get_by_role("checkbox")).to_have_count(1)
    menu.get_by_label("accuracy").check()
    page.keyboard.press("Escape")
    expect(cell(page, "column-0", "inputs.rate")).to_have_text("0.5")
    expect(cell(page, "column-0", "metrics.accuracy")).to_have_text("0.75")
    expect(cell(page, "column-plain", "inputs.rate")).to_have_text("")
    assert chosen(page) == ["inputs.rate", "metrics.accuracy"]
    page.reload()
    expect(cell(page, "column-1", "metrics.accuracy")).to_have_text("0.19")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Save these filters").click()
    page.get_by_label("Name", exact=True).fill("With accuracy")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("columnheader", name="accuracy").get_by_role("button", name="Remove column accuracy").click()
    expect(page.get_by_role("columnheader", name="accuracy")).to_have_count(0)
    assert chosen(page) == ["inputs.rate"]
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_role("columnheader", name="rate")).to_be_visible()
    page.get_by_role("button", name="Remove all columns").click()
    expect(page.get_by_role("columnheader", name="rate")).to_have_count(0)
    assert "columns" not in page.url
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="With accuracy", exact=True).click()
    expect(cell(page, "column-2", "metrics.accuracy")).to_have_text("0.99")


def test_the_menu_is_used_by_keys_alone(visitor: Visitor, trained: LiveServer) -> None:
    page = visitor.open("/executions", text="column-0")
    trigger = page.get_by_role("button", name=re.compile("^Columns"))
    trigger.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Find a column")).to_be_focused()
    expect(page.get_by_label("epochs")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_label("rate")).to_be_focused()
    page.keyboard.press("Space")
    expect(cell(page, "column-0", "inputs.rate")).to_have_text("0.5")
    page.keyboard.press("Escape")
    expect(trigger).to_be_focused()
    page.get_by_role("grid").press("x")
    expect(page.get_by_text("1 chosen")).to_be_visible()


def test_what_is_loaded_of_one_workflow_is_sorted_and_the_page_says_of_how_many(visitor: Visitor, trained: LiveServer) -> None:
    page = visitor.page

    def few(route: Route) -> None:
        route.continue_(url=re.sub("limit=100", "limit=2", route.request.url))

    page.route("**/api/alula/v1/executions?*", few)
    opened(visitor, "metrics.loss", "inputs.rate", workflow=f"{PROGRAMS}.training")
    expect(cell(page, "column-0", "metrics.loss")).to_have_text("0.25")  # all three are loaded: the end is near
    page.get_by_role("columnheader", name="loss").get_by_role("button", name="loss", exact=True).click()
    expect(page.get_by_role("columnheader", name="loss")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("status", name="Order")).to_contain_text("Highest loss first, all 3")
    assert order(page) == ["column-1", "column-0", "column-2"]
    page.reload()  # sorted from the beginning, no more than a page is loaded
    expect(page.get_by_role("status", name="Order")).to_contain_text("Highest loss first, of the 2 that are loaded of 3")
    expect(page.locator("[data-execution]")).to_have_count(2)
    assert order(page) == ["column-1", "column-2"]
    page.get_by_role("button", name="Load more").click()
    expect(page.get_by_role("status", name="Order")).to_contain_text("all 3")
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)
    page.get_by_role("columnheader", name="loss").get_by_role("button", name="loss", exact=True).click()
    expect(page.locator("[data-execution]").first).to_have_attribute("data-execution", "column-2")
    page.get_by_role("button", name="By time again").click()
    expect(page.get_by_role("status", name="Order")).to_have_count(0)
    assert order(page) == ["column-2", "column-1", "column-0"]


def test_a_list_of_several_workflows_is_not_sorted_by_a_column(visitor: Visitor, trained: LiveServer) -> None:
    page = opened(visitor, "metrics.loss", by="metrics.loss")
    expect(cell(page, "column-0", "metrics.loss")).to_have_text("0.25")
    expect(page.get_by_role("status", name="Order")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="loss").get_by_role("button")).to_have_count(1)
    assert order(page)[0] == "column-plain"


def test_what_a_running_task_measures_appears_and_a_page_at_rest_asks_nothing(
    visitor: Visitor, trained: LiveServer, tmp_path: Path
) -> None:
    page = opened(visitor, "metrics.level", "outputs.o0", text="level-")
    expect(page.get_by_text("No execution is like that")).to_be_visible()
    execution = trained.launch(f"{PROGRAMS}.measuring", execution="level-1", path=str(tmp_path / "go"))
    level = cell(page, "level-1", "metrics.level")
    expect(level).to_have_text("1.0")
    expect(page.locator("[data-execution=level-1] [data-phase=RUNNING]")).to_be_visible()
    (tmp_path / "go").touch()
    expect(level).to_have_text("2.0")
    expect(cell(page, "level-1", "outputs.o0")).to_have_text("")
    (tmp_path / "go.end").touch()
    trained.wait(execution)
    expect(cell(page, "level-1", "outputs.o0")).to_have_text("3")
    page.wait_for_timeout(1_500)  # what was told late is read by now
    found = requests(page)
    page.wait_for_timeout(2_000)
    assert found == []


def test_without_columns_no_values_are_read_and_with_them_each_once(visitor: Visitor, trained: LiveServer) -> None:
    found = requests(visitor.page)
    page = visitor.open("/executions", text="column-")
    expect(page.locator("[data-execution]")).to_have_count(5)
    page.wait_for_timeout(500)
    assert not [url for url in found if "execution_values" in url]
    opened(visitor, "inputs.rate")
    expect(cell(page, "column-0", "inputs.rate")).to_have_text("0.5")
    page.wait_for_timeout(1_500)
    assert len([url for url in found if "execution_values" in url]) == 1


def test_hostile_and_large_values_are_shown_as_they_are(visitor: Visitor, trained: LiveServer) -> None:
    names = ("inputs.note", "inputs.seed", "outputs.o0", "metrics.diverged", "inputs.settings.depth")
    page = opened(visitor, *names, "inputs.<b>bold</b>", "nothing.x", "metrics@no.such")
    expect(cell(page, "column-odd", "inputs.seed")).to_have_text("9007199254740993")
    expect(cell(page, "column-odd", "outputs.o0")).to_have_text("9007199254740993")
    expect(cell(page, "column-odd", "metrics.diverged")).to_have_text("NaN")
    expect(cell(page, "column-odd", "inputs.settings.depth")).to_have_text("3")
    note = cell(page, "column-odd", "inputs.note")
    expect(note).to_contain_text('<img src=x onerror="document.title=1">\\u202e\\u0007zz')
    assert len(note.inner_text()) < 250
    assert (note.locator("..").get_attribute("title") or "").endswith("z" * 400)
    assert page.locator("[data-executions] img, [data-executions] b").count() == 0
    expect(page.get_by_role("columnheader", name="<b>bold</b>")).to_have_count(1)
    assert "Executions" in page.title()


def test_a_refusal_is_said_and_tried_again(visitor: Visitor, trained: LiveServer) -> None:
    page = visitor.page
    visitor.watched.excused = lambda text: "503" in text
    body = json.dumps({"code": 14, "message": "the database is being moved", "details": []})
    page.route("**/api/alula/v1/execution_values", lambda route: route.fulfill(status=503, content_type="application/json", body=body))
    opened(visitor, "inputs.rate")
    expect(page.get_by_text("the database is being moved")).to_be_visible()
    expect(page.get_by_role("link", name="column-0")).to_be_visible()
    page.unroute("**/api/alula/v1/execution_values")
    page.get_by_role("button", name="Try again").click()
    expect(cell(page, "column-0", "inputs.rate")).to_have_text("0.5")
    expect(page.get_by_text("the database is being moved")).to_have_count(0)


def test_columns_are_accessible_and_the_names_stay_in_sight(visitor: Visitor, trained: LiveServer) -> None:
    columns = ("inputs.rate", "inputs.epochs", "metrics.loss", "metrics.accuracy", "inputs.note", "inputs.seed", "outputs.o0")
    page = opened(visitor, *columns)
    expect(cell(page, "column-0", "metrics.loss")).to_have_text("0.25")
    page.locator("[data-executions]").evaluate("grid => { grid.scrollLeft = grid.scrollWidth }")
    link = page.get_by_role("link", name="column-0")
    expect(link).to_be_in_viewport()
    seen = "link => { const b = link.getBoundingClientRect(); return link.contains(document.elementFromPoint(b.left + 5, b.top + 8)) }"
    assert link.evaluate(seen), "another column lies over the name"
    visitor.check_accessible()
    page.get_by_role("button", name="Columns:").click()
    expect(page.get_by_label("epochs", exact=True)).to_be_visible()
    visitor.check_accessible()


def test_on_a_phone_values_stand_beneath_each_name(phone: Visitor, trained: LiveServer) -> None:
    page = opened(phone, "inputs.rate", "metrics.accuracy", "inputs.note")
    expect(cell(page, "column-0", "metrics.accuracy")).to_have_text("0.75")
    expect(page.locator("[data-execution=column-0] [data-column='metrics.accuracy']")).to_contain_text("accuracy")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = [page.locator(f"[data-execution=column-{number}]").bounding_box() for number in (1, 0)]
    inside = cell(page, "column-1", "inputs.note").bounding_box()
    assert boxes[0] and boxes[1] and inside
    assert inside["y"] + inside["height"] <= boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"] + 1
    phone.check_accessible()
