"""An open page while its execution runs, and while its server goes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.programs import showing
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor, visit
from tests.ui.relay import Relay

P = "tests.programs.showing"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LiveServer]:
    """A server that a test may stop."""
    live = LiveServer(tmp_path / "home").start()
    live.register(showing)
    yield live
    live.stop()


def again(live: LiveServer) -> None:
    """Started anew where the page looks for it."""
    live.options = ("--http", live.http)
    live.start()


@pytest.fixture
def guest(browser: Browser, own: LiveServer) -> Iterator[Visitor]:
    for visitor in visit(browser, own):
        # The server goes away: requests fail, and the page says so.
        visitor.watched.excused = lambda text: (
            "ERR_CONNECTION_REFUSED" in text
            or "ERR_INCOMPLETE" in text
            or "ERR_EMPTY" in text
            or "404" in text
            or "ERR_CONNECTION_RESET" in text
        )
        yield visitor


def test_a_change_of_phase_is_shown_without_reloading(visitor: Visitor, server: LiveServer, tmp_path: Path) -> None:
    server.register(showing)
    path = tmp_path / "said"
    server.launch(f"{P}.waiting", execution="live-phase", path=str(path))
    page = visitor.open_execution("live-phase")
    node = page.locator("[data-node-id=n0]").first
    expect(node).to_have_attribute("data-phase", "RUNNING")
    path.write_text("end\n")
    expect(node).to_have_attribute("data-phase", "SUCCEEDED")
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()


def test_a_restart_is_said_and_made_up_for(guest: Visitor, own: LiveServer) -> None:
    own.launch(f"{P}.gated", execution="live-gated", x=1)
    page = guest.open_execution("live-gated")
    expect(page.locator("[data-node-id=n1]").first).to_have_attribute("data-phase", "ASKING")
    own.stop()
    expect(page.get_by_text("The server is not heard")).to_be_visible()
    expect(page.locator("[data-node-id=n1]").first).to_be_visible()
    again(own)
    expect(page.get_by_text("The server is not heard")).to_have_count(0)
    page.locator("[data-node-id=n1]").first.click()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("[data-node-id=n1]").first).to_have_attribute("data-phase", "SUCCEEDED")


def test_an_execution_that_is_deleted_while_it_is_looked_at_is_gone(guest: Visitor, own: LiveServer) -> None:
    own.launch(f"{P}.gated", execution="live-gone", x=1)
    page = guest.open_execution("live-gone")
    expect(page.locator("[data-node-id=n1]").first).to_be_visible()
    own.stop()
    with sqlite3.connect(own.home / "alula.db") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        assert database.execute("DELETE FROM execution WHERE name = 'live-gone'").rowcount == 1
    again(own)
    expect(page.get_by_text("This execution is no longer there")).to_be_visible()


@pytest.mark.slow
def test_a_connection_that_only_seems_to_stand_is_said_and_made_up_for(guest: Visitor, own: LiveServer, tmp_path: Path) -> None:
    path = tmp_path / "said"
    execution = own.launch(f"{P}.waiting", execution="live-silent", path=str(path))
    with Relay(own.http).running() as relay:
        guest.base = f"http://{relay.address}"
        page = guest.open_execution("live-silent")
        node = page.locator("[data-node-id=n0]").first
        expect(node).to_have_attribute("data-phase", "RUNNING")
        lists = guest.context.new_page()
        lists.goto(f"{guest.base}/executions?project=default&domain=development")
        row = lists.locator("[data-execution=live-silent]")
        expect(row.locator("[data-phase=RUNNING]").first).to_be_visible()
        relay.hold()
        for each in (page, lists):
            expect(each.locator("[data-connection=lost]")).to_be_visible()
        path.write_text("end\n")
        own.wait(execution)
        expect(node).to_have_attribute("data-phase", "RUNNING")
        relay.flow()
        for each in (page, lists):
            expect(each.locator("[data-connection]")).to_have_count(0)
        expect(node).to_have_attribute("data-phase", "SUCCEEDED")
        expect(row.locator("[data-phase=SUCCEEDED]").first).to_be_visible()
        lists.close()
        page.close()


def test_the_log_of_a_server_that_stops_has_not_ended(guest: Visitor, own: LiveServer, tmp_path: Path) -> None:
    own.launch(f"{P}.waiting", execution="live-stopped", path=str(tmp_path / "said"))
    page = guest.open_execution("live-stopped", node="n0", view="log")
    expect(page.get_by_role("log", name="Log")).to_contain_text("waiting")
    own.stop()
    expect(page.get_by_text("not live: the server is not heard")).to_be_visible()
    again(own)
    expect(page.get_by_text("not live")).to_have_count(0)
    expect(page.get_by_role("radio", name="Attempt 1")).to_be_visible()
    (tmp_path / "said").write_text("end\n")
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()


@pytest.mark.slow
def test_a_log_that_hangs_alone_says_that_it_is_not_live_and_goes_on_when_it_can(guest: Visitor, own: LiveServer, tmp_path: Path) -> None:
    path = tmp_path / "said"
    own.launch(f"{P}.waiting", execution="live-log", path=str(path))
    with Relay(own.http).running() as relay:
        guest.base = f"http://{relay.address}"
        page = guest.open_execution("live-log", node="n0", view="log")
        log = page.get_by_role("log", name="Log")
        expect(log).to_contain_text("waiting")
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        relay.hold(b"/logs/")
        path.write_text("one\n")
        expect(page.get_by_text("not live: the server is not heard")).to_be_visible()
        guest.check_accessible()
        path.write_text("one\ntwo\n")
        relay.flow()
        expect(log).to_contain_text("two")
        assert log.inner_text().split() == ["waiting", "one", "two"]
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        expect(page.locator("[data-connection]")).to_have_count(0)
        path.write_text("one\ntwo\nend\n")
        expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
        expect(page.get_by_text("ended", exact=True)).to_be_visible()
        page.close()


def test_the_page_of_an_ended_execution_says_that_the_server_is_gone(guest: Visitor, own: LiveServer) -> None:
    own.wait(own.launch(f"{P}.training", execution="live-ended", epochs=3))
    page, lists = guest.page, guest.context.new_page()
    with page.expect_response("**/api/alula/v1/changes"):
        guest.open_execution("live-ended")
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()
    lists.goto(f"{guest.base}/executions?project=default&domain=development")
    expect(lists.locator("[data-execution=live-ended]")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    own.launch(f"{P}.training", execution="live-other", epochs=3)
    expect(lists.locator("[data-execution=live-other] [data-phase=SUCCEEDED]").first).to_be_visible()
    lists.close()
    assert asked == []  # what others do concerns it not
    own.kill()
    expect(page.locator("[data-connection=lost]")).to_be_visible()
    again(own)
    expect(page.locator("[data-connection]")).to_have_count(0)
