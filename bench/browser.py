"""The web interface in headless Chromium, on a real server: what a person waits for."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

from flyteidl.service import admin_pb2_grpc, signal_pb2_grpc
from playwright.sync_api import Browser, Page
from scripts.browser import chromium

from alula.idl import admin, core
from bench.cases import MODULE, Options
from bench.server import Bench, bench_module, environment, int_inputs, server
from bench.table import Row

PLACE = {"project": "default", "domain": "development"}
PAINT_BUDGET_S, FRAMES, LOG_BUDGET_S = 1.5, 30, 1.0
TIMELINE_BUDGET_S = 2.0
LIST_BUDGET_S, CHANGE_BUDGET_S, LINE_BUDGET_S, IDLE_S, SCRIPT_KIB = 1.0, 0.5, 1.0, 5.0, 300
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
# When something is on the canvas of the graph: it is drawn small and looked at.
FIRST_PAINT = """new Promise(done => {
  const small = document.createElement("canvas"); small.width = 64; small.height = 36;
  const pen = small.getContext("2d", {willReadFrequently: true});
  const look = () => {
    const canvas = document.querySelector("[data-graph-canvas]");
    if (canvas && canvas.width > 0) {
      pen.drawImage(canvas, 0, 0, 64, 36);
      if (pen.getImageData(0, 0, 64, 36).data.some(each => each > 0)) return done(performance.now());
    }
    requestAnimationFrame(look);
  };
  look();
})"""
# When a plot's canvas holds more than its axes.
CURVES_PAINT = """new Promise(done => {
  const look = () => {
    const canvas = document.querySelector(".uplot canvas");
    if (canvas && canvas.width > 0) {
      const { data } = canvas.getContext("2d").getImageData(canvas.width / 2, 0, canvas.width / 4, canvas.height);
      if (data.filter((each, at) => at % 4 === 3 && each > 200).length > 500) return done(performance.now());
    }
    requestAnimationFrame(look);
  };
  look();
})"""
SERIES_AT = """Math.max(...performance.getEntriesByType("resource")
  .filter(({name}) => /v1[/]series[/]/.test(name)).map(({responseEnd}) => responseEnd))"""
# How long it takes until other rows are there, with the parts of their attempts.
SCROLLED = """new Promise(done => {
  const all = document.querySelector("[data-timeline]");
  const names = () => [...all.querySelectorAll("[role=listitem]")]
    .map(row => row.querySelector("[data-node-id]").dataset.nodeId + row.textContent);
  const before = new Set(names()), start = performance.now();
  all.scrollTop = all.scrollHeight / 2;
  const look = () => {
    const now = names(), bars = all.querySelectorAll("[data-attempt='0'] > span");
    if (now.length > 10 && !now.some(name => before.has(name)) && bars.length > 10) return done(performance.now() - start);
    requestAnimationFrame(look);
  };
  look();
})"""
# When graph and phases had arrived whole.
DATA_AT = """Math.max(...performance.getEntriesByType("resource")
  .filter(({name}) => /v1[/](workflows|watch)[/]/.test(name)).map(({responseEnd}) => responseEnd))"""


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
        with server("--home", str(home)) as bench, chromium() as made:
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
    with server(*options.server) as bench, chromium() as made, page_of(made) as page:
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
            time.sleep(0.3 + number / 20)  # at every phase of the page's own rhythm
    return [_row("U5", "a change of phase on screen after its commit, p50 / worst of 20", times, CHANGE_BUDGET_S)]


def changes(options: Options) -> list[Row]:
    """from a commit to the screen"""
    return change(options) + change_of_one(options) + line(options)


def change_of_one(options: Options) -> list[Row]:
    """from the commit of an execution's end to its own page"""
    times = []
    with server(*options.server) as bench, chromium() as made, page_of(made) as page:
        bench.register(bench_module(), ["asked"])
        signals = signal_pb2_grpc.SignalServiceStub(bench.channel)
        runs = admin_pb2_grpc.AdminServiceStub(bench.channel)
        plan = core.Identifier(resource_type=core.LAUNCH_PLAN, name=f"{MODULE}.asked", version="v1", **PLACE)
        for number in range(10):
            request = admin.ExecutionCreateRequest(name=f"asked-{number}", spec=admin.ExecutionSpec(launch_plan=plan), **PLACE)
            execution = runs.CreateExecution(request).id
            page.goto(address(bench, f"/executions/default/development/{execution.name}"))
            page.get_by_role("region", name="Waits for a person").wait_for()
            page.evaluate(
                "window.seen = new Promise(done => { const look = () => document.querySelector('header [data-phase=SUCCEEDED]')"
                " ? done(Date.now()) : requestAnimationFrame(look); look() }); 0"
            )
            value = core.Literal(scalar=core.Scalar(primitive=core.Primitive(boolean=True)))
            signals.SetSignal(admin.SignalSetRequest(id=core.SignalIdentifier(signal_id="go", execution_id=execution), value=value))
            seen = page.evaluate("window.seen")
            closure = runs.GetExecution(admin.WorkflowExecutionGetRequest(id=execution)).closure
            times.append((seen - closure.updated_at.ToMilliseconds()) / 1e3)
    return [_row("U5", "the end of an execution on its own page after its commit, p50 / worst of 10", times, CHANGE_BUDGET_S)]


# When each line that says its time came on screen; the oldest is on screen before anybody looks and does not count.
LINES = """new Promise(done => {
  const seen = new Map();
  const look = () => {
    for (const [, at] of document.querySelector("[role=log]").textContent.matchAll(/at ([0-9]{13})/g))
      if (!seen.has(at)) seen.set(at, Date.now() - Number(at));
    if (document.querySelector("header [data-phase=SUCCEEDED]")) return done([...seen.values()].slice(1));
    requestAnimationFrame(look);
  };
  look();
})"""


def line(options: Options) -> list[Row]:
    """from a printed line to the screen"""
    with server(*options.server) as bench, chromium() as made, page_of(made) as page:
        bench.register(bench_module(), ["live_log"])
        runs = admin_pb2_grpc.AdminServiceStub(bench.channel)
        plan = core.Identifier(resource_type=core.LAUNCH_PLAN, name=f"{MODULE}.live_log", version="v1", **PLACE)
        runs.CreateExecution(admin.ExecutionCreateRequest(name="told", spec=admin.ExecutionSpec(launch_plan=plan), **PLACE))
        page.goto(address(bench, "/executions/default/development/told", node="n0", view="log"))
        page.get_by_role("log").wait_for()
        times = [ms / 1e3 for ms in page.evaluate(LINES)]
    return [_row("U5", f"a printed line on screen, p50 / worst of {len(times)}", times, LINE_BUDGET_S)]


def idle(options: Options) -> list[Row]:
    """what a page loads at first, and what pages ask for at rest"""
    with server(*options.server) as bench, chromium() as made:
        bench.register(bench_module(), ["one"])
        ids = [bench.launch(f"{MODULE}.one").id.name for _ in range(2)]
        pages = {
            "home": address(bench, "/"),
            "executions": address(bench, "/executions"),
            "workflows": address(bench, "/workflows"),
            "workflow": address(bench, f"/workflows/default/development/{MODULE}.one"),
            "launch": address(bench, "/launch", kind="workflow", name=f"{MODULE}.one"),
            "execution": address(bench, f"/executions/default/development/{ids[0]}", node="n0", view="log"),
            "compare": address(bench, "/compare", ids=",".join(f"default/development/{name}" for name in ids)),
        }
        sizes = {name: _scripts_kib(made, url) for name, url in pages.items()}
        asked = {name: _asked(made, url) for name, url in pages.items()}
    most = max(sizes, key=lambda name: sizes[name])
    first = sizes["home"]
    return [
        Row("U6", "JavaScript that the first page loads, compressed", f"{first:.0f} KiB", f"≤ {SCRIPT_KIB} KiB", first <= SCRIPT_KIB),
        Row("U6", f"the same of the page that loads most, {most}", f"{sizes[most]:.0f} KiB"),
        Row(
            "U7",
            f"requests of {len(pages)} pages at rest in {IDLE_S:g} s each",
            ", ".join(f"{name} {count}" for name, count in asked.items() if count) or "0",
            "0",
            not any(asked.values()),
        ),
    ]


def _scripts_kib(made: Browser, url: str) -> float:
    """What a page's scripts weigh as they come over the wire."""
    with page_of(made) as page:
        sizes: dict[str, int] = {}
        scripts: set[str] = set()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.responseReceived", lambda e: scripts.add(e["requestId"]) if e["type"] == "Script" else None)
        session.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])}))
        page.goto(url)
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_timeout(1500)
        return sum(sizes.get(request, 0) for request in scripts) / 1024


def _asked(made: Browser, url: str) -> int:
    with page_of(made) as page:
        page.goto(url)
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_timeout(3000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(IDLE_S * 1e3)
        return len(asked)


def graph(options: Options) -> list[Row]:
    """a graph of 10,000 nodes: first paint after its data, panning and zooming"""
    with server(*options.server) as bench, chromium() as made:
        bench.register(bench_module(), ["layered_10000"])
        name = bench.launch(f"{MODULE}.layered_10000").id.name
        paints = []
        for _ in range(5):
            with page_of(made) as page:
                page.goto(address(bench, f"/executions/default/development/{name}"))
                page.wait_for_selector("[data-graph-canvas]", state="attached")
                painted = page.evaluate(FIRST_PAINT)
                data = page.evaluate(DATA_AT)
                paints.append((painted - data) / 1e3)
        with page_of(made) as page:
            page.goto(address(bench, f"/executions/default/development/{name}"))
            page.wait_for_selector("[data-graph-canvas]", state="attached")
            page.evaluate(FIRST_PAINT)
            page.wait_for_timeout(1000)
            frames = {"zooming": _frames(page, _zoom), "panning": _frames(page, _pan)}
    rows = [_row("U1", "10,000 nodes: first paint after the data, p50 / worst of 5", paints, PAINT_BUDGET_S)]
    for what, (per_s, worst) in frames.items():
        rows.append(
            Row(
                "U2",
                f"10,000 nodes, {what}: frames a second, longest frame",
                f"{per_s:.0f}/s, {worst:.0f} ms",
                f"≥ {FRAMES}/s",
                per_s >= FRAMES,
            )
        )
    return rows


def _frames(page: Page, move: Callable[[Page], None]) -> tuple[float, float]:
    """Frames a second while something moves, and the longest frame in milliseconds."""
    page.evaluate(
        """() => {
          const at = window.frames_at = [];
          const next = now => { at.push(now); if (window.frames_at === at) requestAnimationFrame(next); };
          requestAnimationFrame(next);
        }"""
    )
    move(page)
    at: list[float] = page.evaluate("() => { const at = window.frames_at; window.frames_at = undefined; return at }")
    gaps = [later - earlier for earlier, later in pairwise(at)]
    return 1e3 * len(gaps) / sum(gaps), max(gaps)


def _zoom(page: Page) -> None:
    page.mouse.move(640, 420)
    for step in range(60):
        page.mouse.wheel(0, -60 if step < 30 else 60)


def _pan(page: Page) -> None:
    page.mouse.move(640, 420)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(640 + 4 * (step % 30), 420 + 2 * (step % 30))
    page.mouse.up()


def log(options: Options) -> list[Row]:
    """a large log, opened at its tail"""
    gib = 1.0 if options.full else 0.1
    with server(*options.server) as bench, chromium() as made:
        bench.register(bench_module(), ["long_log"])
        name = bench.launch(f"{MODULE}.long_log", int_inputs(mib=int(gib * 1024))).id.name
        before = bench.rss_mib()
        times = []
        for _ in range(5):
            with page_of(made) as page:
                page.goto(address(bench, f"/executions/default/development/{name}", node="n0"))
                tab = page.get_by_role("tab", name="Log")
                tab.wait_for()
                start = page.evaluate("performance.now()")
                tab.click()
                page.get_by_text("the last line of all").wait_for()
                times.append((page.evaluate(PAINTED) - start) / 1e3)
        grown = bench.rss_mib() - before
    return [
        _row("U4", f"a log of {gib:g} GiB opens at its tail, p50 / worst of 5", times, LOG_BUDGET_S),
        Row("U4", "what the server's memory grew by meanwhile", f"{grown:.0f} MiB", "≤ 50 MiB", grown <= 50),
    ]


def curves(options: Options) -> list[Row]:
    """curves of 100,000 points each: on screen after their data, and under the mouse"""
    rows = []
    with server(*options.server) as bench, chromium() as made:
        bench.register(bench_module(), ["curve"])
        names = [bench.launch(f"{MODULE}.curve", int_inputs(points=100_000, shift=shift)).id.name for shift in range(5)]
        ids = ",".join(f"default/development/{name}" for name in names)
        pages = {
            "one": address(bench, f"/executions/default/development/{names[0]}", node="n0", view="metrics"),
            "five compared": address(bench, "/compare", ids=ids, tab="curves"),
        }
        for what, url in pages.items():
            times = []
            for _ in range(5):
                with page_of(made) as page:
                    page.goto(url)
                    drawn = page.evaluate(CURVES_PAINT)
                    times.append((drawn - page.evaluate(SERIES_AT)) / 1e3)
                    per_s, worst = _frames(page, _hover)
            rows.append(_row("U8", f"curves of 100,000 points, {what}: drawn after the data, p50 / worst of 5", times, PAINT_BUDGET_S))
            said = f"{per_s:.0f}/s, {worst:.0f} ms"
            rows.append(
                Row("U8", f"the same under the mouse: frames a second, longest frame, {what}", said, f"≥ {FRAMES}/s", per_s >= FRAMES)
            )
    return rows


def _hover(page: Page) -> None:
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    for step in range(120):
        page.mouse.move(box["x"] + 7 * step % box["width"], box["y"] + 20 + step % 50)


def timelines(options: Options) -> list[Row]:
    """timelines of a map of 50,000 items and of 10,000 nodes: on screen, and at their middle"""
    rows = []
    with server(*options.server) as bench, chromium() as made:
        bench.register(bench_module(), ["mapped", "layered_10000"])
        launched = {
            "50,000 items": (f"{MODULE}.mapped", int_inputs(xs=list(range(50_000)))),
            "10,000 nodes": (f"{MODULE}.layered_10000", int_inputs()),
        }
        for what, (plan, inputs) in launched.items():
            name = bench.launch(plan, inputs).id.name
            opened, scrolled = [], []
            for _ in range(5):
                with page_of(made) as page:
                    page.goto(address(bench, f"/executions/default/development/{name}", tab="timeline"))
                    page.locator("[data-items], [data-attempt='0']").first.wait_for(state="attached")
                    opened.append(page.evaluate(PAINTED) / 1e3)
                    if "items" in what:
                        page.get_by_role("button", name="Unfold").first.click()
                        page.locator("[data-attempt='0']").first.wait_for(state="attached")
                    scrolled.append(_scroll_s(page))
            rows.append(_row("U9", f"the timeline of {what} opens, p50 / worst of 5", opened, TIMELINE_BUDGET_S))
            rows.append(_row("U9", f"its middle, with where the time went, p50 / worst of 5, {what}", scrolled, LIST_BUDGET_S))
    return rows


def _scroll_s(page: Page) -> float:
    """Seconds from the middle of a timeline coming into view to its attempts in their parts."""
    return float(page.evaluate(SCROLLED)) / 1e3


def _row(name: str, what: str, times: list[float], budget: float) -> Row:
    return Row(name, what, f"{statistics.median(times) * 1e3:.0f} / {max(times) * 1e3:.0f} ms", f"≤ {budget:g} s", max(times) <= budget)


CASES: dict[str, Callable[[Options], list[Row]]] = {
    "U1": graph,
    "U3": lists,
    "U4": log,
    "U5": changes,
    "U6": idle,
    "U8": curves,
    "U9": timelines,
}
