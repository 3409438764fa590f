"""Real processes, killed for real."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.programs import driving, side_effects, telling
from tests.server.harness import LiveServer

from alula.idl import admin, core
from alula.idl.v1 import metric_pb2, metric_pb2_grpc, service_pb2

PROGRAM = "tests.programs.side_effects"
DRIVING = "tests.programs.driving"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "home").start()
    live.register(side_effects)
    yield live
    live.stop()


def lines(path: Path) -> list[str]:
    return path.read_text().split("\n")[:-1] if path.exists() else []


def wait_for(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    """Looks again and again: what is waited for is another process's doing and has no signal of its own."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        os.sched_yield()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):  # it may go between the two
        return False


@pytest.mark.slow
def test_a_killed_server_finishes_two_hundred_tasks_without_repeating_acknowledged_ones(server: LiveServer, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    execution = server.launch(f"{PROGRAM}.two_hundred", path=str(effects))
    acknowledged: dict[str, int] = {}  # how often a task had run when its success was first seen
    for kill_at in (30, 90, 150):
        wait_for(lambda at=kill_at: len(set(lines(effects))) >= at)  # type: ignore[misc]
        done = [n for n in server.nodes(execution) if n.closure.phase == core.NodeExecution.SUCCEEDED]
        ran = Counter(lines(effects))
        for number in (n.id.node_id[1:] for n in done if n.id.node_id.startswith("n")):
            acknowledged.setdefault(number, ran[number])
        server.kill()
        server.start()
    assert len(acknowledged) > 100
    final = server.wait(execution)
    assert final.closure.phase == core.WorkflowExecution.SUCCEEDED, final.closure.error.message
    assert server.outputs(execution) == {"o0": sum(n * 3 for n in range(200))}
    ran = Counter(lines(effects))
    assert set(ran) == {str(n) for n in range(200)}
    assert {n: ran[n] for n in acknowledged} == acknowledged, "an acknowledged task ran again"


def test_a_killed_server_picks_up_a_map(server: LiveServer, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    execution = server.launch(f"{PROGRAM}.mapped", path=str(effects), ns=list(range(60)))
    wait_for(lambda: len(lines(effects)) >= 20)
    server.kill()
    server.start()
    assert server.wait(execution).closure.phase == core.WorkflowExecution.SUCCEEDED
    assert server.outputs(execution) == {"o0": sum(n * 3 for n in range(60))}


def test_a_killed_worker_costs_a_system_retry_and_none_of_the_users(server: LiveServer, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    execution = server.launch(f"{PROGRAM}.survives", path=str(effects))
    wait_for(lambda: len(lines(effects)) >= 1)
    killed_at = time.monotonic()
    os.kill(int(lines(effects)[0].split()[1]), signal.SIGKILL)
    final = server.wait(execution)
    assert time.monotonic() - killed_at < 5, "the death of a worker must be noticed at once"
    assert final.closure.phase == core.WorkflowExecution.SUCCEEDED, final.closure.error.message
    node = next(n for n in server.nodes(execution) if n.id.node_id == "n0")
    first, second = server.attempts(node.id)
    assert first.closure.phase == core.TaskExecution.FAILED
    assert (first.closure.error.code, first.closure.error.kind) == ("WorkerLost", core.ExecutionError.SYSTEM)
    assert second.closure.phase == core.TaskExecution.SUCCEEDED


def test_a_removed_log_folder_is_made_again(server: LiveServer, tmp_path: Path) -> None:
    """Also when everything that had a file open there is gone."""
    effects = tmp_path / "effects"
    execution = server.launch(f"{PROGRAM}.survives", path=str(effects))
    wait_for(lambda: len(lines(effects)) >= 1)
    worker = int(lines(effects)[0].split()[1])
    zygote = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
    shutil.rmtree(server.home / "logs")
    os.kill(zygote, signal.SIGKILL)
    final = server.wait(execution)
    assert final.closure.phase == core.WorkflowExecution.SUCCEEDED, final.closure.error.message


def test_a_memory_hog_is_named(server: LiveServer) -> None:
    final = server.wait(server.launch(f"{PROGRAM}.hogging"))
    assert final.closure.phase == core.WorkflowExecution.FAILED
    assert "OOM" in final.closure.error.code
    assert "200 MiB" in final.closure.error.message


def test_an_abort_leaves_no_process(server: LiveServer, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    execution = server.launch(f"{PROGRAM}.lingering_tree", path=str(effects))
    wait_for(lambda: len(lines(effects)) >= 2)
    pids = [int(line.split()[1]) for line in lines(effects)]
    from alula.idl import admin

    server.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=execution, cause="enough"))
    wait_for(lambda: not any(is_alive(p) for p in pids), timeout_s=2)
    final = server.wait(execution)
    assert final.closure.phase == core.WorkflowExecution.ABORTED
    assert final.closure.abort_metadata.cause == "enough"


def test_a_killed_server_leaves_no_process(server: LiveServer, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    server.launch(f"{PROGRAM}.lingering_tree", path=str(effects))
    wait_for(lambda: len(lines(effects)) >= 2)
    pids = [int(line.split()[1]) for line in lines(effects)]
    server.kill()
    wait_for(lambda: not any(is_alive(p) for p in pids), timeout_s=5)


def test_sigterm_drains_and_the_home_is_free_again(server: LiveServer) -> None:
    assert server.stop() == 0
    server.start()
    assert server.nodes  # answers again


@pytest.mark.slow
def test_an_async_task_killed_ten_times_runs_every_child_once(server: LiveServer, tmp_path: Path) -> None:
    server.register(driving)
    path, chance = tmp_path / "effects", random.Random(20)
    execution = server.launch(f"{DRIVING}.driven", path=str(path), n=50)
    for kill_at in sorted(chance.sample(range(50), 10)):
        wait_for(lambda at=kill_at: sum(line.startswith("child") for line in lines(path)) >= at)  # type: ignore[misc]
        wait_for(lambda: is_alive(_last_driver(path)) or _is_over(server, execution))
        with contextlib.suppress(ProcessLookupError):
            os.kill(_last_driver(path), signal.SIGKILL)
    final = server.wait(execution)
    assert final.closure.phase == core.WorkflowExecution.SUCCEEDED, final.closure.error.message
    assert server.outputs(execution) == {"o0": sum(3 * n for n in range(50))}
    ran = Counter(line for line in lines(path) if line.startswith("child"))
    assert ran == {f"child {n}": 1 for n in range(50)}
    assert len({line for line in lines(path) if line.startswith("driver")}) >= 6, "the kills must have met it"


def _last_driver(path: Path) -> int:
    return int([line for line in lines(path) if line.startswith("driver")][-1].split()[1])


def _is_over(server: LiveServer, execution: core.WorkflowExecutionIdentifier) -> bool:
    return server.admin.GetExecution(admin.WorkflowExecutionGetRequest(id=execution)).closure.phase != core.WorkflowExecution.RUNNING


def test_a_training_loop_goes_on_where_its_killed_attempts_stood(server: LiveServer, tmp_path: Path) -> None:
    """The first attempt is killed after three epochs, the second before it saved anything: the third finds the first's."""
    server.register(telling)
    execution = server.launch("tests.programs.telling.resuming", folder=str(tmp_path), epochs=6)
    for attempt in (0, 1):
        pid = tmp_path / f"pid-{attempt}"
        wait_for(lambda pid=pid: pid.exists() and bool(pid.read_text()))  # type: ignore[misc]
        os.kill(int(pid.read_text()), signal.SIGKILL)
    final = server.wait(execution)
    assert final.closure.phase == core.WorkflowExecution.SUCCEEDED, final.closure.error.message
    assert server.outputs(execution) == {"o0": [3, 4, 5]}


def test_metrics_of_a_result_on_record_outlive_the_server(server: LiveServer) -> None:
    server.register(telling)
    execution = server.launch("tests.programs.telling.flooding", points=2000)
    for update in server.run.Watch(service_pb2.WatchRequest(id=execution, nodes=True), timeout=60):
        if any(n.id.node_id == "n0" and n.closure.phase == core.NodeExecution.SUCCEEDED for n in update.nodes):
            server.kill()  # the moment the success is known
            break
    server.start()
    stub = metric_pb2_grpc.MetricServiceStub(server.channel)
    node = core.NodeExecutionIdentifier(node_id="n0", execution_id=execution)
    (series,) = stub.GetSeries(metric_pb2.GetSeriesRequest(id=node)).series
    assert list(series.values) == [n * 0.5 for n in range(2000)]
    assert len(server.attempts(node)) == 1, "it was not run again"


def test_what_a_worker_said_before_it_crashed_is_kept(server: LiveServer) -> None:
    server.register(telling)
    execution = server.launch("tests.programs.telling.crashing")
    assert server.wait(execution).closure.phase == core.WorkflowExecution.FAILED
    (attempt,) = metric_pb2_grpc.MetricServiceStub(server.channel).ListMetrics(metric_pb2.ListMetricsRequest(id=execution)).attempts
    assert [(m.name, m.points) for m in attempt.metrics] == [("sent", 1)]
