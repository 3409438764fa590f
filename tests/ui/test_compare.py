"""Five trainings side by side."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor, visit

RATES = [0.05, 0.1, 0.2, 0.3, 0.4]


@pytest.fixture(scope="module")
def ids(server: LiveServer) -> str:
    for at, rate in enumerate(RATES):
        server.wait(server.launch("tests.ui.programs.training", execution=f"training-{at}", rate=rate))
    return ",".join(f"default/development/training-{at}" for at in range(len(RATES)))


def test_from_the_list_to_what_differs(visitor: Visitor, ids: str) -> None:
    page = visitor.open("/executions", text="training-")
    page.get_by_label("Choose all that are loaded").check()
    page.get_by_role("link", name="Compare").click()
    row = page.locator("[data-row='inputs:rate']")
    expect(row.get_by_role("cell")).to_have_count(5)
    assert sorted(float(text) for text in row.get_by_role("cell").all_inner_texts()) == RATES
    expect(page.locator("[data-row='versions:version']")).to_have_count(0)
    page.get_by_label("Also what is the same").check()
    expect(page.locator("[data-row='versions:version']")).to_be_visible()
    assert "all=true" in page.url
    visitor.check_accessible()


def test_the_best_stands_first_when_sorted_by_its_metric(visitor: Visitor, ids: str) -> None:
    page = visitor.open("/compare", ids=ids, tab="table")
    header = page.get_by_role("columnheader", name="loss")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    shown = [row.get_attribute("data-run") for row in page.locator("[data-run]").all()]
    assert shown == [f"training-{at}" for at in (4, 3, 2, 1, 0)], "the larger the rate, the smaller the loss"
    visitor.check_accessible()


def test_curves_of_all_lie_over_each_other(visitor: Visitor, ids: str) -> None:
    page = visitor.open("/compare", ids=ids, tab="curves", metric="loss")
    expect(page.get_by_role("img", name="loss: 5 curves")).to_be_visible()
    assert [" ".join(item.inner_text().split()) for item in page.locator("[data-curve]").all()] == [
        f"training-{at} 20 points" for at in range(5)
    ]
    page.get_by_label("Metric").select_option("accuracy")
    expect(page.get_by_role("img", name="accuracy: 5 curves")).to_be_visible()
    page.get_by_label("Logarithmic").check()
    page.get_by_label("By time").check()
    expect(page.locator("canvas")).to_be_visible()
    assert "metric=accuracy" in page.url
    visitor.check_accessible()


def test_parallel_coordinates_draw_a_line_for_each(visitor: Visitor, ids: str) -> None:
    page = visitor.open("/compare", ids=ids, tab="parallel")
    expect(page.locator("[data-line]")).to_have_count(5)
    paths = {line.get_attribute("d") for line in page.locator("[data-line]").all()}
    assert len(paths) == 5
    visitor.check_accessible()


def test_the_table_is_saved_as_csv(visitor: Visitor, ids: str, tmp_path: Path) -> None:
    page = visitor.open("/compare", ids=ids)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "comparison.csv")
    lines = list(csv.reader((tmp_path / "comparison.csv").read_text().splitlines()))
    assert lines[0] == ["group", "name", *ids.split(",")]
    assert ["Inputs", "rate", *(str(rate) for rate in RATES)] in lines


def test_one_is_taken_away_and_the_address_says_so(visitor: Visitor, ids: str) -> None:
    page = visitor.open("/compare", ids=ids)
    page.get_by_role("button", name="Take training-2 away").click()
    expect(page.get_by_role("heading", name="Compare 4 executions")).to_be_visible()
    assert "training-2" not in page.url


def test_an_execution_that_is_not_there_is_named(visitor: Visitor, ids: str) -> None:
    visitor.watched.excused = lambda text: "404" in text
    page = visitor.open("/compare", ids="default/development/training-0,default/development/never-was")
    expect(page.get_by_role("alert")).to_contain_text("never-was")


def whole(region: Locator, names: list[str]) -> list[str]:
    """The runs of which all is in sight, right of what is compared."""
    begin = region.get_by_role("columnheader", name="What").bounding_box()
    assert begin is not None
    boxes = {name: region.get_by_role("columnheader", name=name).bounding_box() for name in names}
    return [name for name, box in boxes.items() if box and box["x"] >= begin["x"] + begin["width"] - 1 and box["x"] + box["width"] <= 391]


@pytest.mark.parametrize("shown", [2, 5])
def test_a_phone_shows_two_runs_side_by_side_and_goes_on_by_whole_ones(browser: Browser, server: LiveServer, ids: str, shown: int) -> None:
    names = [f"training-{at}" for at in range(shown)]
    for visitor in visit(browser, server, viewport={"width": 390, "height": 844}, has_touch=True):
        page = visitor.open("/compare", ids=",".join(ids.split(",")[:shown]))
        region = page.get_by_role("region", name="Differences")
        expect(region.get_by_role("columnheader", name="training-0")).to_be_visible()
        assert whole(region, names) == names[:2]
        visitor.check_accessible()
        if shown > 2:
            region.evaluate("region => { region.scrollLeft = 90 }")
            assert whole(region, names) == names[1:3]
