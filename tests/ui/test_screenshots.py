"""When a page is taken for drawn: pictures must not show what is half there."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Route, TimeoutError
from scripts.browser import Stillness
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor

from scripts import browser as scripts

SLOW_S = 0.6


def slowly(route: Route) -> None:
    time.sleep(SLOW_S)
    route.continue_()


def test_what_is_still_being_read_is_waited_for(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch("tests.ui.programs.arithmetic", execution="still-run", x=1, y=2))
    page = visitor.page
    page.route(re.compile("/api/alula/v1/executions"), slowly)
    page.route(re.compile("/assets/.*graph.*|/api/v1/workflows/", re.IGNORECASE), slowly)
    stillness = Stillness(page)
    visitor.open("/executions")
    stillness.wait()
    assert page.get_by_role("row", name=re.compile("still-run")).is_visible(), "at once: nothing is waited for here"
    visitor.open_execution("still-run")
    stillness.wait()
    assert page.locator("[data-node-id]").count() >= 2
    assert page.locator("[data-node-id]").first.is_visible()


def test_a_page_that_does_not_come_to_rest_is_named(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    stillness = Stillness(visitor.page)
    page = visitor.open("/workflows")
    stillness.wait()
    monkeypatch.setattr(scripts, "PATIENCE_S", 0.5)
    page.evaluate("setInterval(() => { document.title = String(Math.random()); }, 20)")
    with pytest.raises(TimeoutError, match=r"/workflows.*is not drawn after 0.5 s"):
        stillness.wait()
