"""The machine's own Chromium, for whatever looks at the web interface: its tests, its bench, its screenshots."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Request, Response, TimeoutError, sync_playwright

from alula.server.static import FOLDER

STILL_MS = 150
"""A page that has not changed for so long is drawn: what is laid out in a worker comes in a few frames."""
PATIENCE_S = 15
_NOTE_CHANGES = """
window.alulaChangedAt = performance.now();
new MutationObserver(() => { window.alulaChangedAt = performance.now(); })
  .observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
_AT_REST = """still =>
  document.readyState === "complete" && document.fonts.status === "loaded"
  && document.querySelector('[role=status][aria-label=Loading], .animate-pulse:not([role=progressbar] *)') === null
  && document.getAnimations().every(each => each.playState !== "running" || each.effect.getComputedTiming().iterations === Infinity)
  && [...document.images].every(each => each.complete)
  && performance.now() - window.alulaChangedAt >= still
"""
_TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str:
    """Path of Chromium.

    Raises:
        SystemExit: there is none, or no web interface to look at.
    """
    if not (FOLDER / "index.html").is_file():
        raise SystemExit("the web interface is not built; run `make ui`")
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("Chromium was not found; `make test` installs it on Debian, elsewhere install it by hand")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a window, for the length of the block."""
    path = find()
    with sync_playwright() as playwright:
        # Debian's build refuses its sandbox to root; what is opened here is our own server alone.
        made = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        try:
            yield made
        finally:
            made.close()


class Stillness:
    """Knows when a page is drawn; to be made before the page is opened."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._under_way: set[Request] = set()
        page.add_init_script(_NOTE_CHANGES)
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        page.on("requestfinished", self._on_end)
        page.on("requestfailed", self._on_end)

    def _on_request(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self._under_way.clear()  # of what the page before was still reading no end is told
        if request.resource_type != "eventsource":  # a stream stays open
            self._under_way.add(request)

    def _on_end(self, request: Request) -> None:
        self._under_way.discard(request)

    def _on_response(self, response: Response) -> None:
        if "follow=1" in response.url:  # so does a log of what still runs
            self._under_way.discard(response.request)

    def wait(self) -> None:
        """Until nothing is being read, loaded, moved or drawn any more, and what is drawn is shown.

        Raises:
            TimeoutError: it does not come to rest; says what is under way.
        """
        deadline = time.monotonic() + PATIENCE_S
        self._page.evaluate("window.alulaChangedAt = performance.now()")  # what was just done may show a moment later
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                self._page.wait_for_function(_AT_REST, arg=STILL_MS, timeout=left_s * 1e3)
            except TimeoutError:
                break
            if not self._under_way:
                self._page.evaluate(_TWO_FRAMES)
                return
            self._page.wait_for_timeout(20)  # its events are heard meanwhile
        reads = ", ".join(sorted(each.url for each in self._under_way))
        raise TimeoutError(f"{self._page.url}: is not drawn after {PATIENCE_S} s" + (f"; it still reads {reads}" if reads else ""))
