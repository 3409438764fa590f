from __future__ import annotations

import re
import socket
import threading
import traceback
from pathlib import Path
from typing import Any

import grpc
import pytest
from tests.client.server_double import Double

import alula as al
from alula import errors
from alula.client import connect, connect_async
from alula.client.sync import Client
from alula.errors import AlreadyExists, ExecutionFailed, InvalidInput, NotFound, Unavailable, WaitTimeout
from alula.idl import admin, core
from alula.idl.literal import parse_text
from alula.idl.phase import ExecutionPhase, NodePhase
from alula.objectstore import store
from alula.objectstore.assemble import assemble
from alula.sdk.discover import load_file

INT = core.LiteralType(simple=core.SimpleType.INTEGER)


def integer(value: int) -> core.Literal:
    return parse_text(str(value), INT)


def summing(request: admin.ExecutionCreateRequest) -> core.LiteralMap:
    total = sum(literal.scalar.primitive.integer for literal in request.inputs.literals.values())
    return core.LiteralMap(literals={"o0": integer(total)})


@pytest.fixture
def module(program: Path) -> Any:
    return load_file(program)


def test_register_sends_the_bundle_once(client: Client, double: Double, module: Any, program: Path, tmp_path: Path) -> None:
    first = client.register(module.twice, module.add)
    second = client.register(module.twice)
    assert first.version == second.version
    assert first.version.startswith("v") and len(first.version) == 13
    assert (first.is_sent, second.is_sent, len(double.puts)) == (True, False, 1)
    assert {entry.name.rpartition(".")[2]: is_new for entry, is_new in first.entries} == {"add": True, "twice": True}
    assert not any(is_new for _, is_new in second.entries)
    assert first.bundle in double.registered[0].tasks[0].spec.template.container.args
    folder = assemble(first.bundle, store.get_bytes, tmp_path / "into")
    assert (folder / program.name).read_text() == program.read_text()


def test_launch_registers_waits_and_types_the_outputs(client: Client, double: Double, module: Any) -> None:
    double.outcome = summing
    execution = client.launch(module.twice, a=3).wait()
    assert execution.phase is ExecutionPhase.SUCCEEDED
    assert execution.outputs == 3
    assert client.launch(module.add, a=3).wait("20s").outputs == 5  # a task's defaults go with the launch
    assert len(double.puts) == 1
    kinds = [request.spec.launch_plan.resource_type for request in double.requests.values()]
    assert kinds == [core.LAUNCH_PLAN, core.TASK]


def test_options_go_with_the_launch(client: Client, double: Double, module: Any) -> None:
    options = {
        "name": "mine",
        "labels": {"a": "b"},
        "env": {"K": "v"},
        "max_parallelism": 3,
        "overwrite_cache": True,
        "interruptible": False,
    }
    client.launch.with_options(version="v7", **options)(module.twice, a=1).wait()
    spec = double.requests["mine"].spec
    assert (spec.launch_plan.version, dict(spec.labels.values), spec.max_parallelism, spec.overwrite_cache) == ("v7", {"a": "b"}, 3, True)
    assert (spec.envs.values[0].key, spec.interruptible.value, spec.HasField("interruptible")) == ("K", False, True)
    with pytest.raises(AlreadyExists, match="mine"):
        client.launch.with_options(name="mine", version="v7")(module.twice, a=1)
    with pytest.raises(InvalidInput, match=r"'label'.*there are name, version, labels"):
        client.launch.with_options(label="x")


def test_launch_by_name_uses_the_newest_version_and_plain_values(client: Client, double: Double, module: Any) -> None:
    double.outcome = summing
    name = module.twice.name
    client.register(module.twice, version="v1")
    client.register(module.twice, version="v2")
    assert client.launch(name, a=3).wait().outputs == 3
    assert [request.spec.launch_plan.version for request in double.requests.values()] == ["v2"]
    assert client.launch(f"{name}:v1", a=3, b=4).wait().outputs == 7
    assert client.launch(module.add.name, a=3, b=4).wait().outputs == 7
    with pytest.raises(InvalidInput, match=r"a \(int\) missing; the inputs are a, b"):
        client.launch(name, b=1)
    with pytest.raises(InvalidInput, match=r"'c': there is no such input; the inputs are a, b"):
        client.launch(name, a=1, c=1)
    with pytest.raises(InvalidInput, match="input 'a': expected int"):
        client.launch(name, a="x")
    with pytest.raises(NotFound, match="no launch plan, workflow or task of that name in flytesnacks/development"):
        client.launch("nothing", a=1)


def test_wrong_inputs_of_an_entity_are_named(client: Client, module: Any) -> None:
    with pytest.raises(InvalidInput, match=r"a missing; the inputs are a, b"):
        client.launch(module.twice)
    with pytest.raises(InvalidInput, match="no such input"):
        client.launch(module.twice, a=1, x=2)
    with pytest.raises(InvalidInput, match="input 'a': expected int"):
        client.launch(module.twice, a="x")
    with pytest.raises(InvalidInput, match=r"launch: \[1.0\] has no name; give inputs by name, as in a=\[1.0\]; it has a, b"):
        client.launch(module.twice, [1.0])
    with pytest.raises(InvalidInput, match="give inputs by name, as in NAME=1"):
        client.launch("twice", 1)
    with pytest.raises(InvalidInput, match="expected a task, workflow, launch plan or a name, got int"):
        client.launch(5)


def test_files_are_sent_and_several_outputs_are_a_named_tuple(client: Client, double: Double, module: Any, tmp_path: Path) -> None:
    from alula.types.value import File

    (tmp_path / "data.csv").write_text("a,b")
    double.outcome = lambda request: core.LiteralMap(
        literals={"words": parse_text("hi", core.LiteralType(simple=core.SimpleType.STRING)), "total": integer(4)}
    )
    execution = client.launch(module.both, file=File(tmp_path / "data.csv")).wait()
    uri = double.requests[execution.name].inputs.literals["file"].scalar.blob.uri
    assert store.get_bytes(uri) == b"a,b"
    assert (execution.outputs.total, execution.outputs.words, type(execution.outputs).__name__) == (4, "hi", "Both")
    assert client.execution(execution.name).outputs == ("hi", 4) or client.execution(execution.name).outputs.total == 4


def test_failure_carries_the_cause(client: Client, double: Double, module: Any) -> None:
    double.outcome = lambda request: core.ExecutionError(code="USER:ValueError", message="ValueError: no such column")
    execution = client.launch(module.twice, a=1)
    with pytest.raises(ExecutionFailed, match="no such column") as caught:
        execution.wait()
    assert (caught.value.code, caught.value.phase, caught.value.execution) == ("USER:ValueError", "FAILED", execution.name)
    assert execution.wait(check=False).phase is ExecutionPhase.FAILED
    assert execution.phase == "FAILED" and execution.error == "ValueError: no such column"
    with pytest.raises(ExecutionFailed):
        _ = execution.outputs


def test_wait_ends_at_its_timeout_and_the_execution_goes_on(client: Client, double: Double, module: Any) -> None:
    double.gate.clear()
    execution = client.launch(module.twice, a=1)
    with pytest.raises(WaitTimeout, match=r"still running after 0\.05 s"):
        execution.wait(0.05)
    with pytest.raises(WaitTimeout, match="no outputs yet"):
        _ = execution.outputs
    assert execution.phase is ExecutionPhase.RUNNING
    double.gate.set()
    assert execution.wait(20).phase is ExecutionPhase.SUCCEEDED


def test_abort_relaunch_recover(client: Client, double: Double, module: Any) -> None:
    double.gate.clear()
    execution = client.launch(module.twice, a=1)
    execution.abort("changed my mind")
    with pytest.raises(ExecutionFailed, match="ended ABORTED: changed my mind"):
        execution.wait()
    with pytest.raises(errors.FailedPrecondition, match="has ended"):
        client.execution(execution.name).abort()
    assert execution.relaunch("again").wait(20).name == "again"
    assert execution.recover("more").wait(20).name == "more"


def node(name: str, parent: str = "", *, is_parent: bool = False, phase: int = 3) -> admin.NodeExecution:
    made = admin.NodeExecution(id=core.NodeExecutionIdentifier(node_id=name))
    made.closure.phase = phase  # type: ignore[assignment]
    made.metadata.is_parent_node, made.metadata.retry_group = is_parent, parent
    made.metadata.spec_node_id = name.rpartition("-")[2]
    return made


def test_nodes_of_all_pages_and_levels(client: Client, double: Double, module: Any) -> None:
    double.nodes = [node("n0"), node("n1", is_parent=True), node("n1-0-n0", "n1"), node("n2"), node("n3", phase=5), node("n4")]
    views = client.launch(module.twice, a=1).wait().nodes
    assert [(view.id, view.parent) for view in views] == [("n0", ""), ("n1", ""), ("n1-0-n0", "n1"), ("n2", ""), ("n3", ""), ("n4", "")]
    assert (views[2].name, views[4].phase) == ("n0", NodePhase.FAILED)


def test_logs_of_the_last_attempt_keep_characters_whole(client: Client, double: Double, module: Any) -> None:
    double.nodes = [node("start-node"), node("n0")]
    double.logs = {"n0": [b"first attempt", "größer 😀\n".encode()]}
    execution = client.launch(module.twice, a=1).wait()
    pieces = list(execution.logs())
    assert "".join(pieces) == "größer 😀\n"
    assert "\ufffd" not in "".join(pieces)
    double.nodes.append(node("n1"))
    double.logs["n1"] = [b"x"]
    assert "".join(execution.logs("n1")) == "x"
    with pytest.raises(InvalidInput, match="ran several tasks; name one of the nodes n0, n1"):
        list(execution.logs())
    with pytest.raises(NotFound, match=r'it has no node "n9"; it has n0 \(add\), n1 \(add\)'):
        list(execution.logs("n9"))


def test_a_followed_log_has_no_gap_where_the_server_was_away(client: Client, double: Double, module: Any) -> None:
    double.nodes = [node("n0")]
    double.logs = {"n0": ["größer 😀\n".encode()]}
    execution = client.launch(module.twice, a=1).wait()
    double.log_breaks = [0, 3, 9]
    assert "".join(execution.logs(follow=True)) == "größer 😀\n"
    assert double.log_breaks == []
    double.log_breaks = [3]
    with pytest.raises(Unavailable):
        list(execution.logs())


def test_lists(client: Client, double: Double, module: Any) -> None:
    client.launch(module.twice, a=1).wait()
    assert len(client.executions(limit=5).executions) == 1
    assert [task.id.name for task in client.tasks().tasks] == [module.add.name]
    assert [each.id.name for each in client.workflows().workflows] == [module.twice.name]
    assert [project.id for project in client.projects()] == ["flytesnacks"]
    assert client.status().workers == 2
    with pytest.raises(InvalidInput, match="nosuch"):
        client.executions(filters="eq(nosuch,1)")


def test_errors_of_the_server_keep_class_and_code(client: Client) -> None:
    with pytest.raises(NotFound) as caught:
        client.execution("none")
    assert caught.value.code == "EXECUTION_NOT_FOUND"
    with pytest.raises(NotFound, match="execution none"):
        client.execution("p/d/none")
    with pytest.raises(InvalidInput, match="project/domain/name"):
        client.execution("a/b")


def _closed_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


def test_no_server_says_what_to_do() -> None:
    address = _closed_address()
    with connect(address) as client, pytest.raises(Unavailable, match=rf"answers at {address} .*start one with `alula up`") as raised:
        client.executions()
    assert str(raised.value).count(address) == 1 and "UNKNOWN" not in str(raised.value)


def _shown(error: BaseException) -> tuple[list[str], str]:
    """What Python prints of an error: the names of files, and the whole of it."""
    text = "".join(traceback.format_exception(error))
    return [Path(name).name for name in re.findall(r'File "([^"]+)"', text)], text


def test_an_error_shows_the_users_line_and_the_sentence(client: Client, double: Double, module: Any) -> None:
    double.gate.clear()
    with connect(_closed_address()) as away, pytest.raises(Unavailable) as none_there:
        away.launch(module.twice, a=1)
    with pytest.raises(NotFound) as missing:
        client.execution("nothing")
    with pytest.raises(WaitTimeout) as late:
        client.launch(module.twice, a=1).wait("0.05s")
    with pytest.raises(InvalidInput) as wrong:
        client.launch(module.twice, a="x")
    double.gate.set()
    for raised in (none_there, missing, late, wrong):
        files, text = _shown(raised.value)
        assert files == ["test_client.py", "sync.py"], text
        assert "grpc" not in text and raised.value.message in text
    assert isinstance(none_there.value.__context__, grpc.RpcError), "the cause is there for who looks"


def test_lines_of_the_user_in_between_stay(client: Client, module: Any) -> None:
    @al.workflow
    def wrong(a: int) -> int:
        return module.twice(b=a)

    with pytest.raises(InvalidInput) as raised:
        client.register(wrong)
    assert _shown(raised.value)[0] == ["test_client.py", "sync.py", "test_client.py"]


def test_the_whole_trace_is_there_when_asked_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALULA_DEBUG", "1")
    with pytest.raises(NotFound) as raised:
        client.execution("nothing")
    files, text = _shown(raised.value)
    assert {"wire.py", "channel.py", "_channel.py"} <= set(files) and "direct cause" in text
    assert isinstance(raised.value.__cause__, grpc.RpcError)


async def test_in_a_loop_the_words_of_grpc_are_not_shown(double: Double) -> None:
    async with connect_async(double.address) as client:
        with pytest.raises(NotFound) as raised:
            await client.execution("nothing")
    text = _shown(raised.value)[1]
    assert "RpcError of RPC" not in text and isinstance(raised.value.__context__, grpc.RpcError)


def test_rpc_that_the_server_lacks_is_unsupported(client: Client, double: Double, module: Any) -> None:
    with pytest.raises(errors.Unsupported):
        client.launch(module.twice, a=1).wait().signal("x", True)


async def test_the_same_in_a_loop(double: Double, module: Any) -> None:
    double.outcome = summing
    async with connect_async(double.address) as client:
        execution = await (await client.launch(module.twice, a=3)).wait()
        assert await execution.outputs() == 3
        double.gate.clear()
        execution = await client.launch(module.twice, a=4)
        threading.Timer(0.05, double.gate.set).start()
        assert await (await execution.wait(20)).phase() is ExecutionPhase.SUCCEEDED
        with pytest.raises(NotFound):
            await client.execution("none")


async def test_blocking_client_works_inside_a_running_loop(client: Client, double: Double, module: Any) -> None:
    double.outcome = summing
    assert client.launch(module.twice, a=3).wait().outputs == 3
