"""The gates of an execution: those that wait for an answer, and who answered the others."""

from __future__ import annotations

from typing import Any

from alula.client import rpc, value
from alula.client.wire import Wire
from alula.errors import NotFound
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import gate_pb2

_PAGE = 1000


async def waiting_gates(wire: Wire, execution: ExecutionId) -> dict[str, core.LiteralType]:
    """By name, the type of what each waits for; an approval waits for a bool."""
    request = admin.SignalListRequest(workflow_execution_id=execution.to_proto(), limit=_PAGE, filters="eq(phase,RUNNING)")
    signals = (await wire.call(rpc.LIST_SIGNALS, request)).signals
    return {one.id.signal_id: one.type for one in signals if one.value.WhichOneof("value") is None}


async def answer_gate(wire: Wire, execution: ExecutionId, name: str, given: bool | Any) -> None:
    """Gives a gate what it waits for.

    Raises:
        NotFound: no such gate waits.
    """
    waiting = await waiting_gates(wire, execution)
    if name not in waiting:
        raise NotFound(f"execution {execution}: no gate {name!r} waits; waiting: {', '.join(waiting) or 'none'}")
    parameter = core.Parameter(var=core.Variable(type=waiting[name]))
    literal = value.by_parameters({name: parameter}, {name: given}).literals[name]
    target = core.SignalIdentifier(signal_id=name, execution_id=execution.to_proto())
    await wire.call(rpc.SET_SIGNAL, admin.SignalSetRequest(id=target, value=literal))


async def answered_gates(wire: Wire, execution: ExecutionId) -> list[gate_pb2.Gate]:
    """Those that were answered, by name: with what, by whom and when."""
    gates = (await wire.call(rpc.LIST_GATES, gate_pb2.ListGatesRequest(id=execution.to_proto()))).gates
    return [gate for gate in gates if gate.HasField("value")]
