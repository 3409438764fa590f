"""The machine's own Chromium, for whatever looks at the web interface: its tests, its bench, its screenshots."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from alula.server.static import FOLDER

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
