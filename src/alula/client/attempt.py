"""The attempts of an execution's nodes, and which of them is meant."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from alula.client import rpc
from alula.client.wire import Wire
from alula.errors import InvalidInput, NotFound, Unsupported
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import AttemptPhase

_PAGE = 1000
_MAP = "container_array"  # the task type of the one attempt a map shows


def node_identifier(execution: ExecutionId, node: str) -> core.NodeExecutionIdentifier:
    """A node's id as the IDL has it."""
    return core.NodeExecutionIdentifier(node_id=node, execution_id=execution.to_proto())


async def attempts_of(wire: Wire, execution: ExecutionId, node: str) -> list[admin.TaskExecution]:
    """The attempts of a node, by id, that have begun or are to."""
    request = admin.TaskExecutionListRequest(node_execution_id=node_identifier(execution, node), limit=_PAGE)
    answer = await wire.call(rpc.LIST_ATTEMPTS, request)
    return [attempt for attempt in answer.task_executions if attempt.closure.phase != AttemptPhase.UNDEFINED]


async def last_attempt(wire: Wire, execution: ExecutionId, node: str, others: Sequence[str] = ()) -> admin.TaskExecution:
    """The last attempt of a node, or of the only one that ran a task.

    Args:
        node: its id; empty: one of the others.
        others: ids.
    Raises:
        NotFound: no attempt has started.
        InvalidInput: no node named and several ran.
    """
    found: dict[str, admin.TaskExecution] = {}
    for each in [node] if node else others:
        listed = await attempts_of(wire, execution, each)
        if listed:
            found[each] = max(listed, key=lambda attempt: attempt.id.retry_attempt)
    if not found:
        if node and (where := await computed_elsewhere(wire, execution, node, "has the log", "logs")):
            raise NotFound(f"execution {execution}: {where}")
        which = f"node {node} has no attempt: it" if node else "no node has an attempt: it"
        raise NotFound(
            f"execution {execution}: {which} has not started yet, or its result is from the cache or from the execution before; "
            "look again later, or at its nodes"
        )
    if len(found) > 1:
        raise InvalidInput(f"execution {execution}: ran several tasks; name one of the nodes {', '.join(found)}")
    return next(iter(found.values()))


async def computed_elsewhere(wire: Wire, execution: ExecutionId, node: str, has: str, verb: str) -> str:
    """Who computed what a node without an attempt has as its result; empty: it came from no cache.

    Args:
        has: what the other has.
        verb: of the command that shows it.
    """
    with suppress(NotFound, Unsupported):  # not begun; a server of Flyte's keeps no such record
        found = await wire.call(rpc.EXPLAIN_CACHE, admin.NodeExecutionGetRequest(id=node_identifier(execution, node)))
        if found.HasField("source"):
            other, item = found.source.node_execution_id, f" --item {found.source_item - 1}" if found.source_item else ""
            command = f"`alula {verb} {other.execution_id.name} {other.node_id}{item}`"
            return f"{execution.name} {node} came from the cache; who computed it {has}: {command}"
    return ""


def last_of_item(execution: ExecutionId, shown: admin.TaskExecution, item: int) -> core.TaskExecutionIdentifier:
    """The last attempt of an item of a map, or of an ordinary task (-1).

    Args:
        shown: the last attempt of the node.
    Raises:
        InvalidInput: an item of an ordinary task, or none of a map.
        NotFound: the item has not begun.
    """
    place = f"execution {execution}: node {shown.id.node_execution_id.node_id}"
    there = sorted({each.index for each in shown.closure.metadata.external_resources})
    if shown.closure.task_type != _MAP:
        if item < 0:
            return shown.id
        raise InvalidInput(f"{place} is no map; leave the item out")
    if item < 0:
        begun = f"; {len(there)} have begun, from {there[0]} to {there[-1]}" if there else "; none has begun yet"
        raise InvalidInput(f"{place} is a map; name one of its items, as in --item 0{begun}")
    if item not in there:
        raise NotFound(f"{place} has no item {item} that has begun")
    return max(_of_item(shown, item), key=lambda each: each.retry_attempt)


def later_attempt(
    attempt: core.TaskExecutionIdentifier, listed: Sequence[admin.TaskExecution], item: int
) -> core.TaskExecutionIdentifier | None:
    """The attempt after another, if there is one.

    Args:
        listed: those of the node.
        item: of a map, -1 for an ordinary task.
    """
    tries = _of_item(listed[0], item) if item >= 0 else [each.id for each in listed]
    later = [each for each in tries if each.retry_attempt > attempt.retry_attempt]
    return min(later, key=lambda each: each.retry_attempt, default=None)


def _of_item(shown: admin.TaskExecution, item: int) -> list[core.TaskExecutionIdentifier]:
    """The attempts of one item, from the one attempt that a map shows."""
    node = shown.id.node_execution_id
    tries = [each.retry_attempt for each in shown.closure.metadata.external_resources if each.index == item]
    return [core.TaskExecutionIdentifier(node_execution_id=node, retry_attempt=number) for number in tries]
