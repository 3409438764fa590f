"""Random programs under every trouble: what comes out is what a plain evaluation says, whatever the order and the faults."""

from __future__ import annotations

import pytest

from alula.engine.graph import NodeKind
from alula.engine.state import Recovered, Run
from alula.idl.phase import ExecutionPhase
from alula.testing.engine_kit.graphs import literals, plain_map
from alula.testing.engine_kit.programs import random_program
from alula.testing.engine_kit.simulate import Failed, Simulation, Trouble, reference

STORM = Trouble(fails=0.2, lost=0.2, times_out=0.3, repeats=0.2, unstarted=0.2, splits=0.5)
BATCHES, SIZE = 12, 40
INPUTS = literals(a=5)


def simulation(seed: int, trouble: Trouble) -> Simulation:
    program = random_program(seed, danger=0.15 if seed % 2 else 0.0)
    settings = {"max_parallelism": seed % 4, "overwrite_cache": seed % 11 == 0}
    return Simulation(program.graph, INPUTS, world=program.world, seed=seed, trouble=trouble, **settings)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_run_ends_as_its_graph_says(batch: int) -> None:
    for seed in range(batch * SIZE, (batch + 1) * SIZE):
        simulated = simulation(seed, STORM)
        run = simulated.play()
        try:
            expected = plain_map(reference(run.graph, INPUTS, simulated.world))
        except Failed:
            expected = None
        found = plain_map(run.outputs) if run.phase is ExecutionPhase.SUCCEEDED else None
        assert found == expected, f"seed {seed}: {run.phase.name} {run.failure}"
        assert (run.failure is None) == (expected is not None), f"seed {seed}"


@pytest.mark.parametrize("batch", range(3))
def test_an_abort_at_any_time_ends_everything(batch: int) -> None:
    storm = Trouble(fails=0.2, lost=0.1, repeats=0.2, unstarted=0.2, splits=0.5, abort=0.05)
    for seed in range(batch * SIZE, (batch + 1) * SIZE):
        run = simulation(seed, storm).play()
        if run.phase is ExecutionPhase.ABORTED:
            assert (run.abort_cause, run.abort_principal, run.outputs) == ("enough", "me", None), f"seed {seed}"


def test_programs_hold_every_kind_of_node() -> None:
    kinds = {spec.kind for seed in range(30) for spec in random_program(seed).graph.primary.nodes.values()}
    assert len(kinds) == 8


def worth(run: Run) -> dict[str, Recovered]:
    """What a recovery takes over of a run."""
    found: dict[str, Recovered] = {}
    for node in run.nodes.values():
        if node.spec.kind in (NodeKind.START, NodeKind.END):
            continue
        if node.phase.is_success:
            found[node.id] = Recovered(node.outputs or literals())
        elif node.closure is not None:
            number = node.attempt.number if node.attempt else run.recovered[node.id].attempt
            found[node.id] = Recovered(literals(), closure=node.closure, attempt=number)
        elif node.child:
            found[node.id] = Recovered(literals(), child=node.child)
    return found


@pytest.mark.parametrize("batch", range(3))
def test_a_recovery_gives_what_the_run_would_have_given(batch: int) -> None:
    for seed in range(batch * SIZE, (batch + 1) * SIZE):
        aborted = simulation(seed, Trouble(fails=0.2, lost=0.2, abort=0.04)).play()
        simulated = simulation(seed, STORM)
        simulated.run.recovered = worth(aborted)
        again = simulated.play()
        try:
            expected = plain_map(reference(again.graph, INPUTS, simulated.world))
        except Failed:
            expected = None
        found = plain_map(again.outputs) if again.phase is ExecutionPhase.SUCCEEDED else None
        assert found == expected, f"seed {seed}: {again.phase.name} {again.failure}"
        started = {node_id for node_id, _, _ in simulated.started}
        assert not started & {i for i, r in simulated.run.recovered.items() if r.closure is None and not r.child}, f"seed {seed}"
