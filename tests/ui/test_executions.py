"""The list of executions: live, filtered, several at once."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.server.harness import LiveServer, literals
from tests.ui.conftest import Visitor

from alula.idl import admin, core


def names(page: Page) -> list[str | None]:
    return [row.get_attribute("data-execution") for row in page.locator("[data-execution]").all()]


def in_address(page: Page, name: str) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get(name, [])


@pytest.fixture(scope="module")
def ran(server: LiveServer) -> LiveServer:
    """Some executions that begin with `list-`, one of them with a label."""
    for number in range(3):
        server.wait(server.launch("tests.ui.programs.arithmetic", execution=f"list-good-{number}", x=number))
    server.wait(server.launch("tests.ui.programs.failing", execution="list-bad"))
    launch_labelled(server, "list-labelled", team="vision")
    return server


def launch_labelled(server: LiveServer, name: str, **labels: str) -> None:
    plan = core.Identifier(
        resource_type=core.LAUNCH_PLAN, project="default", domain="development", name="tests.ui.programs.arithmetic", version="v1"
    )
    spec = admin.ExecutionSpec(launch_plan=plan, labels=admin.Labels(values=labels))
    request = admin.ExecutionCreateRequest(project="default", domain="development", name=name, spec=spec, inputs=literals(x=9))
    server.wait(server.admin.CreateExecution(request).id)


def test_a_new_execution_appears_and_ends_without_reloading(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/executions", text="list-live")
    expect(page.get_by_text("No execution is like that")).to_be_visible()
    execution = ran.launch("tests.ui.programs.asking", execution="list-live")
    row = page.locator("[data-execution=list-live]")
    expect(row.locator("[data-phase=ASKING]")).to_be_visible()
    ran.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=execution, cause="seen enough"))
    expect(row.locator("[data-phase=ABORTED]")).to_be_visible()


def test_filters_combine_and_stand_in_the_address(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/executions", text="list-")
    expect(page.get_by_role("link", name="list-good-0")).to_be_visible()
    page.get_by_role("button", name="Phase").click()
    page.get_by_role("menuitemcheckbox", name="Failed").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="list-good-0")).to_have_count(0)
    assert "list-bad" in names(page)
    assert in_address(page, "phases") == ['["FAILED"]']
    page.reload()
    expect(page.get_by_role("link", name="list-bad")).to_be_visible()
    assert set(names(page)) == {"list-bad"}
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("link", name="list-good-0")).to_be_visible()


def test_labels_workflow_time_and_duration_are_filters(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/executions", text="list-")
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("Labels").fill("team=vision")
    page.get_by_label("Workflow", exact=True).fill("tests.ui.programs.arithmetic")
    page.get_by_label("Created").select_option("1h")
    page.get_by_label("At most, seconds").fill("60")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("[data-execution]")).to_have_count(1)
    assert names(page) == ["list-labelled"]
    page.get_by_role("button", name="Remove filter label team=vision").click()
    expect(page.get_by_role("link", name="list-good-2")).to_be_visible()
    expect(page.get_by_role("link", name="list-bad")).to_have_count(0)


def test_impossible_durations_are_refused_where_they_are_typed(visitor: Visitor) -> None:
    page = visitor.open("/executions")
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("At least, seconds").fill("5")
    page.get_by_label("At most, seconds").fill("2")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_have_text("Durations: at least is more than at most")


def test_a_saved_view_brings_its_filters_back(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/executions", text="list-bad")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Save these filters").click()
    page.get_by_label("Name", exact=True).fill("The bad one")
    page.get_by_role("button", name="Save", exact=True).click()
    visitor.open("/executions")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="The bad one", exact=True).click()
    expect(page.locator("[data-execution]")).to_have_count(1)
    assert names(page) == ["list-bad"]


def test_rows_are_moved_through_chosen_and_opened_by_keys(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/executions", text="list-good")
    expect(page.locator("[data-execution]")).to_have_count(3)
    grid = page.get_by_role("grid", name="Executions")
    grid.focus()
    grid.press("x")
    grid.press("j")
    grid.press("x")
    expect(page.get_by_text("2 chosen")).to_be_visible()
    grid.press("Enter")
    page.wait_for_url("**/executions/default/development/list-good-1*")


def test_several_are_aborted_and_relaunched_at_once(visitor: Visitor, ran: LiveServer) -> None:
    for number in range(3):
        ran.launch("tests.ui.programs.asking", execution=f"many-{number}")
    page = visitor.open("/executions", text="many-")
    expect(page.locator("[data-execution]")).to_have_count(3)
    page.get_by_label("Choose all that are loaded").check()
    page.get_by_role("button", name="Abort", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Abort").click()
    expect(page.get_by_text("3 executions aborted.").first).to_be_visible()
    expect(page.locator("[data-execution] [data-phase=ABORTED]")).to_have_count(3)
    page.get_by_label("Choose many-0").check()
    page.get_by_role("button", name="Relaunch").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Relaunch").click()
    expect(page.get_by_text("1 execution relaunched.").first).to_be_visible()
    listed = ran.admin.ListExecutions(
        admin.ResourceListRequest(id=admin.NamedEntityIdentifier(project="default", domain="development"), limit=1)
    ).executions
    assert listed[0].spec.metadata.reference_execution.name == "many-0"
    ran.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=listed[0].id, cause="the test is over"))


def test_archived_ones_leave_the_list_and_are_found_by_the_filter(visitor: Visitor, ran: LiveServer) -> None:
    ran.wait(ran.launch("tests.ui.programs.arithmetic", execution="put-away"))
    page = visitor.open("/executions", text="put-away")
    page.get_by_label("Choose put-away").check()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("No execution is like that")).to_be_visible()
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("Archived ones").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="put-away")).to_be_visible()


def test_a_name_that_is_markup_is_text(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/executions", text="<img src=x onerror=alert(1)>", workflow="<b>no</b>")
    expect(page.get_by_text("No execution is like that")).to_be_visible()
    expect(page.get_by_text("<b>no</b>")).to_be_visible()
    assert page.locator("b").count() == 0


def test_home_shows_what_runs_what_failed_and_who(visitor: Visitor, ran: LiveServer) -> None:
    running = ran.launch("tests.ui.programs.asking", execution="home-running")
    page = visitor.open("/")
    now = page.locator("section").filter(has=page.get_by_role("heading", name="Running now"))
    expect(now.get_by_role("link", name="home-running")).to_be_visible()
    failed = page.locator("section").filter(has=page.get_by_role("heading", name="Failed lately"))
    expect(failed.get_by_text(re.compile("x is 2, and nothing can be done with it")).first).to_be_visible()
    people = page.locator("section").filter(has=page.get_by_role("heading", name="Who ran what"))
    expect(people.get_by_role("row")).not_to_have_count(0)
    ran.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=running, cause="the test is over"))
    expect(now.get_by_role("link", name="home-running")).to_have_count(0)


def test_what_a_row_and_a_head_name_leads_further(visitor: Visitor, ran: LiveServer) -> None:
    launch_labelled(ran, "named-a", team="names", kind="led")
    launch_labelled(ran, "named-b", team="names")
    page = visitor.open("/executions", text="named-")
    expect(page.locator("[data-execution]")).to_have_count(2)
    row = page.locator("[data-execution=named-a]")
    row.get_by_role("link", name="kind=led").click()
    expect(page.locator("[data-execution]")).to_have_count(1)
    expect(page.get_by_role("searchbox", name="Name begins with")).to_have_value("named-")
    row.get_by_role("link", name="team=names").click()
    expect(page).to_have_url(re.compile(r"labels=.*kind%3Dled.*team%3Dnames"))
    row.get_by_role("link", name="v1", exact=True).click()
    expect(page).to_have_url(re.compile(r"/workflows/.*tests\.ui\.programs\.arithmetic\?.*version=v1"))
    visitor.open_execution("named-a")
    head = page.locator("header")
    who = head.get_by_title("What they launched").inner_text()
    head.get_by_role("link", name="kind=led").click()
    expect(page.locator("[data-execution]")).to_have_count(1)
    page.go_back()
    head.get_by_role("link", name=who, exact=True).click()
    expect(page.get_by_role("button", name=f"Who: {who}")).to_be_visible()
