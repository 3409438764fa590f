"""Peers that need no service, measured in the same run: flytekit's local execution, DBOS on SQLite, Prefect; and our own local runs.

Prefect is measured if `ALULA_BENCH_PREFECT` names an interpreter that has it: its dependencies and ours do not go together.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from bench.server import environment

FLYTEKIT = """
import json, time
from bench.flyte_chain import chain_50
chain_50(x=0)
begin = time.perf_counter()
for _ in range(4): chain_50(x=0)
print(json.dumps({"flytekit local run, chain": (time.perf_counter() - begin) / 200 * 1e3}))
"""

OURS = """
import json, sys, time
from bench.server import ROOT, bench_module
from pathlib import Path
from alula.client import connect
from alula.server.embedded import EmbeddedServer
from alula.testing import Workbench
programs = bench_module()
found = {}
with EmbeddedServer(Path(sys.argv[1]) / "home") as server, connect(server.grpc_address) as client:
    client.register(programs.chain_200, root=ROOT.parent)
    client.launch(programs.chain_200).wait()
    begin = time.perf_counter()
    client.launch(programs.chain_200).wait()
    found["Alula without a server, chain"] = (time.perf_counter() - begin) / 200 * 1e3
bench = Workbench()
bench.run(programs.chain_200)
begin = time.perf_counter()
bench.run(programs.chain_200)
found["Alula in a test, in memory, chain"] = (time.perf_counter() - begin) / 200 * 1e3
print(json.dumps(found))
"""

PREFECT = """
import json, time
from prefect import flow, task
@task
def inc(x): return x + 1
@flow
def chain():
    x = 0
    for _ in range(50): x = inc(x)
    return x
chain()
begin = time.perf_counter(); chain()
print(json.dumps({"Prefect in process, chain": (time.perf_counter() - begin) / 50 * 1e3}))
"""

DBOS = """
import json, os, time
from dbos import DBOS, DBOSConfig
url = "sqlite:///" + os.environ["BENCH_DB"]
DBOS(config={"name": "bench", "system_database_url": url, "run_admin_server": False, "log_level": "ERROR"})
@DBOS.step()
def inc(x: int) -> int: return x + 1
@DBOS.workflow()
def chain(x: int) -> int:
    for _ in range(200): x = inc(x)
    return x
@DBOS.workflow()
def one(x: int) -> int: return inc(x)
DBOS.launch()
chain(0)
begin = time.perf_counter(); chain(0); per_step = (time.perf_counter() - begin) / 200 * 1e3
times = []
for _ in range(60):
    begin = time.perf_counter(); one(1); times.append((time.perf_counter() - begin) * 1e3)
print(json.dumps({"DBOS on SQLite, chain": per_step, "DBOS on SQLite, one-step run p50": sorted(times)[30]}))
DBOS.destroy()
"""


def measure() -> list[tuple[str, str]]:
    """What, and milliseconds."""
    found: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="alula-bench-") as folder:
        prefect = os.environ.get("ALULA_BENCH_PREFECT", "")
        for python, code in ((sys.executable, OURS), (sys.executable, FLYTEKIT), (sys.executable, DBOS), (prefect, PREFECT)):
            if not python:
                continue
            env = {**environment(), "BENCH_DB": os.path.join(folder, "dbos.sqlite"), "PREFECT_HOME": folder}  # noqa: PTH118
            if python == prefect:
                env["PYTHONPATH"] = ""
            done = subprocess.run(
                [python, "-c", code, folder], capture_output=True, text=True, env=env, check=False, cwd=folder, timeout=300
            )
            lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
            if done.returncode or not lines:
                found.append((code.strip().splitlines()[1], f"failed: {done.stderr.strip().splitlines()[-1:]}"))
                continue
            found += [(what, f"{value:.2f} ms a task") for what, value in json.loads(lines[-1]).items()]
    return found
