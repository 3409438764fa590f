"""Five trainings side by side."""

from __future__ import annotations

import csv
import re
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
    best = page.locator("[data-run]").filter(has=page.get_by_label("the best"))
    expect(best).to_have_count(1)
    expect(best).to_have_attribute("data-run", "training-4")
    page.get_by_role("columnheader", name="accuracy").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="accuracy")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("[data-run]").first).to_have_attribute("data-run", "training-4")
    heads = page.get_by_role("columnheader").all_inner_texts()
    assert [head.rstrip(" ↑↓") for head in heads] == ["Execution", "accuracy", "loss", "rate", "duration"], "nothing twice"
    visitor.check_accessible()


def test_executions_that_nobody_named_are_called_by_what_tells_them_apart(visitor: Visitor, server: LiveServer) -> None:
    launched = [server.launch("tests.ui.programs.training", rate=rate, epochs=epochs) for epochs in (3, 4) for rate in (*RATES, 0.6)]
    for each in launched:
        server.wait(each)
    page = visitor.open("/compare", ids=",".join(f"{each.project}/{each.domain}/{each.name}" for each in launched), tab="table")
    expect(page.get_by_role("link", name="epochs=3 rate=0.05", exact=True)).to_have_attribute("title", launched[0].name)
    expect(page.get_by_role("button", name=re.compile("^Take .* away$"))).to_have_count(8)
    page.get_by_role("button", name="and 4 more").click()
    expect(page.get_by_role("button", name=re.compile("^Take epochs=.* away$"))).to_have_count(12)
    visitor.check_accessible()


def test_curves_of_all_lie_over_each_other(visitor: Visitor, ids: str) -> None:
    page = visitor.open("/compare", ids=ids, tab="curves", metric="loss")
    expect(page.get_by_role("img", name="loss: 5 curves")).to_be_visible()
    assert [" ".join(item.inner_text().split()) for item in page.locator("[data-curve]").all()] == [
        f"training-{at} 20 points" for at in range(5)
    ]
    plot = page.locator(".u-over")
    plot.hover()
    readout = page.get_by_role("status", name="Values under the mouse")
    expect(readout.get_by_role("row")).to_have_text([re.compile(rf"^training-{at}\d") for at in range(5)])  # the largest loss first
    expect(readout).to_contain_text(re.compile(r"step \d"))
    page.mouse.move(5, 5)
    expect(readout).to_have_count(0)
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
    expect(page.get_by_label("Coloured by")).to_have_value("metrics:accuracy")
    colours = {line.get_attribute("stroke") for line in page.locator("[data-line]").all()}
    assert len(colours) == 5
    box = page.locator("[data-axis='inputs:rate']").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 10, steps=4)
    page.mouse.up()
    expect(page.get_by_text("2 of 5 lie within what is chosen.")).to_be_visible()
    within = page.locator("[data-line][data-within=true]")
    assert sorted(line.get_attribute("data-line") or "" for line in within.all()) == ["training-3", "training-4"]
    visitor.check_accessible()
    page.get_by_role("button", name="Show all").click()
    expect(within).to_have_count(5)
    page.get_by_label("Coloured by").select_option(label="Execution")
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


def whole(region: Locator) -> list[int]:
    """Which runs are all in sight, right of what is compared."""
    begin, *runs = [each.bounding_box() for each in region.get_by_role("columnheader").all()]
    assert begin is not None
    edge = begin["x"] + begin["width"] - 1
    return [at for at, box in enumerate(runs) if box and box["x"] >= edge and box["x"] + box["width"] <= 391]


@pytest.mark.parametrize("shown", [2, 5])
def test_a_phone_shows_two_runs_side_by_side_and_goes_on_by_whole_ones(browser: Browser, server: LiveServer, ids: str, shown: int) -> None:
    for visitor in visit(browser, server, viewport={"width": 390, "height": 844}, has_touch=True):
        page = visitor.open("/compare", ids=",".join(ids.split(",")[:shown]))
        region = page.get_by_role("region", name="Differences")
        expect(region.get_by_role("columnheader")).to_have_count(1 + shown)
        assert whole(region) == [0, 1]
        visitor.check_accessible()
        if shown > 2:
            region.evaluate("region => { region.scrollLeft = 90 }")
            assert whole(region) == [1, 2]
