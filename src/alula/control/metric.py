"""Spans of an execution: where its time went, by node and attempt, in the form `pyflyte metrics` reads."""

from __future__ import annotations

from typing import Any

from flyteidl.core.metrics_pb2 import Span
from sqlalchemy import Connection

from alula.control import view
from alula.control.clock import timestamp
from alula.database import execution as executions
from alula.database import run as rows
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId

PARTS = ("queued", "provisioning", "import", "read", "run", "write")


def execution_metrics(
    connection: Connection, request: admin.WorkflowExecutionGetMetricsRequest
) -> admin.WorkflowExecutionGetMetricsResponse:
    """The span tree: execution, nodes, attempts, and the parts of each attempt; `depth` 0 stops at the execution, −1 nowhere."""
    execution = ExecutionId.from_proto(request.id)
    row = executions.get(connection, execution)
    root = _span(row, workflow_id=execution.to_proto())
    if request.depth == 0:
        return admin.WorkflowExecutionGetMetricsResponse(span=root)
    attempts: dict[str, list[Any]] = {}
    for attempt in rows.attempt_rows(connection, row.key):
        attempts.setdefault(attempt.node_id, []).append(attempt)
    for node in rows.node_rows(connection, row.key):
        node_id = core.NodeExecutionIdentifier(node_id=node.node_id, execution_id=execution.to_proto())
        span = root.spans.add()
        span.CopyFrom(_span(node, node_id=node_id))
        if request.depth == 1:
            continue
        for attempt in attempts.get(node.node_id, ()):
            inner = span.spans.add()
            inner.CopyFrom(_span(attempt, task_id=view.attempt_id(execution, node.node_id, attempt.retry_attempt, attempt)))
            _add_parts(inner, attempt)
    return admin.WorkflowExecutionGetMetricsResponse(span=root)


def _span(row: Any, **ids: Any) -> Span:
    return Span(start_time=timestamp(row.created_at), end_time=timestamp(row.ended_at or row.updated_at), **ids)


def _add_parts(span: Span, attempt: Any) -> None:
    at = attempt.created_at
    for part in PARTS:
        length = getattr(attempt, f"{part}_us")
        if length:
            span.spans.add(start_time=timestamp(at), end_time=timestamp(at + length), operation_id=part)
            at += length
