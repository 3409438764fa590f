"""The node of a registered graph that a node execution stands for: its name, and what it asks for beyond its task."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection

from alula.compiler.closure import every_node
from alula.control.library import Library
from alula.database import node as nodes
from alula.database import run as run_rows
from alula.errors import AlulaError
from alula.idl import core
from alula.idl.identifier import TASK, WORKFLOW, EntityId


class _Place(NamedTuple):
    """A graph, and those it refers to by name."""

    nodes: dict[str, core.Node]
    closure: core.CompiledWorkflowClosure


class GraphNodes:
    """Looks them up for one execution, each part of it when it is first asked for.

    Args:
        row: of the execution.
    """

    def __init__(self, connection: Connection, library: Library, row: Any) -> None:
        self._connection, self._library, self._row = connection, library, row
        self._places: dict[str, _Place | None] = {}
        self._known: dict[str, core.Node | None] = {}
        self._rows: dict[str, Any] = {}
        self._dynamic: dict[str, bytes] | None = None

    def learn(self, rows: Any) -> None:
        """Rows of nodes that somebody has read already."""
        self._rows.update({row.node_id: row for row in rows})

    def find(self, node_id: str) -> core.Node | None:
        """The node; None if no graph of the execution's has it."""
        if node_id not in self._known:
            self._known[node_id] = self._find(node_id)
        return self._known[node_id]

    def _find(self, node_id: str) -> core.Node | None:
        row = self._node_row(node_id)
        if row is None:
            return None
        place = self._place(row.scope_id)
        found = place.nodes.get(row.spec_node_id) if place is not None else None
        if found is None and (packed := run_rows.call_names(self._connection, self._row.key, [node_id]).get(node_id)):
            found = core.Node.FromString(packed)
        return found

    def _node_row(self, node_id: str) -> Any:
        if node_id not in self._rows:
            self._rows[node_id] = nodes.find(self._connection, self._row.key, node_id)
        return self._rows[node_id]

    def _place(self, scope_id: str) -> _Place | None:
        if scope_id not in self._places:
            self._places[scope_id] = self._read_place(scope_id)
        return self._places[scope_id]

    def _read_place(self, scope_id: str) -> _Place | None:
        if not scope_id:
            row = self._row
            workflow = EntityId(WORKFLOW, row.workflow_project, row.workflow_domain, row.workflow_name, row.workflow_version)
            closure = self._library.workflow(self._connection, workflow).closure
            return _Place(_nodes(closure.primary.template), closure)
        if self._dynamic is None:
            self._dynamic = run_rows.dynamic_closures(self._connection, self._row.key)
        if scope_id in self._dynamic:
            closure = core.CompiledWorkflowClosure.FromString(self._dynamic[scope_id])
            return _Place(_nodes(closure.primary.template), closure)
        owner, owner_row = self.find(scope_id), self._node_row(scope_id)
        around = self._place(owner_row.scope_id) if owner_row is not None else None
        if owner is None or around is None or owner.workflow_node.WhichOneof("reference") != "sub_workflow_ref":
            return None
        for compiled in around.closure.sub_workflows:
            if compiled.template.id == owner.workflow_node.sub_workflow_ref:
                return _Place(_nodes(compiled.template), around.closure)
        return None


def _nodes(template: core.WorkflowTemplate) -> dict[str, core.Node]:
    return {node.id: node for node in reversed(list(every_node(template)))}  # that of an array node before the one within it


def shown_name(node: core.Node | None, node_id: str) -> str:
    """What people call it."""
    return (node.metadata.name if node is not None else "") or node_id


def resources(connection: Connection, library: Library, task: EntityId, node: core.Node | None) -> core.Resources:
    """What a task asks for where a node calls it: an override replaces what it names, as it does when the task is started."""
    made = core.Resources()
    try:
        made.CopyFrom(library.task(connection, task).container.resources)
    except AlulaError:  # of a graph that a task made: its tasks are registered nowhere
        return made
    while node is not None and node.WhichOneof("target") == "array_node":
        node = node.array_node.node
    if node is None:
        return made
    overrides = node.task_node.overrides.resources
    for ours, theirs in ((made.requests, overrides.requests), (made.limits, overrides.limits)):
        named = {entry.name for entry in theirs}
        kept = [entry for entry in ours if entry.name not in named]
        del ours[:]
        ours.extend([*kept, *theirs])
    return made


def task_of(row: Any) -> EntityId:
    return EntityId(TASK, row.task_project, row.task_domain, row.task_name, row.task_version)
