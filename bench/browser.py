"""The web interface in headless Chromium, on a real server: what a person waits for."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from alula.idl import admin, core
from alula.server.static import FOLDER
from bench.cases import MODULE, Options
from bench.server import Bench, bench_module, environment, server
from bench.table import Row

PLACE = {"project": "default", "domain": "development"}
LIST_BUDGET_S, CHANGE_BUDGET_S, IDLE_S, SCRIPT_KIB = 1.0, 0.5, 5.0, 300
FILTERS: dict[str, dict[str, str]] = {
    "none": {},
    "phase": {"phases": '["FAILED"]'},
    "user": {"users": '["radia"]'},
    "workflow": {"workflow": "caching.words"},
    "version": {"version": "v3"},
    "label": {"labels": '["team=speech"]'},
    "time": {"within": "24h"},
    "duration": {"min": "100"},
    "name": {"text": "a9"},
    "phase, user": {"phases": '["FAILED"]', "users": '["ada"]'},
    "workflow, phase, time": {"workflow": "hello.hello", "phases": '["ABORTED"]', "within": "7d"},
    "label, duration, user": {"labels": '["team=vision"]', "min": "10", "users": '["ken"]'},
    "longest first": {"order": "-duration"},
}
# Painted: after the change two frames have been drawn.
PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"


@contextmanager
def browser() -> Iterator[Browser]:
    if not (FOLDER / "index.html").is_file():
        raise SystemExit("the web interface is not built; run `make ui`")
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("Chromium was not found; `make test` installs it")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield made
        made.close()


@contextmanager
def page_of(made: Browser) -> Iterator[Page]:
    context = made.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(120_000)
    yield context.new_page()
    context.close()


def address(bench: Bench, path: str, **search: str) -> str:
    return f"http://{bench.http}{path}?{urlencode({**PLACE, **search})}"


def lists(options: Options) -> list[Row]:
    """the list of executions on screen, on a large database, by filter"""
    count = 1_000_000 if options.full else 100_000
    rows = []
    with tempfile.TemporaryDirectory(prefix="alula-bench-") as folder:
        home = Path(folder) / "home"
        fill = [sys.executable, "-m", "scripts.fill_database", str(count), "--home", str(home)]
        subprocess.run(fill, check=True, env=environment(), stdout=subprocess.DEVNULL)
        with server("--home", str(home)) as bench, browser() as made:
            for name, search in FILTERS.items():
                times = [_list_s(made, bench, search) for _ in range(5)]
                rows.append(_row("U3", f"{count:,} executions, {name}: on screen, p50 / worst of 5", times, LIST_BUDGET_S))
    return rows


def _list_s(made: Browser, bench: Bench, search: dict[str, str]) -> float:
    """Seconds from a filter's change within an open page to its rows on screen."""
    with page_of(made) as page:
        page.goto(f"http://{bench.http}/executions?project=default&domain=nothing-runs-here")
        page.get_by_text("Nothing has run in").wait_for()
        query = urlencode({**PLACE, **search})
        # As the router changes the address itself: the page stays, the list is asked for anew.
        start = page.evaluate(f"(history.pushState({{}}, '', '/executions?{query}'), performance.now())")
        page.locator("[data-execution]").or_(page.get_by_text("No execution is like that")).first.wait_for()
        return (page.evaluate(PAINTED) - start) / 1e3


def change(options: Options) -> list[Row]:
    """from the commit of a change of phase to the screen"""
    times = []
    with server(*options.server) as bench, browser() as made, page_of(made) as page:
        bench.register(bench_module(), ["one"])
        page.goto(address(bench, "/executions"))
        page.get_by_text("Nothing has run in").wait_for()
        plan = core.Identifier(resource_type=core.LAUNCH_PLAN, name=f"{MODULE}.one", version="v1", **PLACE)
        for number in range(20):
            name = f"seen-{number}"
            page.evaluate(
                "name => { window.seen = new Promise(done => { const look = () => document.querySelector(`[data-execution=${name}]"
                " [data-phase=SUCCEEDED]`) ? done(Date.now()) : requestAnimationFrame(look); look() }) }",
                name,
            )
            request = admin.ExecutionCreateRequest(name=name, spec=admin.ExecutionSpec(launch_plan=plan), **PLACE)
            ended = bench.stub.Run(request).closure
            committed = ended.updated_at.ToMilliseconds()
            times.append((page.evaluate("window.seen") - committed) / 1e3)
            time.sleep(1.1)  # one that follows at once is shown with the next renewal, a second later at most
    return [_row("U5", "a change of phase on screen after its commit, p50 / worst of 20", times, CHANGE_BUDGET_S)]


def idle(options: Options) -> list[Row]:
    """what a page loads at first, and what it asks for at rest"""
    with server(*options.server) as bench, browser() as made, page_of(made) as page:
        bench.register(bench_module(), ["one"])
        bench.launch(f"{MODULE}.one")
        sizes: dict[str, int] = {}
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        scripts: dict[str, str] = {}
        session.on(
            "Network.responseReceived", lambda e: scripts.update({e["requestId"]: e["response"]["url"]}) if e["type"] == "Script" else None
        )
        session.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])}))
        page.goto(address(bench, "/executions"))
        page.wait_for_selector("[data-execution]")
        page.wait_for_timeout(1000)
        kib = sum(sizes.get(request, 0) for request in scripts) / 1024
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(IDLE_S * 1e3)
    return [
        Row(
            "U6",
            f"JavaScript that the list loads, compressed, {len(scripts)} files",
            f"{kib:.0f} KiB",
            f"≤ {SCRIPT_KIB} KiB",
            kib <= SCRIPT_KIB,
        ),
        Row("U7", f"requests of a page at rest in {IDLE_S:g} s", str(len(asked)), "0", not asked),
    ]


def _row(name: str, what: str, times: list[float], budget: float) -> Row:
    return Row(name, what, f"{statistics.median(times) * 1e3:.0f} / {max(times) * 1e3:.0f} ms", f"≤ {budget:g} s", max(times) <= budget)


CASES: dict[str, Callable[[Options], list[Row]]] = {"U3": lists, "U5": change, "U6": idle}
