"""A real `alula up` and a real Chromium; a test fails on any error in the console and any request that fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect
from scripts.browser import chromium
from tests.server.harness import LiveServer
from tests.ui import programs

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
SHOWN_MS = 30_000  # how soon something is shown is measured by the bench: here a busy machine is no failure
PLACE = {"project": "default", "domain": "development"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests go to one worker, one after the other: the browser is started once for each."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group(f"ui/{item.path.stem}"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with the file: while Playwright stands, its event loop runs in this thread, and no other test could have one."""
    expect.set_options(timeout=SHOWN_MS)
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with `tests/ui/programs.py` registered as v1; tests name their executions after themselves."""
    live = LiveServer(tmp_path_factory.mktemp("ui") / "home").start()
    live.register(programs)
    yield live
    live.stop()


def bare(folder: Path) -> dict[str, str]:
    """The environment of a terminal in which nothing was set: `alula` is there, and no server is named.

    Args:
        folder: holds no settings.
    """
    unset = {name: value for name, value in os.environ.items() if not name.startswith(("ALULA_", "FLYTE_"))}
    return {**unset, "ALULA_SETTINGS": str(folder / "none.toml"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@dataclass
class Watched:
    """What went wrong while a page was open.

    Attributes:
        excused: whether a complaint is one that the test brings about itself.
    """

    complaints: list[str] = field(default_factory=list)
    excused: Callable[[str], bool] = lambda text: False

    def attach(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("requestfailed", self._on_failed)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _on_failed(self, request: Request) -> None:
        # A page that is left, or a stream that is closed, ends its requests: that is no failure.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"response {response.status}: {response.request.method} {response.url}")

    def check(self) -> None:
        bad = [text for text in self.complaints if not self.excused(text)]
        assert not bad, "\n".join(bad)


@dataclass
class Visitor:
    """One browser with one page on one server.

    Attributes:
        base: address of the server.
    """

    base: str
    context: BrowserContext
    page: Page
    watched: Watched

    def open(self, path: str, **search: str) -> Page:
        """Opens a page of the interface, in the tests' project unless `search` says otherwise."""
        from urllib.parse import urlencode

        query = urlencode({**PLACE, **search})
        self.page.goto(f"{self.base}{path}?{query}")
        return self.page

    def open_execution(self, name: str, **search: str) -> Page:
        return self.open(f"/executions/default/development/{name}", **search)

    def faults(self, theme: Literal["light", "dark"] = "light") -> list[str]:
        """What axe finds serious or critical on the page as it stands, in a theme."""
        drawn = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        self.page.evaluate(f"theme => {{ document.documentElement.dataset.theme = theme; return {drawn} }}", theme)
        self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{rule['id']} ({rule['impact']}): {rule['help']}: " + "; ".join(f"{n['html'][:160]} {n['any'][:1]}" for n in rule["nodes"][:3])
            for rule in found["violations"]
            if rule["impact"] in ("serious", "critical")
        ]

    def check_accessible(self) -> None:
        """No serious fault, in either theme."""
        for theme in ("light", "dark"):
            assert self.faults(theme) == [], theme  # type: ignore[arg-type]


@pytest.fixture
def visitor(browser: Browser, server: LiveServer) -> Iterator[Visitor]:
    yield from visit(browser, server)


def visit(browser: Browser, server: LiveServer, **options: Any) -> Iterator[Visitor]:
    """A visitor of a server; at the end nothing may have gone wrong.

    Args:
        options: of the browser's context, such as `viewport`.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 720}, "reduced_motion": "reduce", **options})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(SHOWN_MS)
    page, watched = context.new_page(), Watched()
    watched.attach(page)
    yield Visitor(f"http://{server.http}", context, page, watched)
    context.close()
    watched.check()
