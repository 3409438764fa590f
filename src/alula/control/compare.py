"""Executions side by side: settings, values, metrics, nodes, and where their code came from; each part with a bound."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from alula.control import view
from alula.control.environment import Environments
from alula.control.graph_node import GraphNodes, shown_name
from alula.control.library import Library
from alula.control.measure import list_metrics
from alula.control.provenance import provenance
from alula.control.value import add_values
from alula.database import browse
from alula.database import execution as executions
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import WORKFLOW, EntityId, ExecutionId
from alula.idl.v1 import browse_pb2, metric_pb2

MAX_EXECUTIONS = 100
MAX_VALUE_BYTES = 16 * 1024
MAX_VALUES_BYTES = 256 * 1024  # of the inputs, and of the outputs, of one execution
MAX_PARTS = 20_000  # nodes, and attempts with metrics, of all executions together
_LEAST = 200  # of them for each


def compare_executions(
    connection: Connection, library: Library, environments: Environments, request: browse_pb2.CompareExecutionsRequest, root: str
) -> browse_pb2.CompareExecutionsResponse:
    """What is to be compared, in the order asked for.

    Raises:
        InvalidInput: fewer than two or too many.
        NotFound: no such execution.
    """
    if not 2 <= len(request.ids) <= MAX_EXECUTIONS:
        raise InvalidInput(f"ids: {len(request.ids)} given, expected 2 to {MAX_EXECUTIONS}")
    most = max(_LEAST, MAX_PARTS // len(request.ids))
    result = browse_pb2.CompareExecutionsResponse()
    for each in request.ids:
        row = executions.get(connection, ExecutionId.from_proto(each))
        one = result.executions.add(execution=view.execution(row, root=root, is_listed=True))
        for what, packed, into in (("inputs", row.inputs, one.inputs), ("outputs", row.outputs, one.outputs)):
            one.left_out.extend(add_values(packed, what, into, MAX_VALUE_BYTES, MAX_VALUES_BYTES))
        _nodes(connection, library, row, one, most)
        _metrics(connection, each, one, most)
        _provenance(connection, library, environments, row, one)
        one.is_left_out = one.is_left_out or bool(one.left_out)
    return result


def _nodes(connection: Connection, library: Library, row: Any, one: browse_pb2.ComparedExecution, most: int) -> None:
    rows = browse.first_nodes(connection, row.key, most + 1)
    graph = GraphNodes(connection, library, row)
    graph.learn(rows)
    one.is_left_out = len(rows) > most
    for node in rows[:most]:
        one.nodes.add(
            node_id=node.node_id,
            name=shown_name(graph.find(node.node_id), node.node_id),
            duration_us=node.duration_us,
            phase=node.phase,
            cache_status=node.cache_status,
            kind=node.kind,
        )


def _metrics(connection: Connection, each: core.WorkflowExecutionIdentifier, one: browse_pb2.ComparedExecution, most: int) -> None:
    said = list_metrics(connection, metric_pb2.ListMetricsRequest(id=each)).attempts
    one.metrics.extend(said[:most])
    one.is_left_out = one.is_left_out or len(said) > most


def _provenance(connection: Connection, library: Library, environments: Environments, row: Any, one: browse_pb2.ComparedExecution) -> None:
    workflow = EntityId(WORKFLOW, row.workflow_project, row.workflow_domain, row.workflow_name, row.workflow_version)
    one.workflow_id.CopyFrom(workflow.to_proto())
    try:
        found = provenance(connection, library, environments, workflow)
    except NotFound:
        return
    if found.HasField("source"):
        one.source.CopyFrom(found.source)
    one.environments.extend(found.environments)
