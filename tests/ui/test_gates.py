"""Executions that wait for a person: seen everywhere as such, answered with what is asked about in sight, and who answered is kept."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.programs import showing
from tests.server.harness import LiveServer, literal
from tests.ui.conftest import Visitor
from tests.ui.execution_page import execution, panel

from alula.idl import admin, core

P = "tests.programs.showing"


@pytest.fixture
def ran(server: LiveServer) -> LiveServer:
    server.register(showing)
    return server


def answer(server: LiveServer, name: str, gate: str, value: object, who: str) -> None:
    identifier = core.SignalIdentifier(signal_id=gate, execution_id=execution(name))
    server.signal.SetSignal(admin.SignalSetRequest(id=identifier, value=literal(value)), metadata=(("alula-user", who),))


def waits(page: Page, name: str) -> None:
    """The row of an execution in the list says that it waits."""
    row = page.locator(f"[role=row][data-execution={name}]")
    expect(row.locator("[data-phase=ASKING]")).to_have_text("Waits for an answer")


def test_what_is_asked_about_stands_above_the_buttons(visitor: Visitor, ran: LiveServer) -> None:
    ran.launch(f"{P}.gated", execution="gate-asked", x=40)
    page = visitor.open_execution("gate-asked", node="n1")
    asked = panel(page).get_by_role("region", name="What is asked about")
    expect(asked).to_contain_text("41")
    button = panel(page).get_by_role("button", name="Approve")
    above, below = asked.bounding_box(), button.bounding_box()
    assert above is not None and below is not None
    assert above["y"] + above["height"] <= below["y"]
    visitor.check_accessible()
    answer(ran, "gate-asked", "go-live", True, "Ada")
    expect(panel(page)).to_contain_text(re.compile(r"Answered:\s*approved\s*by Ada"))
    expect(panel(page).locator("time").first).to_be_visible()
    expect(asked).to_contain_text("41")
    answer(ran, "gate-asked", "how-many", 1, "Bea")
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    page.get_by_role("tab", name="Events").click()
    expect(page.get_by_text('the signal "how-many" was given by Bea')).to_be_visible()


def test_waiting_for_a_person_does_not_look_like_running(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/executions", text="gate-waiting")
    ran.launch(f"{P}.gated", execution="gate-waiting", x=1)
    waits(page, "gate-waiting")
    visitor.open("/")
    home = page.get_by_role("listitem").filter(has_text="gate-waiting")
    link = home.get_by_role("link", name=re.compile("^Waits for an answer ?go-live"))
    expect(link).to_be_visible()
    visitor.check_accessible()
    link.click()
    page.wait_for_url("**node=n1**")
    expect(panel(page).get_by_role("button", name="Approve")).to_be_visible()
    expect(panel(page).locator("[data-phase=ASKING]").first).to_have_text("Waits for an answer")
    expect(page.locator("header [data-phase=ASKING]")).to_have_text("Waits for an answer")
    node = page.locator(".react-flow__node [data-node-id=n1]")
    expect(node).to_have_accessible_name(re.compile("waits for an answer"))
    wire = ran.admin.GetExecution(admin.WorkflowExecutionGetRequest(id=execution("gate-waiting")))
    assert wire.closure.phase == core.WorkflowExecution.RUNNING
    page.get_by_role("tab", name="Nodes").click()
    expect(page.get_by_role("table").locator("[data-phase=ASKING]")).to_have_count(2)
    visitor.open("/")
    answer(ran, "gate-waiting", "go-live", True, "Ada")
    expect(home.get_by_role("link", name=re.compile("go-live"))).to_have_count(0)
    expect(home.get_by_role("link", name=re.compile("how-many"))).to_be_visible()
    visitor.open("/executions", text="gate-waiting")
    waits(page, "gate-waiting")
    answer(ran, "gate-waiting", "how-many", 1, "Ada")
    expect(page.locator("[data-execution=gate-waiting] [data-phase=SUCCEEDED]")).to_be_visible()
