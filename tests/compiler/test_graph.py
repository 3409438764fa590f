from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from alula.compiler.graph import connect, cycle, topological

names = st.sampled_from([f"n{number}" for number in range(8)])
graphs = st.dictionaries(names, st.sets(names, max_size=3), min_size=1)


@given(graphs)
def test_a_graph_is_ordered_or_has_a_circle(graph: dict[str, set[str]]) -> None:
    order, stuck = topological(graph)
    assert sorted(order + stuck) == sorted(graph)
    for position, node_id in enumerate(order):
        assert all(source in order[:position] for source in graph[node_id] if source in graph)
    if stuck:
        path = cycle(graph, stuck)
        assert path[0] == path[-1]
        assert all(source in graph[target] for source, target in itertools.pairwise(path))


@given(graphs)
def test_upstream_and_downstream_say_the_same(graph: dict[str, set[str]]) -> None:
    upstream, downstream = connect(graph, ["n0"] if "n0" in graph else [])
    edges = {(source, target) for target, row in upstream.items() for source in row if source in graph or source == "start-node"}
    assert edges == {(source, target) for source, row in downstream.items() for target in row}
    assert all(row == sorted(row) for row in [*upstream.values(), *downstream.values()])
    # Nothing is left hanging: every node is reached from something that exists and leads to something.
    assert all(any(source in graph or source == "start-node" for source in upstream[node_id]) for node_id in graph)
    assert all(downstream.get(node_id) for node_id in graph)
