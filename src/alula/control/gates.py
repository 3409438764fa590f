"""Gates as people see them: what an execution asks for, who answered what and when, and all that wait for an answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from alula.control import token
from alula.control.clock import timestamp
from alula.database import execution as executions
from alula.database import signal as rows
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import gate_pb2


def list_gates(connection: Connection, request: gate_pb2.ListGatesRequest) -> gate_pb2.ListGatesResponse:
    """Those of one execution.

    Raises:
        NotFound: no such execution.
    """
    key = executions.get(connection, ExecutionId.from_proto(request.id)).key
    return gate_pb2.ListGatesResponse(gates=[_gate(row) for row in rows.of_execution(connection, key)])


def list_waiting(connection: Connection, request: gate_pb2.ListWaitingRequest) -> gate_pb2.ListWaitingResponse:
    """Those that wait now, of every execution."""
    limit = token.limit_of(request.limit)
    found = rows.waiting(connection, request.project, request.domain, limit + 1)
    return gate_pb2.ListWaitingResponse(gates=[_gate(row) for row in found[:limit]], has_more=len(found) > limit)


def _gate(row: Any) -> gate_pb2.Gate:
    gate = gate_pb2.Gate(
        execution_id=core.WorkflowExecutionIdentifier(project=row.project, domain=row.domain, name=row.name),
        name=row.signal_id,
        node_id=row.node_id,
        type=core.LiteralType.FromString(row.type),
        opened_at=timestamp(row.created_at),
        principal=row.principal,
        is_waiting=row.is_waiting,
        workflow=row.workflow_name,
    )
    if row.value is not None:
        gate.value.ParseFromString(row.value)
        gate.answered_at.CopyFrom(timestamp(row.updated_at))
    return gate
