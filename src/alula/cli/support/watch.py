"""Running again on every save: what changed, the file's modules anew, and what came from the cache."""

from __future__ import annotations

import importlib.util
import linecache
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support.group import OK
from alula.cli.support.module import load
from alula.errors import AlulaError

if TYPE_CHECKING:
    from types import ModuleType

    from alula.client.sync import Client, Execution
    from alula.objectstore.scan import Scan

STEP_MS = 30
"""Quiet after a save before it counts: editors write a file in several steps."""
RESCAN_MS = 2000
"""Files are compared this often besides, for what no notification came of: another machine's edits, folders that are new."""
SOON_S, REPEATS = 1.0, 3
"""Files that change this soon after this many runs in a row are written by them."""
_DEBOUNCE_MS = 400
_SHOWN = 10

Start = Callable[["ModuleType", "Client"], "Execution"]
"""Starts an execution by what the file defines now, and follows it to its end."""


class Watch:
    """One file of a project, run on every change of it.

    Args:
        file: the file.
        client: stays connected, to a server that stays up.
        start: raises an error of ours if the execution fails.
    """

    def __init__(self, file: str, client: Client, start: Start) -> None:
        from alula.sdk.discover import project_root

        self._file, self._client, self._start = file, client, start
        self._root = project_root(file)
        self._foreign = set(sys.modules)
        self._count = 0
        self._ended, self._repeats = 0.0, 0
        self._before: frozenset[str] = frozenset()
        self._outputs: frozenset[str] = frozenset()

    def run(self) -> int:
        """Runs until Ctrl-C."""
        before_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            seen = self._scan(None)
            while True:
                self._once()
                self._ended = time.monotonic()
                seen = self._changed(seen)
        except (KeyboardInterrupt, click.Abort) as error:
            click.echo("stopped watching" + (f"; {error}" if str(error) else ""), err=True)
            return OK
        finally:
            sys.dont_write_bytecode = before_bytecode

    def _scan(self, before: Scan | None) -> Scan:
        from alula.objectstore.scan import scan

        return scan(self._root, before.stamps if before is not None else None)

    def _once(self) -> None:
        self._count += 1
        begin = time.monotonic()
        try:
            execution = self._start(load(self._file), self._client)
        except AlulaError as error:
            self._say(f"run {self._count} failed after {time.monotonic() - begin:.2f} s", "red")
            self._say(f"error: {error.message}", "red")
        except click.ClickException as error:
            self._say(f"error: {error.format_message()}", "red")
        else:
            self._say(f"run {self._count} took {time.monotonic() - begin:.2f} s{reused(execution)}", "green")

    def _say(self, text: str, color: str = "") -> None:
        click.echo(click.style(text, fg=color or None), err=True)

    def _changed(self, seen: Scan) -> Scan:
        """Waits for a change; the scan that shows it."""
        self._say(f"watching {len(seen.files)} files of {self._root}; Ctrl-C stops")
        for _ in self._wakes(seen):
            try:
                now = self._scan(seen)
            except AlulaError as error:  # too large all at once, or a setting that is being edited
                self._say(f"error: {error.message}", "red")
                continue
            changes = [change for change in now.changes(seen) if change.partition(" ")[2] not in self._outputs]
            names = [change.partition(" ")[2] for change in changes]
            seen = now
            if not names or self._are_outputs(frozenset(names)):
                continue
            for change in changes[:_SHOWN]:
                self._say(change, "cyan")
            if len(changes) > _SHOWN:
                self._say(f"… {len(changes) - _SHOWN} more", "cyan")
            self._forget(names)
            break
        return seen

    def _are_outputs(self, names: frozenset[str]) -> bool:
        """Whether files change because of the runs: the same ones, no Python source, right after each of them."""
        is_soon = time.monotonic() - self._ended < SOON_S and not any(name.endswith(".py") for name in names)
        self._repeats = (self._repeats + 1 if names == self._before else 1) if is_soon else 0
        self._before = names
        if self._repeats < REPEATS:
            return False
        self._outputs |= names
        shown = ", ".join(sorted(names)[:_SHOWN])
        self._say(f"note: {shown} changed with every run, so that starts no further one; leave it out of the code by .gitignore", "yellow")
        return True

    def _wakes(self, seen: Scan) -> Iterator[object]:
        """Yields at once, and then whenever something may have changed in a folder of the code."""
        from watchfiles import watch

        yield None
        folders = {self._root, *(self._root / os.fsdecode(file.path.rpartition(b"/")[0]) for file in seen.files)}
        yield from watch(
            *(folder for folder in sorted(folders) if folder.is_dir()),
            step=STEP_MS,
            debounce=_DEBOUNCE_MS,
            rust_timeout=RESCAN_MS,
            yield_on_timeout=True,
            recursive=False,
        )

    def _forget(self, names: list[str]) -> None:
        """Has the next import read the project's modules anew."""
        root = f"{self._root}/"
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
            if name not in self._foreign and isinstance(file, str) and file.startswith(root) and "/site-packages/" not in file:
                del sys.modules[name]
        for name in names:
            if name.endswith(".py"):
                # Compiled files tell their source by size and whole seconds: an edit within the second would not be seen.
                Path(importlib.util.cache_from_source(str(self._root / name))).unlink(missing_ok=True)
        linecache.clearcache()


def reused(execution: Execution) -> str:
    """`; computed a; from the cache b`."""
    computed: dict[str, None] = {}
    cached: dict[str, None] = {}
    for each in execution.reuse:
        (cached if each.cached and not each.computed else computed)[each.name] = None
    parts: list[tuple[str, Any]] = [("computed", computed), ("from the cache", cached)]
    return "".join(f"; {what} {', '.join(names)}" for what, names in parts if names)
