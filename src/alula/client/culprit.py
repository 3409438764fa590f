"""Which node, and which item of a map, an execution failed of: the record of the execution has the cause alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from alula.client import rpc
from alula.client.attempt import attempts_of
from alula.client.names import Names
from alula.client.tree import learn
from alula.client.wire import Wire
from alula.errors import NotFound, Unavailable, Unsupported
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import AttemptPhase, NodePhase

_FAILED = f"value_in(phase,{NodePhase.FAILED.name};{NodePhase.TIMED_OUT.name})"
_RAISED = "USER:"  # in the code of what the user's own code raised


@dataclass(frozen=True, slots=True, kw_only=True)
class Culprit:
    """Where an execution failed.

    Attributes:
        node: id, unique in the execution.
        name: of the node in its workflow; its id where that is not known.
        item: of a map, the first that failed; -1: the node is none.
        has_log: an attempt of its task has begun.
        child: name of the execution that it launched, empty if it is none of those.
    """

    node: str
    name: str
    item: int = -1
    has_log: bool = False
    child: str = ""

    def place(self) -> str:
        """`n1 train, item 2`."""
        return (self.node if self.name == self.node else f"{self.node} {self.name}") + (f", item {self.item}" if self.item >= 0 else "")

    def advice(self, execution: str, code: str) -> str:
        """Commands that show more, empty if there are none.

        Args:
            code: of the failure; what the user's code raised can be looked at in a debugger.
        """
        if self.child:
            return f"look: `alula get execution {self.child}`"
        if not self.has_log:
            return ""
        which = f"{execution} {self.node}" + (f" --item {self.item}" if self.item >= 0 else "")
        return f"look: `alula logs {which}`" + (f", `alula debug {which}`" if _RAISED in code else "")


async def culprit(
    wire: Wire, execution: ExecutionId, error: core.ExecutionError, read_names: Callable[[], Awaitable[Names]]
) -> Culprit | None:
    """The innermost node whose failure became that of the execution.

    Args:
        error: of the execution.
        read_names: says what the nodes are called; learns of those beneath dynamic ones.
    Returns:
        None: no node has it on record, or the record cannot be read now; the failure itself is what has to be told.
    """
    with suppress(Unavailable, Unsupported, NotFound):
        names = await read_names()
        found = await _within(wire, execution, "", error.message, names)
        return await _described(wire, execution, found, names) if found is not None else None
    return None


async def _within(wire: Wire, execution: ExecutionId, parent: str, message: str, names: Names) -> admin.NodeExecution | None:
    """The last failed node beneath another whose failure is, or is told in, this message; deeper ones first."""
    failed, token = [], ""
    while True:
        asked = admin.NodeExecutionListRequest(
            workflow_execution_id=execution.to_proto(), limit=100, token=token, unique_parent_id=parent, filters=_FAILED
        )
        answer = await wire.call(rpc.LIST_NODES, asked)
        failed += [each for each in answer.node_executions if each.closure.phase in (NodePhase.FAILED, NodePhase.TIMED_OUT)]
        token = answer.token
        if not token:
            break
    for node in reversed(failed):
        said = node.closure.error.message
        if said and said.partition("\n")[0] in message:
            inner = await _within(wire, execution, node.id.node_id, said, names) if node.metadata.is_parent_node else None
            if inner is not None and node.metadata.is_dynamic:
                await learn(wire, execution, node.id.node_id, names)
            return inner or node
    return None


async def _described(wire: Wire, execution: ExecutionId, node: admin.NodeExecution, names: Names) -> Culprit:
    attempts = await attempts_of(wire, execution, node.id.node_id)
    ended = [one.index for each in attempts for one in each.closure.metadata.external_resources if one.phase == AttemptPhase.FAILED]
    item = min(ended, default=-1) if node.metadata.is_array else -1
    return Culprit(
        node=node.id.node_id,
        name=names.of(node.id.node_id, node.metadata.spec_node_id or node.id.node_id),
        item=item,
        has_log=bool(ended) if node.metadata.is_array else bool(attempts),
        child=node.closure.workflow_node_metadata.executionId.name,
    )
