"""Going on from a node of a past execution: which of its results a new execution keeps, and what runs anew.

A result is kept if its node stands in the new graph too (the same id or name, calling the same task or workflow with the same
interface), lies before the nodes that are run anew, and would be given the same inputs; the last is checked when the node is
reached. So a changed input recomputes just what it reaches, and changed code just the nodes that are named and what follows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from alula.control.library import Library
from alula.database import run as run_rows
from alula.engine.graph import END, START, Graph, NodeKind, NodeSpec, Scope
from alula.engine.state import Recovered
from alula.errors import InvalidInput
from alula.idl.digest import digest_interface
from alula.idl.identifier import WORKFLOW, EntityId


def resolve(graph: Graph, wanted: Iterable[str]) -> list[str]:
    """Ids of the nodes that are run anew, from ids or names.

    Raises:
        InvalidInput: no such node, several of that name, or one inside a branch, a map or a task that made its own graph.
    """
    return [_resolve(graph, one) for one in wanted]


def written(anew: Sequence[str]) -> str:
    """For the execution's row; never empty, which is that of an execution that is no rerun."""
    return ",".join(anew) or ","


def read(row: str) -> list[str]:
    """What `written` gave."""
    return [one for one in row.split(",") if one]


def _resolve(graph: Graph, wanted: str) -> str:
    scope, prefix, rest = graph.primary, "", wanted
    while True:
        found = _named(scope, rest)
        if found:
            return prefix + found
        outer = next((n for n in scope.nodes.values() if n.kind is NodeKind.SUBWORKFLOW and rest.startswith(f"{n.id}-0-")), None)
        if outer is None or outer.reference is None:
            known = ", ".join(f"{n.id} ({_name(n)})" for n in scope.nodes.values() if n.id not in (START, END))
            raise InvalidInput(f'rerun from "{wanted}": the workflow has no such node; it has {known}. What lies inside is rerun with it')
        scope, prefix, rest = graph.subs[outer.reference], f"{prefix}{outer.id}-0-", rest.removeprefix(f"{outer.id}-0-")


def _named(scope: Scope, wanted: str) -> str:
    if wanted in scope.nodes and wanted not in (START, END):
        return wanted
    named = [n.id for n in scope.nodes.values() if _name(n) == wanted]
    if len(named) > 1:
        raise InvalidInput(f'rerun from "{wanted}": {len(named)} nodes have that name; give an id: {", ".join(named)}')
    return named[0] if named else ""


def _name(spec: NodeSpec) -> str:
    return spec.node.metadata.name


def without_cache(connection: Connection, source: Any, anew: Sequence[str]) -> frozenset[str]:
    """Which of the nodes that are run anew do not ask the cache: it would give back just what they are to compute again.

    One that had not succeeded has nothing there, and of a map that had failed only what its other items gave: these are kept.

    Args:
        source: row of the execution.
        anew: ids, as `resolve` gives them.
    """
    return frozenset(anew) - run_rows.unsuccessful_nodes(connection, source.key, anew)


def kept(
    connection: Connection, library: Library, source: Any, graph: Graph, anew: Sequence[str], found: dict[str, Recovered]
) -> dict[str, Recovered]:
    """What of an execution's results a rerun may take over, by id in the new graph.

    Args:
        source: row of the execution.
        graph: that will run.
        anew: ids in it, as `resolve` gives them.
        found: what a recovery would take over, with the digests of inputs.
    """
    before = EntityId(WORKFLOW, source.workflow_project, source.workflow_domain, source.workflow_name, source.workflow_version)
    old = library.workflow(connection, before).graph
    result: dict[str, Recovered] = {}
    _keep(old, graph, old.primary, graph.primary, "", "", list(anew), found, result)
    return result


def _keep(
    old_graph: Graph,
    new_graph: Graph,
    old: Scope,
    new: Scope,
    old_prefix: str,
    new_prefix: str,
    anew: list[str],
    found: dict[str, Recovered],
    result: dict[str, Recovered],
) -> None:
    """Takes over one graph and the sub-workflows in it that hold a node to be run anew."""
    named = {one.removeprefix(new_prefix) for one in anew if one.startswith(new_prefix)}
    inside = {n.id for n in new.nodes.values() if any(one.startswith(f"{n.id}-0-") for one in named)}
    again = _downstream(new, {one for one in named if one in new.nodes}) | (_downstream(new, inside) - inside)
    for spec in new.nodes.values():
        before = _counterpart(old, spec)
        if before is None or spec.id in again:
            continue
        old_id, new_id = old_prefix + before.id, new_prefix + spec.id
        if spec.id in inside:
            if spec.reference is not None and before.reference is not None and not before.id.startswith("f"):
                scopes = old_graph.subs[before.reference], new_graph.subs[spec.reference]
                _keep(old_graph, new_graph, *scopes, f"{old_id}-0-", f"{new_id}-0-", anew, found, result)
            continue
        worth = found.get(old_id)
        if worth is not None and worth.inputs_digest:  # a node that did not finish has none
            result[new_id] = worth


def _downstream(scope: Scope, starts: set[str]) -> set[str]:
    seen, stack = set(starts), list(starts)
    while stack:
        for target in scope.downstream.get(stack.pop(), ()):
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return seen


def _counterpart(old: Scope, spec: NodeSpec) -> NodeSpec | None:
    """The node of the old graph that a node of the new one stands for."""
    if spec.kind in (NodeKind.START, NodeKind.END):
        return None
    same = old.nodes.get(spec.id)
    if same is not None and _means(same) == _means(spec):
        return same
    named = [n for n in old.nodes.values() if _name(n) and _name(n) == _name(spec) and _means(n) == _means(spec)]
    return named[0] if len(named) == 1 else None


def _means(spec: NodeSpec) -> tuple[Any, ...]:
    """What a node is, whatever the version of what it calls: kind, name of the target, and the interface if it is a task."""
    inner = spec.inner or spec
    reference = inner.reference
    target = inner.call.id if inner.call is not None else reference
    interface = digest_interface(inner.call.template.interface) if inner.call is not None else b""
    place = (target.project, target.domain, target.name) if target is not None else ()
    shape = spec.node.branch_node.SerializeToString(deterministic=True) if spec.kind is NodeKind.BRANCH else b""
    return (spec.kind, inner.kind, place, interface, shape)
