"""The launch form: every type of input, options, what is wrong, and the same again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect
from tests.server.harness import LiveServer
from tests.ui import kinds
from tests.ui.conftest import Visitor, visit

from alula.idl import core

KINDS = "tests.ui.kinds.every_kind"
ARITHMETIC = "tests.ui.programs.arithmetic"


@pytest.fixture(scope="session")
def kinds_server(server: LiveServer) -> LiveServer:
    server.register(kinds)
    return server


@pytest.fixture
def form(visitor: Visitor, kinds_server: LiveServer) -> Locator:
    return open_form(visitor, KINDS)


def open_form(visitor: Visitor, name: str, **search: str) -> Locator:
    page = visitor.open("/launch", kind="workflow", name=name, **search)
    form = page.get_by_role("form", name="Launch")
    expect(form.get_by_role("heading", name="Inputs")).to_be_visible()
    return form


def launch(form: Locator) -> str:
    """Sends the form; the name of the execution that the page goes to."""
    page = form.page
    form.get_by_role("button", name="Launch", exact=False).last.click()
    page.wait_for_url(re.compile(r"/executions/default/development/\w+"))
    return page.url.partition("?")[0].rpartition("/")[2]


def outputs(server: LiveServer, name: str) -> dict[str, Any]:
    """What an execution gave, once it has ended well."""
    id = core.WorkflowExecutionIdentifier(project="default", domain="development", name=name)
    ended = server.wait(id)
    assert ended.closure.phase == core.WorkflowExecution.SUCCEEDED, ended.closure.error.message
    return server.outputs(id)


def fill_every_kind(form: Locator, folder: Path) -> None:
    field = lambda name: form.get_by_label(name, exact=True)  # noqa: E731
    field("whole").fill("9007199254740993")
    field("part").fill("nan")
    form.get_by_role("group", name="is_on").get_by_label("True").check()
    field("words").fill("<b>it's</b> \"quoted\" 🎉\nsecond line")
    field("at").fill("2026-01-31T08:00:00.25+02:00")
    field("span").fill("1h30m")
    form.get_by_label("colour", exact=True).first.select_option("blue")
    form.get_by_label("either: type").select_option(label="str")
    field("either").fill("5")
    numbers = form.get_by_role("group", name="numbers")
    for value in ("3", "-4"):
        numbers.get_by_role("button", name="Add an item to numbers").click()
        numbers.get_by_role("textbox").last.fill(value)
    rates = form.get_by_role("group", name="rates")
    rates.get_by_role("button", name="Add an entry to rates").click()
    rates.get_by_label("Key 1 of rates").fill("__proto__")
    rates.get_by_role("textbox").last.fill("1")
    fill_config(form.get_by_role("group", name="config", exact=True))
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("one")
    (folder / "deep" / "b.txt").write_text("two")
    form.get_by_label("folder: file of this machine").set_input_files(folder)
    frame = folder.parent / "frame.parquet"
    parquet.write_table(pa.table({"x": [1, 2], "y": ["a", "b"]}), frame)
    form.get_by_label("frame: file of this machine").set_input_files(frame)
    payload: FilePayload = {"name": "source.txt", "mimeType": "text/plain", "buffer": b"what is in the file"}
    form.get_by_label("source: file of this machine").set_input_files(payload)
    for name in ("folder", "frame", "source"):
        expect(field(name)).to_have_value(re.compile(r"/uploads/default/development/"))


def fill_config(config: Locator) -> None:
    config.get_by_label("name", exact=True).fill("first")
    config.get_by_label("steps", exact=True).fill("10")
    config.get_by_role("button", name="Give layers").click()
    layers = config.get_by_role("group", name="layers", exact=True)
    layers.get_by_role("button", name="Add an item to layers").click()
    layers.get_by_label("size", exact=True).fill("32")
    config.get_by_label("limit: type").select_option(label="int")
    config.get_by_label("limit", exact=True).fill("7")
    config.get_by_label("head: type").select_option(label="Layer")
    config.get_by_role("group", name="head").get_by_label("size", exact=True).fill("1")


EXPECTED = {
    "whole": "9007199254740993",
    "part": "nan",
    "is_on": "True",
    "words": repr("<b>it's</b> \"quoted\" 🎉\nsecond line"),
    "at": "'2026-01-31T06:00:00.250000+00:00'",
    "span": "datetime.timedelta(seconds=5400)",
    "colour": "<Colour.BLUE: 'blue'>",
    "maybe": "None",
    "either": "'5'",
    "numbers": "[3, -4]",
    "rates": "{'__proto__': 1.0}",
    "config": (
        "Config(name='first', steps=10, rate=1.0, is_fast=False, colour=<Colour.RED: 'red'>, layers=[Layer(size=32, rate=0.5)], "
        "extra={}, limit=7, head=Layer(size=1, rate=0.5))"
    ),
    "source": "'what is in the file'",
    "folder": "{'a.txt': 'one', 'deep/b.txt': 'two'}",
    "frame": "{'x': [1, 2], 'y': ['a', 'b']}",
}


@pytest.mark.slow
def test_every_type_of_input_arrives_as_it_was_typed(form: Locator, kinds_server: LiveServer, tmp_path: Path) -> None:
    fill_every_kind(form, tmp_path / "folder")
    told = outputs(kinds_server, launch(form))["o0"]
    assert dict(line.split("=", 1) for line in told.splitlines()) == EXPECTED
