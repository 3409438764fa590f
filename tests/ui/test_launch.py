"""The launch form: every type of input, options, what is wrong, and the same again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, Route, expect
from tests.server.harness import LiveServer
from tests.ui import kinds, programs
from tests.ui.conftest import Visitor, bare, visit

from alula.idl import admin, core

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
    form.get_by_role("button", name="Launch").click()
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
    field("words").fill('<b>it\'s</b> "quoted" 🎉\nsecond line')
    field("at").fill("2026-01-31T08:00:00.25+02:00")
    field("span").fill("1h30m")
    form.get_by_label("colour", exact=True).first.select_option("blue")
    form.get_by_label("either: type").select_option(label="str")
    field("either").fill("5")
    numbers = form.get_by_role("group", name="numbers")
    for value in ("3", "-4"):
        numbers.get_by_role("button", name="Add item to numbers").click()
        numbers.get_by_role("textbox").last.fill(value)
    rates = form.get_by_role("group", name="rates")
    rates.get_by_role("button", name="Add entry to rates").click()
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
    layers.get_by_role("button", name="Add item to layers").click()
    layers.get_by_label("size", exact=True).fill("32")
    config.get_by_label("limit: type").select_option(label="int")
    config.get_by_label("limit", exact=True).fill("7")
    config.get_by_label("head: type").select_option(label="Layer")
    config.get_by_role("group", name="head").get_by_label("size", exact=True).fill("1")


EXPECTED = {
    "whole": "9007199254740993",
    "part": "nan",
    "is_on": "True",
    "words": repr('<b>it\'s</b> "quoted" 🎉\nsecond line'),
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


@pytest.mark.slow
def test_a_table_of_a_spreadsheet_is_a_data_frame(visitor: Visitor, kinds_server: LiveServer) -> None:
    form = open_form(visitor, "tests.ui.kinds.totals")
    table: FilePayload = {"name": "table.csv", "mimeType": "text/csv", "buffer": b"x,y\n1,a\n41,b\n"}
    form.get_by_label("frame: file of this machine").set_input_files(table)
    expect(form.get_by_text("Sent from this machine: table.csv, 13 B")).to_be_visible()
    assert outputs(kinds_server, launch(form)) == {"o0": 42}


def test_while_a_file_is_on_its_way_what_is_typed_stays_and_nothing_is_launched(visitor: Visitor, kinds_server: LiveServer) -> None:
    form = open_form(visitor, "tests.ui.kinds.reading")
    for _ in range(2):
        form.get_by_role("button", name="Add item to files").click()
    held: list[Route] = []
    visitor.page.route("**/data/**", lambda route: held.append(route) if not held else route.continue_())
    with visitor.page.expect_request("**/data/**"):
        payload: FilePayload = {"name": "first.txt", "mimeType": "text/plain", "buffer": b"one"}
        form.get_by_label("files[0]: file of this machine").set_input_files(payload)
    form.get_by_label("files[1]", exact=True).fill("s3://bucket/typed-meanwhile")
    expect(visitor.page.locator("button[type=submit]")).to_be_disabled()
    held[0].continue_()
    expect(form.get_by_label("files[0]", exact=True)).to_have_value(re.compile(r"/uploads/default/development/.*/first\.txt"))
    expect(form.get_by_label("files[1]", exact=True)).to_have_value("s3://bucket/typed-meanwhile")
    expect(visitor.page.locator("button[type=submit]")).to_be_enabled()


def test_a_launch_takes_defaults_unless_they_are_changed(visitor: Visitor, server: LiveServer) -> None:
    form = open_form(visitor, ARITHMETIC)
    expect(form.get_by_label("x", exact=True)).to_have_value("1")
    expect(form.get_by_label("y", exact=True)).to_have_value("2")
    form.get_by_label("y", exact=True).fill("40")
    assert outputs(server, launch(form)) == {"o0": 82}


def test_a_default_is_gone_back_to_on_a_click(visitor: Visitor) -> None:
    form = open_form(visitor, ARITHMETIC)
    form.get_by_label("y", exact=True).fill("40")
    form.get_by_role("button", name="Back to the default of y").click()
    expect(form.get_by_label("y", exact=True)).to_have_value("2")


def test_what_is_wrong_is_said_beside_its_field(visitor: Visitor) -> None:
    form = open_form(visitor, ARITHMETIC)
    field = form.get_by_label("x", exact=True)
    field.fill("1.5")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("A whole number is expected, such as 42")
    form.get_by_role("button", name="Launch").click()
    expect(field).to_be_focused()
    expect(form.get_by_text("One field needs a look")).to_be_visible()
    visitor.check_accessible()


def test_what_is_missing_is_said_once_somebody_tries(visitor: Visitor, kinds_server: LiveServer) -> None:
    form = open_form(visitor, KINDS)
    whole = form.get_by_label("whole", exact=True)
    expect(whole).to_have_attribute("aria-invalid", "false")
    form.get_by_role("button", name="Launch").click()
    expect(whole).to_have_accessible_description(re.compile("Required: int"))
    visitor.check_accessible()


def test_a_required_list_is_given_once_somebody_says_that_it_is_empty(visitor: Visitor, server: LiveServer) -> None:
    form = open_form(visitor, "tests.ui.programs.many")
    xs = form.get_by_role("group", name="xs", exact=True)
    expect(xs.get_by_text("Not given yet")).to_be_visible()
    form.get_by_role("button", name="Launch").click()
    expect(xs.get_by_role("alert")).to_have_text("Required: list[int]")
    xs.get_by_role("button", name="Add item to xs").click()
    expect(xs.get_by_label("xs[0]", exact=True)).to_be_visible()
    expect(xs.get_by_text("Not given yet")).to_have_count(0)
    xs.get_by_role("button", name="Remove item 0").click()
    visitor.page.reload()
    xs.get_by_role("button", name="Use an empty list for xs").click()
    expect(xs.get_by_text("Not given yet")).to_have_count(0)
    visitor.check_accessible()
    assert outputs(server, launch(form)) == {"o0": []}


def test_the_server_says_beside_the_field_that_a_name_is_taken(visitor: Visitor, server: LiveServer) -> None:
    server.launch(ARITHMETIC, execution="launch-taken", x=1, y=2)
    form = open_form(visitor, ARITHMETIC)
    form.get_by_role("button", name="Options").click()
    name = form.get_by_label("Name of the execution")
    name.fill("launch-taken")
    expect(name).to_have_accessible_description(re.compile("launch-taken.*already", re.IGNORECASE))
    name.fill("Not a name")
    expect(name).to_have_accessible_description(re.compile("Lower-case letters"))


def test_options_and_the_keyboard(visitor: Visitor, server: LiveServer) -> None:
    form = open_form(visitor, ARITHMETIC)
    form.get_by_role("button", name="Options").click()
    form.get_by_label("Name of the execution").fill("launch-with-options")
    form.get_by_label("Parallelism").fill("3")
    form.get_by_label("Interruptible").select_option("true")
    form.get_by_label("Compute anew and replace what is cached").check()
    form.get_by_role("button", name="Add label").click()
    form.get_by_label("Name of label 1").fill("team")
    form.get_by_label("Value of label 1").fill("a b")
    form.get_by_role("button", name="Add environment variable").click()
    form.get_by_label("Name of environment variable 1").fill("MODE")
    form.get_by_label("Value of environment variable 1").fill("fast")
    visitor.check_accessible()
    form.get_by_label("x", exact=True).press("Control+Enter")
    visitor.page.wait_for_url(re.compile("/executions/default/development/launch-with-options"))
    id = core.WorkflowExecutionIdentifier(project="default", domain="development", name="launch-with-options")
    spec = server.wait(id).spec
    assert (spec.max_parallelism, spec.interruptible.value, spec.overwrite_cache) == (3, True, True)
    assert dict(spec.labels.values) == {"team": "a b"}
    assert [(each.key, each.value) for each in spec.envs.values] == [("MODE", "fast")]


def test_the_same_again_with_changes(visitor: Visitor, server: LiveServer) -> None:
    id = server.launch(ARITHMETIC, execution="launch-first", x=5, y=7)
    server.wait(id)
    page = visitor.open("/launch", **{"from": "default/development/launch-first"})
    form = page.get_by_role("form", name="Launch")
    expect(form.get_by_label("x", exact=True)).to_have_value("5")
    expect(form.get_by_label("y", exact=True)).to_have_value("7")
    form.get_by_label("x", exact=True).fill("6")
    assert outputs(server, launch(form)) == {"o0": 26}


def test_an_output_of_another_run_is_an_input(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch(ARITHMETIC, execution="launch-source", x=10, y=11))
    form = open_form(visitor, ARITHMETIC)
    form.get_by_role("button", name="x: use an output of another run").click()
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_label("Run").fill("launch-source")
    dialog.get_by_role("button", name=re.compile("launch-source")).click()
    visitor.check_accessible()
    dialog.get_by_role("button", name=re.compile("^o0 int")).click()
    expect(form.get_by_text("Output o0 of default/development/launch-source")).to_be_visible()
    assert outputs(server, launch(form)) == {"o0": 88}


def test_what_was_typed_stays_when_the_version_is_changed(visitor: Visitor, server: LiveServer) -> None:
    server.register(programs, "v1-again")
    form = open_form(visitor, ARITHMETIC, version="v1")
    form.get_by_label("x", exact=True).fill("33")
    form.get_by_label("Version").select_option("v1-again")
    expect(visitor.page).to_have_url(re.compile("version=v1-again"))
    expect(form.get_by_label("x", exact=True)).to_have_value("33")
    ended = launch(form)
    id = core.WorkflowExecutionIdentifier(project="default", domain="development", name=ended)
    assert server.wait(id).spec.launch_plan.version == "v1-again"


def test_the_copied_command_and_program_launch_the_same(visitor: Visitor, server: LiveServer, tmp_path: Path) -> None:
    form = open_form(visitor, ARITHMETIC, version="v1")
    form.get_by_label("x", exact=True).fill("-4")
    form.get_by_role("button", name="Options").click()
    form.get_by_label("Parallelism").fill("3")
    form.get_by_label("Interruptible").select_option("false")
    form.get_by_role("button", name="Add label").click()
    form.get_by_label("Name of label 1").fill("team")
    form.get_by_label("Value of label 1").fill("it's $HOME")
    form.get_by_role("button", name="Copy as…").click()
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Copy the command").click()
    command = clipboard(visitor.page)
    dialog.get_by_role("tab", name="Python").click()
    dialog.get_by_role("button", name="Copy the Python").click()
    program = clipboard(visitor.page) + "print(execution.name)"
    for call in (["bash", "-c", command], [sys.executable, "-c", program]):
        done = subprocess.run(call, env=bare(tmp_path), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        name = done.stdout.split()[0]
        assert outputs(server, name) == {"o0": -4}
        spec = server.wait(core.WorkflowExecutionIdentifier(project="default", domain="development", name=name)).spec
        assert (dict(spec.labels.values), spec.max_parallelism) == ({"team": "it's $HOME"}, 3)
        assert spec.HasField("interruptible")
        assert not spec.interruptible.value


def clipboard(page: Page) -> str:
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    return copied


def test_fixed_inputs_are_shown_and_locked(visitor: Visitor, server: LiveServer) -> None:
    form = open_form(visitor, ARITHMETIC, plan="ui.fixed", version="v1")
    field = form.get_by_label("x", exact=True)
    expect(field).to_be_disabled()
    expect(field).to_have_value("100")
    expect(form.get_by_text("fixed by the launch plan")).to_be_visible()
    assert outputs(server, launch(form)) == {"o0": 204}


def test_a_task_is_launched_by_itself(visitor: Visitor, server: LiveServer) -> None:
    page = visitor.open("/launch", kind="task", name="tests.ui.programs.double")
    form = page.get_by_role("form", name="Launch")
    form.get_by_label("x", exact=True).fill("21")
    assert outputs(server, launch(form)) == {"o0": 42}


def test_what_to_launch_is_found_by_a_part_of_its_name(visitor: Visitor) -> None:
    page = visitor.open("/launch")
    page.get_by_label("What to launch").fill("arithm")
    page.get_by_role("link", name=re.compile(r"tests\.ui\.programs\.arithmetic")).click()
    expect(page.get_by_role("form", name="Launch").get_by_label("y", exact=True)).to_have_value("2")


def test_a_version_that_is_not_there_is_told_in_the_servers_words(visitor: Visitor) -> None:
    visitor.watched.excused = lambda text: "404" in text
    page = visitor.open("/launch", kind="workflow", name=ARITHMETIC, version="no-such")
    expect(page.get_by_role("alert").filter(has_text="no-such")).to_be_visible()


def test_hostile_schemas_names_and_descriptions_are_shown_as_text(visitor: Visitor, server: LiveServer) -> None:
    register_hostile(server)
    form = open_form(visitor, "hostile.workflow")
    expect(form.get_by_text("<img src=x onerror=alert(1)> docs")).to_be_visible()
    tree = form.get_by_role("group", name="tree", exact=True)
    tree.get_by_role("button", name="Give next").click()
    tree.get_by_role("group", name="next", exact=True).get_by_role("button", name="Give next").click()
    expect(tree.get_by_label("value", exact=True)).to_have_count(3)
    form.get_by_label("odd", exact=True).fill('{"scalar": {"primitive": {"integer": "1"}}}')
    visitor.check_accessible()


def test_the_form_on_a_phone(browser: Browser, kinds_server: LiveServer) -> None:
    for visitor in visit(browser, kinds_server, viewport={"width": 390, "height": 844}):
        open_form(visitor, KINDS)
        width = visitor.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
        visitor.check_accessible()


def register_hostile(server: LiveServer) -> None:
    """A workflow as no SDK writes it: a record that holds itself, a type nobody knows, markup for docs."""
    schema = {
        "$ref": "#/$defs/Tree",
        "$defs": {
            "Tree": {
                "type": "object",
                "title": "<b>Tree</b>",
                "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/$defs/Tree"}},
                "required": ["value"],
            }
        },
    }
    tree = core.LiteralType(simple=core.SimpleType.STRUCT)
    tree.metadata.update(schema)
    template = core.WorkflowTemplate(
        id=core.Identifier(resource_type=core.WORKFLOW, project="default", domain="development", name="hostile.workflow", version="v1")
    )
    for name, type_ in (("tree", tree), ("odd", core.LiteralType(simple=core.SimpleType.ERROR))):
        template.interface.inputs.variables[name].type.CopyFrom(type_)
        template.interface.inputs.variables[name].description = "<img src=x onerror=alert(1)> docs"
    node = template.nodes.add(id="n0")
    node.gate_node.approve.signal_id = "go"
    server.admin.CreateWorkflow(admin.WorkflowCreateRequest(id=template.id, spec=admin.WorkflowSpec(template=template)))
    plan = core.Identifier()
    plan.CopyFrom(template.id)
    plan.resource_type = core.LAUNCH_PLAN
    server.admin.CreateLaunchPlan(admin.LaunchPlanCreateRequest(id=plan, spec=admin.LaunchPlanSpec(workflow_id=template.id)))
