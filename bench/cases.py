"""The cases, by the name of their budget. Times are wall clock; CPU is user + system of the server and all its workers."""

from __future__ import annotations

import http.client
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.server import READY, Bench, bench_module, environment, int_inputs, now, server
from bench.table import Row

MODULE = "bench.programs"


@dataclass(frozen=True)
class Options:
    full: bool = False
    database: str = ""

    @property
    def server(self) -> list[str]:
        return ["--database", self.database] if self.database else []


def child_cpu_s(code: str) -> float:
    """CPU seconds of a fresh interpreter that runs `code`, the least of five."""
    found = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def s1(options: Options) -> list[Row]:
    """import alula, beside import flytekit"""
    nothing = child_cpu_s("pass")
    ours = child_cpu_s("import alula") - nothing
    used = child_cpu_s("import alula as al\n@al.task\ndef f(x: int) -> int: return x\nal.workflow; al.map; al.File") - nothing
    flytekit = child_cpu_s("import flytekit") - nothing
    ratio = flytekit / max(ours, 1e-4)
    return [
        Row("S1", "import alula", f"{ours * 1e3:.0f} ms CPU", "≤ 150 ms", ours <= 0.15),
        Row("S1", "import flytekit / import alula", f"{ratio:.0f}× ({flytekit * 1e3:.0f} ms)", "≥ 10×", ratio >= 10),
        Row("S1", "import and everything an author touches", f"{used * 1e3:.0f} ms CPU", "≤ 150 ms", used <= 0.15),
    ]


def s2(options: Options) -> list[Row]:
    """alula up in an empty directory"""
    ready, first = [], []
    for _ in range(5 if options.full else 3):
        with tempfile.TemporaryDirectory(prefix="alula-bench-") as home:
            begin = now()
            command = [sys.executable, "-m", "alula.cli", "up", "--home", home, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]
            process = subprocess.Popen(
                [*command, *options.server], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment()
            )
            found = READY.search(process.stdout.readline() if process.stdout else "")
            if found is None:
                raise SystemExit("the server did not start")
            connection = http.client.HTTPConnection(found.group(1))
            connection.request("GET", "/healthz")
            if connection.getresponse().status != 200:
                raise SystemExit("the server is not healthy")
            ready.append(now() - begin)
            bench = Bench(process, found.group(1), found.group(2), Path(home))
            bench.register(bench_module(), ["one", "inc"])
            bench.launch(f"{MODULE}.one")
            first.append(now() - begin)
            process.terminate()
            process.wait(20)
    return [
        Row("S2", "up → healthy", f"{statistics.median(ready):.2f} s", "≤ 0.6 s", statistics.median(ready) <= 0.6),
        Row(
            "S2", "up → first result, registering included", f"{statistics.median(first):.2f} s", "≤ 0.9 s", statistics.median(first) <= 0.9
        ),
    ]


def _latencies(bench: Bench, count: int) -> list[float]:
    found = []
    for _ in range(count):
        begin = now()
        bench.launch(f"{MODULE}.one")
        found.append((now() - begin) * 1e3)
    return sorted(found)


def s3(options: Options) -> list[Row]:
    """launch → result of a one-task run"""
    with server(*options.server) as bench:
        bench.register(bench_module(), ["one", "inc", "mapped", "total"])
        _latencies(bench, 50)
        cpu = bench.cpu_s()
        found = _latencies(bench, 300)
        cpu_ms = (bench.cpu_s() - cpu) * 1e3 / len(found)
        p50, p95 = found[len(found) // 2], found[int(len(found) * 0.95)]
        rows = [
            Row("S3", "one-task run, p50", f"{p50:.1f} ms", "≤ 4 ms", p50 <= 4, f"{cpu_ms:.1f} ms"),
            Row("S3", "one-task run, p95", f"{p95:.1f} ms", "≤ 10 ms", p95 <= 10),
        ]
        done = threading.Event()

        def flood() -> None:
            while not done.is_set():
                bench.launch(f"{MODULE}.mapped", int_inputs(xs=list(range(10_000))))

        thread = threading.Thread(target=flood)
        thread.start()
        time.sleep(0.5)  # the flood is under way
        busy = _latencies(bench, 60)
        done.set()
        thread.join()
        rows.append(Row("S3", "the same beside a fan-out of 10,000, p50", f"{busy[30]:.1f} ms", "≤ 20 ms", busy[30] <= 20))
    return rows


def _measure(bench: Bench, run: Callable[[], object], tasks: int, repeats: int = 3) -> tuple[float, float]:
    """Least wall and its CPU, seconds a task."""
    found = []
    for _ in range(repeats):
        cpu, begin = bench.cpu_s(), now()
        run()
        found.append(((now() - begin) / tasks, (bench.cpu_s() - cpu) / tasks))
    return min(found)


def s4(options: Options) -> list[Row]:
    """a chain of 200 tasks; as many called by an async task, and 2,000 at once"""
    with server(*options.server) as bench:
        bench.register(bench_module(), ["one", "inc", "chain_200", "awaits", "awaiting_200", "gathers", "gathering_2000"])
        _latencies(bench, 20)
        wall, cpu = _measure(bench, lambda: bench.launch(f"{MODULE}.chain_200"), 200, 5)
        rows = [Row("S4", "chain of 200", f"{wall * 1e3:.2f} ms a task", "≤ 1.2 ms", wall <= 0.0012, f"{cpu * 1e3:.2f} ms")]
        for name, count, what in (("awaiting", 200, "one after the other"), ("gathering", 2000, "at once")):
            wall, cpu = _measure(bench, lambda n=name, c=count: bench.launch(f"{MODULE}.{n}_{c}"), count)  # type: ignore[misc]
            rows.append(Row("S4", f"an async task's {count:,} calls, {what}", f"{wall * 1e3:.2f} ms a call", cpu=f"{cpu * 1e3:.2f} ms"))
    return rows


def s5(options: Options) -> list[Row]:
    """fan-outs, each task recorded durably, then a reduce; small runs"""
    rows = []
    floor = 3000 if options.database else 5000
    with server(*options.server) as bench:
        sizes = [500, 2000, 10_000]
        bench.register(bench_module(), ["one", "three", "inc", "total", "mapped", *(f"fan_{n}" for n in sizes)])
        _latencies(bench, 20)
        for size in sizes:
            wall, cpu = _measure(bench, lambda n=size: bench.launch(f"{MODULE}.fan_{n}"), size)  # type: ignore[misc]
            value = f"{1 / wall:,.0f} tasks/s"
            rows.append(Row("S5", f"static fan-out of {size:,}", value, f"≥ {floor:,}/s", 1 / wall >= floor, f"{cpu * 1e6:.0f} µs"))
        for size in sizes:
            inputs = int_inputs(xs=list(range(size)))
            wall, cpu = _measure(bench, lambda i=inputs: bench.launch(f"{MODULE}.mapped", i), size)  # type: ignore[misc]
            value = f"{1 / wall:,.0f} tasks/s"
            rows.append(Row("S5", f"map of {size:,}", value, f"≥ {floor:,}/s", 1 / wall >= floor, f"{cpu * 1e6:.0f} µs"))
        clients, each = 8, 60

        def client() -> None:
            for _ in range(each):
                bench.launch(f"{MODULE}.three")

        threads = [threading.Thread(target=client) for _ in range(clients)]
        cpu, begin = bench.cpu_s(), now()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = clients * each / (now() - begin)
        cpu_ms = (bench.cpu_s() - cpu) * 1e3 / clients / each
        rows.append(Row("S5", "3-task runs, 8 clients", f"{rate:.0f} runs/s", "≥ 500/s", rate >= 500, f"{cpu_ms:.1f} ms"))
        rows.append(Row("S5", "server memory after it", f"{bench.rss_mib():.0f} MiB"))
    return rows


def s8(options: Options) -> list[Row]:
    """a chain of 200 cache hits"""
    with server(*options.server) as bench:
        bench.register(bench_module(), ["inc_cached", "hits_200", "one", "inc"])
        bench.launch(f"{MODULE}.hits_200")
        wall, cpu = _measure(bench, lambda: bench.launch(f"{MODULE}.hits_200"), 200, 5)
    return [Row("S8", "cache hit in a chain of hits", f"{wall * 1e3:.3f} ms", "≤ 0.2 ms", wall <= 0.0002, f"{cpu * 1e6:.0f} µs")]


def s9(options: Options) -> list[Row]:
    """an unmodified flytekit task on a warm worker, beside our own and beside the container command"""
    from bench.flyte import container_command_s, register_chain

    with server(*options.server) as bench:
        bench.register(bench_module(), ["inc", "chain_50"])
        name = register_chain(bench, 50)
        bench.launch(f"{MODULE}.chain_50")
        bench.launch(name)
        ours, _ = _measure(bench, lambda: bench.launch(f"{MODULE}.chain_50"), 50)
        theirs, _ = _measure(bench, lambda: bench.launch(name), 50)
    command = container_command_s()
    over = (theirs - ours) * 1e3
    return [
        Row("S9", "flytekit task, over our own", f"{over:.1f} ms ({theirs * 1e3:.1f} against {ours * 1e3:.2f})", "≤ 10 ms", over <= 10),
        Row("S9", "container command / warm flytekit task", f"{command / theirs:.0f}× ({command:.2f} s)", "≥ 50×", command / theirs >= 50),
    ]


def s13(options: Options) -> list[Row]:
    """from a save to the first task's start, in 1,000 files of 10 MB"""
    from bench import edit

    rows = []
    for what, times in edit.measure(9 if options.full else 5).items():
        median = statistics.median(times)
        is_first = len(times) == 1  # all of it is sent
        value = f"{median:.2f} s" if is_first else f"{median:.2f} s (best {min(times):.2f})"
        rows.append(Row("S13", f"edit → running, {what}", value, "" if is_first else "≤ 1 s", None if is_first else median <= 1))
    return rows


def s14(options: Options) -> list[Row]:
    """looking for executions among 100,000 (with --full 1,000,000): every filter, alone and in pairs"""
    from bench import browse

    count = 1_000_000 if options.full else 100_000
    found = browse.measure(count, options.database)
    singles = len(browse.COLUMNS) + len(browse.FILTERS)
    shown = [*found[:singles], *found[singles : singles + 8]]
    rows = [
        Row(
            "S14",
            f"search {count:,}, {each.name}",
            f"p50 {each.p50_ms:.0f} ms, p99 {each.p99_ms:.0f} ms",
            "p99 ≤ 300 ms",
            each.p99_ms <= 300,
        )
        for each in shown
    ]
    slow = sum(each.p99_ms > 300 for each in found)
    return [*rows, Row("S14", f"of {len(found)} filters and pairs above 300 ms", f"{slow}", "0", slow == 0)]


def peers(options: Options) -> list[Row]:
    """peers that need no service: flytekit's local run, DBOS on SQLite"""
    if not options.full:
        return []
    from bench import peer

    return [Row("peer", what, value) for what, value in peer.measure()]


def floor(options: Options) -> list[Row]:
    """what the machine itself costs"""
    import sqlite3

    with tempfile.TemporaryDirectory(prefix="alula-bench-") as folder:
        connection = sqlite3.connect(Path(folder) / "x.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE t (x)")
        begin = now()
        for i in range(300):
            connection.execute("INSERT INTO t VALUES (?)", (i,))
        commit_ms = (now() - begin) * 1e3 / 300
        connection.close()
    load = os.getloadavg()[0]
    return [Row("floor", "SQLite commit with fsync", f"{commit_ms:.2f} ms"), Row("floor", "load average before", f"{load:.1f}")]


CASES: dict[str, Callable[[Options], list[Row]]] = {
    "floor": floor,
    "S1": s1,
    "S2": s2,
    "S3": s3,
    "S4": s4,
    "S5": s5,
    "S8": s8,
    "S9": s9,
    "S13": s13,
    "S14": s14,
    "peers": peers,
}
