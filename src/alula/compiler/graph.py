"""Edges: who waits for whom, in which order nodes can be checked, where a circle is."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping

from alula.compiler.binding import END_NODE, START_NODE


def topological(dependencies: Mapping[str, Collection[str]]) -> tuple[list[str], list[str]]:
    """Order nodes so that each comes after what it waits for.

    Args:
        dependencies: ids waited for, by node id; ids that are no keys are ignored.
    Returns:
        The order, and the ids of nodes that wait for themselves through others (empty if there is no circle); both follow
        the given order where they may.
    """
    waiting = {}
    followers: dict[str, list[str]] = {}
    for node_id, sources in dependencies.items():
        known = [source for source in sources if source in dependencies]
        waiting[node_id] = len(known)
        for source in known:
            followers.setdefault(source, []).append(node_id)
    ready = deque(node_id for node_id, count in waiting.items() if count == 0)
    order = []
    while ready:
        node_id = ready.popleft()
        order.append(node_id)
        for follower in followers.get(node_id, ()):
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ready.append(follower)
    done = set(order)
    return order, [node_id for node_id in dependencies if node_id not in done]


def cycle(dependencies: Mapping[str, Collection[str]], stuck: Collection[str]) -> list[str]:
    """One circle among stuck nodes, in the direction data flows: `["n1", "n2", "n1"]`."""
    among = set(stuck)
    path: list[str] = []
    at: dict[str, int] = {}
    node_id = min(among)
    while node_id not in at:
        at[node_id] = len(path)
        path.append(node_id)
        node_id = min(source for source in dependencies[node_id] if source in among)
    return [node_id, *reversed(path[at[node_id] :])]


def connect(nodes: Mapping[str, Collection[str]], end: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Connections among the nodes of one workflow, start-node and end-node included.

    A node that waits for nothing that exists starts with the workflow; one that nobody waits for is waited for by end-node.

    Args:
        nodes: ids waited for, by node id; ids that do not exist are kept.
        end: ids that the workflow's outputs come from.
    Returns:
        Upstream and downstream ids by node id, sorted.
    """
    upstream = {}
    followed: set[str] = set()
    for node_id, sources in nodes.items():
        is_rooted = any(source == START_NODE or source in nodes for source in sources)
        row = sorted(sources) if is_rooted else sorted({*sources, START_NODE})
        upstream[node_id] = row
        followed.update(row)
    leaves = [node_id for node_id in nodes if node_id not in followed]
    upstream[END_NODE] = sorted({*end, *leaves})
    downstream: dict[str, list[str]] = {}
    for node_id, sources in upstream.items():
        for source in sources:
            if source in nodes or source == START_NODE:
                downstream.setdefault(source, []).append(node_id)
    for row in downstream.values():
        row.sort()
    return upstream, downstream
