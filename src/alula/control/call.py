"""Calls of running tasks: from what a worker says to a node's spec, and from the engine's answer back to the worker."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError
from sqlalchemy import Connection

from alula.compiler.launch_plan import resolve_inputs
from alula.compiler.nodes import signal_problem
from alula.control.clock import Clock
from alula.control.library import Library
from alula.database.engine import Database
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.graph import NodeSpec, Origin, index_call
from alula.engine.state import Run
from alula.errors import AlulaError, Internal, InvalidInput
from alula.executors.base import Executor, Work, WorkKey, failure_of
from alula.idl import core
from alula.idl.digest import digest_inputs
from alula.idl.identifier import TASK, EntityId
from alula.idl.v1 import worker_pb2

log = logging.getLogger(__name__)
Post = Callable[[int, ev.Event], None]


class Calls:
    """Takes the calls of running tasks into the engine, and its answers out."""

    def __init__(self, *, post: Post, executor: Executor, library: Library, database: Database, clock: Clock) -> None:
        self._post = post
        self._executor = executor
        self._library = library
        self._database = database
        self._clock = clock
        self._tails: dict[WorkKey, asyncio.Task[None]] = {}  # the last call of an attempt that is still being looked up

    def on_called(self, work: Work, call: worker_pb2.Call) -> None:
        """A worker says that its task calls something; calls of one attempt are taken in the order in which they were made."""
        before = self._tails.get(work.key)
        task = asyncio.get_running_loop().create_task(self._take_after(before, work, call))
        self._tails[work.key] = task
        task.add_done_callback(lambda done: self._tails.pop(work.key, None) if self._tails.get(work.key) is done else None)

    async def _take_after(self, before: asyncio.Task[None] | None, work: Work, call: worker_pb2.Call) -> None:
        if before is not None:
            await asyncio.wait([before])
        k = work.key
        if call.is_cancelled:
            self._post(k.execution, cancel_event(k, call, self._clock()))
            return
        try:
            event = await self._event(work, call)
        except AlulaError as e:
            self._executor.answer(k, worker_pb2.Answer(key=call.key, code=e.code, message=f"{call.place}: {e.message}", kind=e.kind))
        except Exception as e:
            log.exception("attempt %s: its call %s cannot be taken", k, call.key)
            message = f"a defect of the server ({type(e).__name__}: {e}); its log has the trace"
            self._executor.answer(k, worker_pb2.Answer(key=call.key, code="Internal", message=message, kind="SYSTEM"))
        else:
            self._post(k.execution, event)

    async def _event(self, work: Work, call: worker_pb2.Call) -> ev.Event:
        spec = await self._database.aread(lambda c: call_spec(c, self._library, work.key, call))
        return call_event(work.key, call, spec, self._clock())

    def answer(self, run: Run, effect: fx.AnswerCall) -> None:
        """Hands an answer to the attempt that waits for it."""
        self._executor.answer(WorkKey(run.key, effect.node_id, effect.item, effect.attempt), answer_of(effect))


def answer_of(effect: fx.AnswerCall) -> worker_pb2.Answer:
    """An answer as the attempt hears it."""
    answer = worker_pb2.Answer(key=effect.key, order=effect.order, is_pending=effect.is_pending, is_given_up=effect.is_given_up)
    answer.clock_s = effect.clock_s
    if effect.failure is not None:
        answer.code, answer.message, answer.kind = effect.failure.code, effect.failure.message, effect.failure.kind
    elif effect.outputs is not None:
        answer.has_outputs, answer.outputs = True, effect.outputs.SerializeToString()
    return answer


def call_spec(connection: Connection, library: Library, key: WorkKey, call: worker_pb2.Call) -> NodeSpec:
    """The node that a call of an attempt becomes, its inputs checked against what it calls.

    Raises:
        NotFound: the task or launch plan is not registered.
        InvalidInput: an input is missing, unknown or of another type.
    """
    try:
        node, inputs = core.Node.FromString(call.node), core.LiteralMap.FromString(call.inputs)
    except DecodeError as e:
        raise InvalidInput(f"a call that is no message: {e}") from e
    node.id = call.key
    origin = Origin(
        item=key.item,
        key=call.key,
        digest=call_digest(node, inputs),
        place=call.place,
        after=int(call.after),
        clock_s=call.clock_s,
    )
    return _spec(connection, library, node, origin, inputs)


def call_event(key: WorkKey, call: worker_pb2.Call, spec: NodeSpec, at: int) -> ev.Event:
    """What the engine hears of a call: that it was made, or what a traced function gave."""
    if not call.is_traced:
        return ev.CallMade(at, key.node_id, key.item, key.attempt, spec, call.is_replay, _given(call))
    failure = failure_of(call.error) if call.error else None
    outputs = None if call.error else core.LiteralMap.FromString(call.outputs)
    return ev.ResultTraced(at, key.node_id, key.item, key.attempt, spec, int(call.started_at_us), outputs, failure, _given(call))


def cancel_event(key: WorkKey, call: worker_pb2.Call, at: int) -> ev.CallCancelled:
    """What the engine hears of a call that was given up."""
    return ev.CallCancelled(at, key.node_id, key.item, key.attempt, call.key, int(call.after), call.clock_s, _given(call))


def _given(call: worker_pb2.Call) -> ev.Given:
    return tuple((int(one.order), one.clock_s) for one in call.given)


def call_digest(node: core.Node, inputs: core.LiteralMap) -> bytes:
    """What is called with which inputs, whatever the node is called and however it is to be run."""
    target = node.WhichOneof("target")
    if target == "task_node":
        what = node.task_node.reference_id.SerializeToString(deterministic=True)
    elif target is None:
        what = node.metadata.name.encode()
    else:
        what = getattr(node, target).SerializeToString(deterministic=True)
    return hashlib.sha256(b"%s\0%d:%b%b" % ((target or "trace").encode(), len(what), what, digest_inputs(inputs))).digest()


def _spec(connection: Connection, library: Library, node: core.Node, origin: Origin, inputs: core.LiteralMap) -> NodeSpec:
    target = node.WhichOneof("target")
    if target == "task_node":
        template = library.task(connection, EntityId.from_proto(node.task_node.reference_id)._replace(resource_type=TASK))
        expected = core.ParameterMap()
        for name, variable in template.interface.inputs.variables.items():
            expected.parameters[name].CopyFrom(core.Parameter(var=variable, required=not _is_optional(variable.type)))
        return index_call(node, origin, resolve_inputs(expected, core.LiteralMap(), inputs), task=template)
    if target == "workflow_node":
        plan = library.launch_plan(connection, EntityId.from_proto(node.workflow_node.launchplan_ref))
        resolve_inputs(plan.closure.expected_inputs, plan.spec.fixed_inputs, inputs)
        outputs = tuple(sorted(plan.closure.expected_outputs.variables))
        return index_call(node, origin, inputs, plan_outputs=outputs)
    if target not in (None, "gate_node"):
        raise Internal(f"a task calls tasks, launch plans and gates, not a {target}")
    if target == "gate_node" and not node.gate_node.HasField("sleep"):
        _check_gate(node.gate_node)
    return index_call(node, origin, inputs)


def _check_gate(gate: core.GateNode) -> None:
    problem = signal_problem((gate.approve if gate.HasField("approve") else gate.signal).signal_id, "gate")
    if problem is not None:
        raise InvalidInput(str(problem))


def _is_optional(type_: core.LiteralType) -> bool:
    return any(v.WhichOneof("type") == "simple" and v.simple == core.SimpleType.NONE for v in type_.union_type.variants)


def recorded_spec(connection: Connection, library: Library, row: Any) -> NodeSpec:
    """The spec of a call from its row; its inputs are in its node's."""
    node = core.Node.FromString(row.node)
    origin = Origin(
        item=row.item,
        key=row.call_key,
        digest=row.digest,
        place=row.place,
        generation=row.generation,
        after=row.after,
        clock_s=row.clock_s,
    )
    target = node.WhichOneof("target")
    task = library.task(connection, EntityId.from_proto(node.task_node.reference_id)) if target == "task_node" else None
    outputs: tuple[str, ...] = ()
    if target == "workflow_node":
        plan = library.plan_interface(connection, EntityId.from_proto(node.workflow_node.launchplan_ref))
        outputs = tuple(sorted(plan.expected_outputs.variables))
    spec = index_call(node, origin, core.LiteralMap(), task=task, plan_outputs=outputs)
    spec.id = origin.node_id
    return spec


def compiled(owner: core.Identifier, rows: list[Any], tasks: list[core.CompiledTask]) -> core.CompiledWorkflowClosure:
    """What a running task has called so far as a graph, for clients that expect one: every call hangs between start and end."""
    closure = core.CompiledWorkflowClosure()
    template = closure.primary.template
    template.id.CopyFrom(owner)
    template.id.resource_type = core.WORKFLOW
    template.nodes.add(id="start-node")
    template.nodes.add(id="end-node")
    connections = closure.primary.connections
    for row in rows:
        node = template.nodes.add()
        node.ParseFromString(row.node)
        node.id = Origin(item=row.item, key=row.call_key, digest=b"", place="", generation=row.generation).node_id
        if node.WhichOneof("target") is None:  # Flyte's words have none for a traced function; a value from outside comes nearest
            node.gate_node.signal.signal_id = node.id
            node.gate_node.signal.type.simple = core.SimpleType.NONE
            node.gate_node.signal.output_variable_name = "o0"
        connections.downstream["start-node"].ids.append(node.id)
        connections.upstream[node.id].ids.append("start-node")
        connections.downstream[node.id].ids.append("end-node")
        connections.upstream["end-node"].ids.append(node.id)
    closure.tasks.extend(tasks)
    return closure
