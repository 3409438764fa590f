"""Node executions as people want to see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alula.client.names import Names
from alula.client.wording import readable
from alula.idl import admin, core
from alula.idl.phase import NodePhase


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """One node execution as people want to see it.

    Attributes:
        id: unique in the execution.
        name: of the node in its workflow, by default that of what it calls; its id where that is not known.
        parent: id of the node it lies in, empty at the top.
        started_at: None before it starts.
        duration: None until it ends.
        error: the recorded cause, empty without one.
        cache: what the output cache said: HIT, MISS, POPULATED, SKIPPED; empty if it was not asked.
        is_array: it runs its task once per item.
        deck: URI of the deck its last attempt wrote, empty without one; `execution.deck(node)` reads it.
    """

    id: str
    name: str
    parent: str
    phase: NodePhase
    started_at: datetime | None
    duration: timedelta | None
    error: str
    cache: str = ""
    is_array: bool = False
    deck: str = ""


class Nodes(list[NodeView]):
    """Node executions, parents before their children; a table in a notebook."""

    def _repr_html_(self) -> str:
        from alula.client.html import nodes

        return nodes(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """How much of a task node was computed and how much came from the output cache.

    Attributes:
        id: of the node.
        name: of the node.
        computed: calls that ran, 0 or 1; for an array node 0 to its number of items.
        cached: calls served from the cache.
        recovered: 1 if a rerun or a recovery took over the whole node from the execution it goes on from.
    """

    id: str
    name: str
    computed: int
    cached: int
    recovered: int = 0


def view_of(node: admin.NodeExecution, parent: str = "", names: Names | None = None) -> NodeView:
    """The view of an IDL node execution."""
    closure, phase, spec_id = node.closure, NodePhase(node.closure.phase), node.metadata.spec_node_id or node.id.node_id
    status = core.CatalogCacheStatus.Name(closure.task_node_metadata.cache_status).removeprefix("CACHE_")
    return NodeView(
        id=node.id.node_id,
        name=names.of(node.id.node_id, spec_id) if names is not None else spec_id,
        parent=parent,
        phase=phase,
        started_at=closure.started_at.ToDatetime(UTC) if closure.HasField("started_at") else None,
        duration=closure.duration.ToTimedelta() if closure.HasField("duration") and phase.is_terminal else None,
        error=readable(closure.error.message),
        cache="" if status == "DISABLED" else status,
        is_array=node.metadata.is_array,
        deck=closure.deck_uri,
    )
