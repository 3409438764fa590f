"""What a bench says of a program is what a real server with real workers says of it: phases, outputs, errors, nodes, attempts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.programs import building, driving, shapes
from tests.server.harness import LiveServer, literal, literals, plain

from alula.idl import admin, core
from alula.sdk.task import Task
from alula.testing import HANGS, Workbench, hang

START_END = ("start-node", "end-node")
CACHE = {core.CatalogCacheStatus.CACHE_HIT: "HIT", core.CatalogCacheStatus.CACHE_POPULATED: "POPULATED"}


@dataclass(frozen=True)
class Case:
    """A program, what it is given, and how the bench is told of what takes real time."""

    module: ModuleType
    name: str
    inputs: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    on_bench: dict[str, Any] = field(default_factory=dict)
    with_path: bool = False

    def __str__(self) -> str:
        return f"{self.module.__name__.rsplit('.', 1)[-1]}.{self.name}({', '.join(f'{k}={v}' for k, v in self.inputs.items())})"


@dataclass
class Facts:
    """What can be compared; node ids of single tasks and calls are the same on both."""

    phase: str
    outputs: dict[str, Any]
    code: str
    message: str
    nodes: dict[str, tuple[str, str]]
    attempts: dict[str, list[str]]


def notes_and_hangs(path: str) -> Any:
    driving.note(path, "endless")
    return HANGS


CASES = [
    *[Case(shapes, n, {"x": x}) for n in ("line", "diamond", "nested", "memo", "retried", "choose") for x in (1, 9)],
    *[Case(shapes, "each", {"xs": xs}) for xs in ([], [1, 2, 3])],
    *[Case(shapes, "most", {"xs": xs}) for xs in ([1, 2, 3], [2, 4, 6])],
    *[Case(shapes, n) for n in ("failing", "failing_clean", "half_failing", "parent", "failing_with_nul")],
    Case(shapes, "memo_once", {"x": 3}, with_path=True),
    Case(shapes, "too_slow", on_bench={"faults": [hang("slow")]}),
    *[Case(shapes, "approved", answers={"go": answer}) for answer in (True, False)],
    Case(shapes, "asked", answers={"how-many": 4}),
    *[Case(driving, "fan", {"n": n}) for n in (0, 5)],
    *[Case(driving, "catches", {"x": x}) for x in (1, 3)],
    *[Case(driving, n) for n in ("hears_of_strange", "forgets", "is_patient")],
    Case(driving, "calls_a_workflow", {"x": 3}),
    Case(driving, "calls_a_driver", {"n": 3}),
    Case(driving, "maps", {"xs": [1, 2, 3, 4, 5]}),
    Case(driving, "uses_the_cache", {"x": 4}),
    Case(driving, "mapped_fan", {"ns": [1, 2, 3]}),
    Case(driving, "asks", answers={"number": 3, "number-2": 4, "go": True}),
    *[
        Case(driving, n, with_path=True)
        for n in ("second_time", "wanders", "wanders_and_hides_it", "tries_again", "as_they_end", "by_chance")
    ],
    Case(driving, "fails_in_two_lives", with_path=True),
    Case(driving, "makes_a_caller_again", with_path=True),
    Case(driving, "asks_by_number", {"n": 2}, answers={"number-2": 4}),
    Case(driving, "asks_at_length", {"name": "é" * 3000}),
    Case(driving, "asks_then_calls", answers={"number": 3, "number-2": 4}),
    Case(driving, "driven", {"n": 10}, with_path=True),
    Case(driving, "holds_memory", {"n": 2}),
    Case(driving, "gives_up", with_path=True, on_bench={"faults": [hang("endless")]}),
    Case(driving, "leaves_one_running", with_path=True, on_bench={"mocks": {"endless": notes_and_hangs}}),
    *[Case(building, "flow", {"n": n}) for n in (0, 4)],
    *[Case(building, "flow_of_parts", {"n": n}) for n in (1, 2)],
    *[Case(building, n, {"n": 2}) for n in ("flow_of_nothing", "flow_of_nested", "flow_of_awaited", "flow_of_failure")],
    Case(building, "built"),
]


def test_no_program_is_left_out() -> None:
    """Left to tests of their own: `traced_once` gives a process id, `calls_unknown` needs a mock, others go by real time or kill their
    worker, one is called by another, and the error of `flow_of_asking` names the version."""
    from alula.sdk.discover import entities
    from alula.sdk.workflow import Workflow

    drivers = {e.label for e in entities(driving) if isinstance(e, Task) and e.is_async}
    drivers -= {"traced_once", "calls_unknown", "many", "asks_in_two_tasks", "cleans_up_after_its_end"}
    drivers -= {
        "follows_the_first",
        "decides_and_asks",
        "goes_by_its_clock",
        "asks_twice_at_once",
        "races",
        "gives_up_a_trace",
        "fails_first_then_finds",
    }
    flows = {e.label for module in (shapes, building) for e in entities(module) if isinstance(e, Workflow)}
    flows -= {"doubled_twice", "flow_of_asking"}
    assert (drivers | flows) <= {case.name for case in CASES}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("same") / "home").start()
    for module in (shapes, driving, building):
        live.register(module)
    yield live
    live.stop()


def _launch(server: LiveServer, entity: Any, inputs: dict[str, Any]) -> core.WorkflowExecutionIdentifier:
    kind = core.TASK if isinstance(entity, Task) else core.LAUNCH_PLAN
    target = core.Identifier(resource_type=kind, project="default", domain="development", name=entity.name, version="v1")
    spec = admin.ExecutionSpec(launch_plan=target)
    request = admin.ExecutionCreateRequest(project="default", domain="development", spec=spec, inputs=literals(**inputs))
    return server.admin.CreateExecution(request).id


def _answer(server: LiveServer, execution: core.WorkflowExecutionIdentifier, answers: dict[str, Any]) -> None:
    for name, value in answers.items():
        deadline = time.monotonic() + 30
        while True:
            listed = server.signal.ListSignals(admin.SignalListRequest(workflow_execution_id=execution, limit=100)).signals
            if any(signal.id.signal_id == name for signal in listed):
                break
            assert time.monotonic() < deadline, f"gate {name} did not open"
        identifier = core.SignalIdentifier(signal_id=name, execution_id=execution)
        server.signal.SetSignal(admin.SignalSetRequest(id=identifier, value=literal(value)))


def _on_server(server: LiveServer, case: Case, entity: Any, inputs: dict[str, Any]) -> Facts:
    execution = _launch(server, entity, inputs)
    _answer(server, execution, case.answers)
    final = server.wait(execution)
    error = final.closure.error
    nodes: dict[str, tuple[str, str]] = {}
    attempts: dict[str, list[str]] = {}

    def walk(parent: str) -> None:
        for node in server.nodes(execution, parent):
            name = node.id.node_id
            if node.metadata.spec_node_id not in START_END:
                phase = core.NodeExecution.Phase.Name(node.closure.phase)
                nodes[name] = (phase, CACHE.get(node.closure.task_node_metadata.cache_status, ""))
                found = [core.TaskExecution.Phase.Name(a.closure.phase) for a in server.attempts(node.id)]
                if found and not node.metadata.is_array:  # of a map the IDL shows one that stands for all items
                    attempts[name] = sorted(found)
                walk(name)

    walk("")
    phase = core.WorkflowExecution.Phase.Name(final.closure.phase)
    outputs = server.outputs(execution) if phase == "SUCCEEDED" else {}
    return Facts(phase, outputs, error.code, _headline(error.message), nodes, attempts)


def _headline(message: str) -> str:
    """Frames of user code are those of a worker's process or of this one."""
    return message.split("\n\n", 1)[0]


def _on_bench(case: Case, entity: Any, inputs: dict[str, Any]) -> Facts:
    with Workbench() as bench:
        result = bench.with_inputs(entity, inputs, answers=case.answers, **case.on_bench)
        run = result._plane.run
        outputs = {k: plain(v) for k, v in run.outputs.literals.items()} if run.outputs is not None else {}
        own = [node for node in result.nodes if node.execution == result.name]
        nodes = {n.id: (n.phase, n.cache if n.cache in CACHE.values() else "") for n in own}
        attempts = {n.id: sorted(a.phase for a in n.attempts) for n in own if n.attempts and n.attempts[0].item < 0}
        error = result.error
        return Facts(result.phase, outputs, error.code if error else "", _headline(error.message) if error else "", nodes, attempts)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bench_and_server_agree(case: Case, server: LiveServer, tmp_path: Path) -> None:
    entity = getattr(case.module, case.name)
    given: Callable[[str], dict[str, Any]] = lambda name: {"path": str(tmp_path / name)} if case.with_path else {}  # noqa: E731
    there = _on_server(server, case, entity, {**case.inputs, **given("server")})
    here = _on_bench(case, entity, {**case.inputs, **given("bench")})
    assert here == there
