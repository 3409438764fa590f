"""Lists of workflows, tasks and launch plans, and the page of each: versions, what differs, roll back, archive."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.server.harness import LiveServer
from tests.ui.commands import alula
from tests.ui.conftest import Visitor, visit

from alula.idl import admin, core

ARITHMETIC = "tests.ui.programs.arithmetic"

BEFORE = '''"""Prices houses."""

import alula as al


@al.task(retries=1, resources=al.Resources(mem="256Mi"))
def load(rows: int) -> int:
    """Loads prices."""
    return rows


@al.workflow
def price(rows: int = 10) -> int:
    """The price of <b>houses</b>."""
    return load(rows)
'''
AFTER = (
    BEFORE.replace("retries=1", "retries=3")
    .replace("256Mi", "512Mi")
    .replace("return rows", "return rows * 1000")
    .replace("@al.workflow", "@al.task\ndef scale(x: int, by: int) -> int:\n    return x * by\n\n\n@al.workflow")
    .replace("rows: int = 10", "rows: int = 20, by: int = 1")
    .replace("return load(rows)", "return scale(load(rows), by)")
)


@pytest.fixture
def pricing(server: LiveServer, tmp_path: Path) -> str:
    """Name of a workflow with two versions, v1 and v2, registered with their code from a folder of their own."""
    module = f"pricing_{uuid.uuid4().hex[:8]}"
    file = tmp_path / f"{module}.py"
    for version, text in (("v1", BEFORE), ("v2", AFTER)):
        file.write_text(text)
        alula(server, "register", str(file), "--version", version)
    return f"{module}.price"


def page_of(visitor: Visitor, name: str, kind: str = "workflows", **search: str) -> None:
    visitor.open(f"/{kind}/default/development/{name}", **search)


def test_the_list_shows_last_runs_and_opens_them(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch(ARITHMETIC, execution="entity-run", x=1, y=2))
    server.wait(server.launch("tests.ui.programs.failing", execution="entity-failed", x=1))
    page = visitor.open("/workflows", text="tests.ui.programs")
    row = page.get_by_role("row", name=re.compile("arithmetic"))
    expect(row.get_by_text("Doubles two numbers and adds them.")).to_be_visible()
    bar = row.get_by_role("link", name=re.compile("entity-run: Succeeded"))
    bar.focus()
    expect(row.get_by_text(re.compile("entity-run: Succeeded, "))).to_be_visible()
    failed = page.get_by_role("link", name=re.compile("entity-failed: Failed"))
    expect(failed).to_be_visible()
    visitor.check_accessible()
    failed.click()
    expect(page).to_have_url(re.compile("/executions/default/development/entity-failed"))


def test_a_task_shows_its_runs_within_workflows_and_opens_the_node(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch(ARITHMETIC, execution="entity-within", x=1, y=2))
    page = visitor.open("/tasks", text="programs.double")
    page.get_by_role("link", name=re.compile("entity-within n0: Succeeded")).click()
    expect(page).to_have_url(re.compile("/executions/default/development/entity-within.*node=n0"))
    expect(page.get_by_role("tab", name="Overview")).to_be_visible()


def test_the_page_of_a_task_shows_its_runs_within_executions_beside_its_own(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch(ARITHMETIC, execution="entity-part", x=1, y=2))
    page_of(visitor, "tests.ui.programs.double", "tasks")
    page = visitor.page
    expect(page.get_by_role("columnheader", name="Launched", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Runs").click()
    expect(page.get_by_text("This task has not been launched by itself yet.")).to_be_visible()
    visitor.check_accessible()
    page.get_by_role("link", name=re.compile("Succeeded ?entity-part ?n0")).click()
    expect(page).to_have_url(re.compile("/executions/default/development/entity-part.*node=n0"))
    expect(page.get_by_role("tab", name="Overview")).to_be_visible()


def test_a_run_that_ends_shows_up_by_itself(visitor: Visitor, server: LiveServer) -> None:
    page = visitor.open("/workflows", text="tests.ui.programs")
    expect(page.get_by_role("row", name=re.compile("arithmetic"))).to_be_visible()
    server.launch(ARITHMETIC, execution="entity-live", x=1, y=2)
    expect(page.get_by_role("link", name=re.compile("entity-live: Succeeded"))).to_be_visible()


def test_search_is_in_the_address(visitor: Visitor) -> None:
    page = visitor.open("/tasks", text="tests.ui.programs")
    expect(page.get_by_role("link", name="double", exact=True)).to_be_visible()
    page.get_by_label("Search tasks").fill("REFUS")
    expect(page.get_by_role("link", name="double", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="refuse", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("text=REFUS"))
    page.reload()
    expect(page.get_by_label("Search tasks")).to_have_value("REFUS")
    page.get_by_label("Search tasks").fill("nothing is called so")
    expect(page.get_by_text("No tasks with “nothing is called so” in the name")).to_be_visible()


def test_a_list_without_a_place_in_its_address_is_of_the_one_looked_at_last(visitor: Visitor) -> None:
    visitor.open("/tasks")
    expect(visitor.page.get_by_role("row").nth(1)).to_be_visible()
    for kind in ("workflows", "tasks", "launch-plans"):
        visitor.page.goto(f"{visitor.base}/{kind}")
        expect(visitor.page.get_by_role("row").nth(1)).to_be_visible()


def test_archive_and_restore(visitor: Visitor, server: LiveServer) -> None:
    page = visitor.open("/workflows", text="tests.ui.programs")
    page.get_by_role("button", name="More for many").click()
    page.get_by_role("menuitem", name="Archive this workflow").click()
    expect(page.get_by_text("Archived many").first).to_be_visible()
    expect(page.get_by_role("link", name="many", exact=True)).to_have_count(0)
    page.get_by_label("Archived", exact=True).check()
    expect(page).to_have_url(re.compile("archived=true"))
    page.get_by_role("link", name="many", exact=True).click()
    expect(page.get_by_text("archived", exact=True)).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("archived", exact=True)).to_have_count(0)
    visitor.open("/workflows", text="tests.ui.programs")
    expect(page.get_by_role("link", name="many", exact=True)).to_be_visible()


def test_the_list_of_launch_plans_leads_to_one_with_what_it_fixes(visitor: Visitor) -> None:
    page = visitor.open("/launch-plans", text="ui.fixed")
    page.get_by_role("link", name="fixed", exact=True).click()
    page.get_by_role("tab", name="Interface and settings").click()
    expect(page.get_by_text("fixed: 100")).to_be_visible()
    expect(page.get_by_role("link", name=ARITHMETIC)).to_be_visible()
    visitor.check_accessible()


def test_a_task_says_how_it_runs(visitor: Visitor) -> None:
    page_of(visitor, "tests.ui.programs.add", "tasks", tab="interface")
    page = visitor.page
    expect(page.get_by_text("version 1", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Inputs")).to_be_visible()
    visitor.check_accessible()


def test_the_graph_of_a_version_is_drawn(visitor: Visitor) -> None:
    page_of(visitor, ARITHMETIC, tab="graph")
    expect(visitor.page.get_by_text("tests.ui.programs.add")).to_be_visible()
    visitor.check_accessible()
    visitor.page.get_by_role("button", name=re.compile("^add ")).click()
    expect(visitor.page).to_have_url(re.compile(r"/tasks/default/development/tests\.ui\.programs\.add"))


def test_two_versions_differ_in_interface_graph_resources_and_lines(visitor: Visitor, pricing: str) -> None:
    page_of(visitor, pricing)
    page = visitor.page
    page.get_by_label("Compare v1").check()
    expect(page.get_by_role("button", name="Compare the two")).to_be_disabled()
    page.get_by_label("Compare v2").check()
    visitor.check_accessible()
    page.get_by_role("button", name="Compare the two").click()
    expect(page).to_have_url(re.compile("version=v2.*against=v1|against=v1.*version=v2"))
    interface = page.get_by_role("region", name="Interface")
    expect(interface.get_by_text("int = 10")).to_be_visible()
    expect(interface.get_by_text("int = 20")).to_be_visible()
    graph = page.get_by_role("region", name="Graph")
    expect(graph.get_by_text("load → scale")).to_be_visible()
    tasks = page.get_by_role("region", name="Tasks: resources and settings")
    for text in ("256Mi", "512Mi", "retries"):
        expect(tasks.get_by_text(text)).to_be_visible()
    code = page.get_by_role("region", name="Code")
    expect(code.locator('[data-line="gone"]').filter(has_text=re.compile(r"return rows$"))).to_be_visible()
    expect(code.locator('[data-line="new"]').filter(has_text="return rows * 1000")).to_be_visible()
    visitor.check_accessible()
    page.get_by_role("button", name="Side by side").click()
    expect(code.get_by_text("return rows * 1000")).to_be_visible()
    page.get_by_role("button", name="Versions").click()
    expect(page.get_by_label("Compare v1")).to_be_visible()


def test_the_code_of_one_version_is_read(visitor: Visitor, server: LiveServer, pricing: str, tmp_path: Path) -> None:
    module, text_of_v3 = pricing.partition(".")[0], AFTER.replace("@al.workflow", "\n" * 60 + "@al.workflow")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "a_first.py").write_text("")
    (tmp_path / "weights.bin").write_bytes(b"\0\1\2")
    (tmp_path / "long.txt").write_text("0123456789abcde\n" * 70_000)
    (tmp_path / f"{module}.py").write_text(text_of_v3)
    alula(server, "register", str(tmp_path / f"{module}.py"), "--version", "v3")
    page_of(visitor, pricing)
    page = visitor.page
    page.get_by_role("tab", name="Code").click()
    text = page.get_by_role("region", name=f"Lines of {module}.py")
    expect(text.get_by_text("return rows * 1000")).to_be_visible()
    expect(page.get_by_role("navigation", name="Files").get_by_role("listitem").first).to_contain_text(f"{module}.py")
    marked = text.locator("[data-line]")
    expect(marked).to_be_in_viewport()
    assert text_of_v3.splitlines()[int(marked.get_attribute("data-line") or 0) - 1].startswith("def price")
    visitor.check_accessible()
    page.get_by_role("button", name="Copy the text").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith('"""Prices houses."""')
    page.get_by_role("link", name=re.compile("weights.bin")).click()
    expect(page.get_by_text("Not text: 3 B")).to_be_visible()
    expect(page).to_have_url(re.compile(r"tab=code.*file=weights\.bin|file=weights\.bin.*tab=code"))
    page.get_by_role("link", name=re.compile("long.txt")).click()
    expect(page.get_by_text("only the first MiB is shown")).to_be_visible()
    page.get_by_role("link", name=re.compile("a_first.py")).click()
    expect(page.get_by_text("This file is empty.")).to_be_visible()
    page.get_by_label("Version", exact=True).select_option("v1")
    expect(page.get_by_text("There is no such file in this version")).to_be_visible()
    page.get_by_role("link", name=re.compile(f"{module}.py")).click()
    expect(text).to_contain_text("return rows")
    expect(text).not_to_contain_text("return rows * 1000")
    page.reload()
    expect(text).not_to_contain_text("return rows * 1000")
    page_of(visitor, f"{module}.scale", "tasks", tab="code", version="v2")
    line = AFTER.splitlines().index("def scale(x: int, by: int) -> int:") + 1
    expect(text.locator("[data-line]")).to_have_attribute("data-line", str(line))


def test_the_head_of_an_execution_leads_to_the_code_that_it_ran(visitor: Visitor, server: LiveServer, pricing: str) -> None:
    name = alula(server, "launch", pricing, "--version", "v1")
    visitor.open_execution(name)
    page = visitor.page
    page.get_by_role("link", name="v1", exact=True).click()
    expect(page.get_by_role("region", name=re.compile("Lines of "))).to_contain_text("return rows")
    expect(page.get_by_label("Version", exact=True)).to_have_value("v1")
    page.go_back()
    page.get_by_role("link", name="price", exact=True).click()
    expect(page.locator("tr[aria-current=true]")).to_have_attribute("data-version", "v1")


def test_the_active_version_is_this_name_s_among_hundreds_that_contain_it(visitor: Visitor, server: LiveServer, pricing: str) -> None:
    place = {"resource_type": core.LAUNCH_PLAN, "project": "default", "domain": "development"}
    plan = server.admin.GetLaunchPlan(admin.ObjectGetRequest(id=core.Identifier(**place, name=pricing, version="v1")))  # type: ignore[arg-type]
    server.admin.UpdateLaunchPlan(admin.LaunchPlanUpdateRequest(id=plan.id, state=admin.LaunchPlanState.Value("ACTIVE")))
    for number in range(300):  # sorted before the short one
        other = core.Identifier(**place, name=f"a{number}.{pricing}", version="v1")  # type: ignore[arg-type]
        server.admin.CreateLaunchPlan(admin.LaunchPlanCreateRequest(id=other, spec=plan.spec))
    page_of(visitor, pricing, "launch-plans")
    expect(visitor.page.get_by_text("active: v1")).to_be_visible()
    page_of(visitor, pricing)
    expect(visitor.page.get_by_text("active: v1")).to_be_visible()


def test_roll_back_makes_an_older_version_the_one_a_name_launches(visitor: Visitor, server: LiveServer, pricing: str) -> None:
    newest = core.WorkflowExecutionIdentifier(project="default", domain="development", name=alula(server, "launch", pricing))
    assert server.outputs(server.wait(newest).id) == {"o0": 20_000}
    page_of(visitor, pricing)
    page = visitor.page
    followed = page.locator("tr[data-version=v2]").get_by_text("launched by name", exact=True)
    expect(followed).to_have_attribute("title", "No version is active: a launch by name follows the newest")
    expect(page.get_by_text("launched by name", exact=True)).to_have_count(1)
    page.get_by_role("button", name="Make active: v1").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text(f"Whoever launches {pricing} by its name, without a version, then runs v1")
    visitor.check_accessible()
    dialog.get_by_role("button", name="Make it active").click()
    expect(page.get_by_role("row", name=re.compile("v1")).get_by_text("active", exact=True)).to_be_visible()
    older = core.WorkflowExecutionIdentifier(project="default", domain="development", name=alula(server, "launch", pricing))
    ended = server.wait(older)
    assert ended.spec.launch_plan.version == "v1"
    assert server.outputs(older) == {"o0": 10}
    visitor.open("/launch", kind="workflow", name=pricing)
    expect(page.get_by_role("form", name="Launch").get_by_label("Version")).to_have_value("v1")
    for tab in ("graph", "interface", "code"):
        page_of(visitor, pricing, tab=tab)
        expect(page.get_by_label("Version", exact=True)).to_have_value("v1")


def test_the_newest_is_followed_again_or_made_to_stay(visitor: Visitor, server: LiveServer, pricing: str) -> None:
    alula(server, "rollback", pricing, "v1")
    page_of(visitor, pricing)
    page = visitor.page
    expect(page.locator("tr[data-version=v1]").get_by_text("active", exact=True)).to_be_visible()
    expect(page.get_by_text("launched by name", exact=True)).to_have_count(0)
    page.locator("tr[data-version=v1]").get_by_role("button", name="Follow the newest").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Follow the newest").click()
    expect(page.get_by_text("price launches the newest now, v2, and each that is registered after it").first).to_be_visible()
    expect(page.locator("tr[data-version=v2]").get_by_text("launched by name", exact=True)).to_be_visible()
    named = core.WorkflowExecutionIdentifier(project="default", domain="development", name=alula(server, "launch", pricing))
    assert server.wait(named).spec.launch_plan.version == "v2"
    page.get_by_role("button", name="Make active: v2").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("it is the newest now, and stays the one that is launched")
    dialog.get_by_role("button", name="Make it active").click()
    expect(page.get_by_text("price launches v2 now, also when newer ones are registered").first).to_be_visible()
    expect(page.locator("tr[data-version=v2]").get_by_role("button", name="Follow the newest")).to_be_visible()


def test_runs_of_a_workflow_and_their_list(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch(ARITHMETIC, execution="entity-listed", x=1, y=2))
    page_of(visitor, ARITHMETIC, tab="runs")
    page = visitor.page
    expect(page.get_by_role("link", name=re.compile("entity-listed"))).to_be_visible()
    expect(page.get_by_role("columnheader", name="Version")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Workflow")).to_have_count(0)
    visitor.check_accessible()
    page.get_by_role("link", name="Open in the list of executions").click()
    expect(page).to_have_url(re.compile(f"workflow={ARITHMETIC}"))


def test_runs_of_a_workflow_are_chosen_by_keys_and_compared(visitor: Visitor, server: LiveServer) -> None:
    for x in (1, 2):
        server.wait(server.launch(ARITHMETIC, execution=f"entity-chosen-{x}", x=x, y=2))
    page_of(visitor, ARITHMETIC, tab="runs")
    page = visitor.page
    grid = page.get_by_role("grid", name="Executions")
    expect(grid.locator("[data-execution=entity-chosen-2]")).to_be_visible()
    grid.focus()
    for key in "xjx":
        grid.press(key)
    bar = page.get_by_role("toolbar", name="With the chosen executions")
    expect(bar).to_contain_text("2 chosen")
    bar.get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile(r"/compare\?.*entity-chosen-2.*entity-chosen-1"))


def test_how_often_a_version_was_launched_leads_to_those(visitor: Visitor, server: LiveServer, pricing: str) -> None:
    for version in ("v1", "v1", "v2"):
        alula(server, "launch", pricing, "--version", version)
    page_of(visitor, pricing)
    page = visitor.page
    page.get_by_role("link", name="Launched 2: executions of v1").click()
    expect(page).to_have_url(re.compile(rf"workflow={re.escape(pricing)}.*version=v1|version=v1.*workflow={re.escape(pricing)}"))
    expect(page.locator("[data-execution]")).to_have_count(2)


def test_the_page_of_a_launch_plan_leads_to_its_workflow(visitor: Visitor) -> None:
    page_of(visitor, ARITHMETIC, kind="launch-plans")
    visitor.page.locator("header").get_by_role("link", name="arithmetic").click()
    expect(visitor.page).to_have_url(re.compile(f"/workflows/default/development/{re.escape(ARITHMETIC)}"))


def test_a_name_that_is_not_registered_is_told(visitor: Visitor) -> None:
    visitor.watched.excused = lambda text: "404" in text
    page_of(visitor, "no.such.workflow")
    expect(visitor.page.get_by_role("alert")).to_contain_text("no.such.workflow")


def test_lists_and_pages_on_a_phone(browser: Browser, server: LiveServer, pricing: str) -> None:
    for visitor in visit(browser, server, viewport={"width": 390, "height": 844}):
        for path in ("/workflows", f"/workflows/default/development/{pricing}"):
            visitor.open(path)
            expect(visitor.page.get_by_role("table")).to_be_visible()
            assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
            visitor.check_accessible()
