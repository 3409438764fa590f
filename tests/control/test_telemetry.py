"""What attempts say of themselves, with real workers on both databases."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.control.conftest import Plane
from tests.programs import telling

from alula.control.measure import get_series, list_metrics
from alula.database import execution as executions
from alula.database import metric as rows
from alula.database.metric import AttemptKey
from alula.engine.graph import Demand
from alula.errors import InvalidInput, NotFound
from alula.executors.base import Work, WorkKey
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId, NodeExecutionId
from alula.idl.v1 import metric_pb2, service_pb2, worker_pb2
from alula.objectstore import store

P = "tests.programs.telling."
SUCCEEDED, FAILED, ABORTED = core.WorkflowExecution.SUCCEEDED, core.WorkflowExecution.FAILED, core.WorkflowExecution.ABORTED


async def said(plane: Plane, execution: ExecutionId, node: str = "", *, all_attempts: bool = False) -> list[metric_pb2.AttemptMetrics]:
    request = metric_pb2.ListMetricsRequest(id=execution.to_proto(), node_id=node, all_attempts=all_attempts)
    return list((await plane.platform.read(lambda c: list_metrics(c, request))).attempts)


async def series(plane: Plane, execution: ExecutionId, names: Sequence[str] = (), node: str = "n0") -> dict[str, metric_pb2.MetricSeries]:
    request = metric_pb2.GetSeriesRequest(id=NodeExecutionId(execution, node).to_proto(), names=names)
    return {one.name: one for one in (await plane.platform.read(lambda c: get_series(c, request))).series}


def by_name(attempt: metric_pb2.AttemptMetrics) -> dict[str, metric_pb2.MetricSummary]:
    return {one.name: one for one in attempt.metrics}


async def test_a_result_on_record_has_all_that_its_attempt_said(plane: Plane) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "training", epochs=4)
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED
    (attempt,) = await said(plane, execution)
    loss = by_name(attempt)["loss"]
    assert (attempt.node_id, attempt.item, attempt.retry_attempt) == ("n0", 0, 0)
    assert (loss.last, loss.min, loss.max, loss.points, loss.last_step) == (0.25, 0.25, 1.0, 4, 30)
    assert {one.name: one.value for one in attempt.parameters} == {"rate": "0.1", "optimiser": '"adam"'}
    assert (attempt.progress.done, attempt.progress.total, attempt.progress.message) == (4, 4, "training")
    assert attempt.deck_uri.endswith("/n0/data/0/deck.html")
    node = next(n for n in await plane.nodes(execution) if n.id.node_id == "n0")
    assert node.closure.deck_uri == attempt.deck_uri


async def test_not_a_number_and_infinity_are_values(plane: Plane) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "training")
    await plane.wait(execution)
    odd = (await series(plane, execution))["odd"]
    assert [math.isnan(odd.values[0]), odd.values[1], list(odd.steps)] == [True, math.inf, [0, 1]]
    summary = by_name((await said(plane, execution))[0])["odd"]
    assert (summary.last, summary.max) == (math.inf, math.inf)


async def test_a_metric_that_is_not_there_is_named_with_those_that_are(plane: Plane) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "training")
    await plane.wait(execution)
    with pytest.raises(NotFound, match='no metric "los"; there are: accuracy, loss, odd'):
        await series(plane, execution, ["los"])


async def test_ten_thousand_points_in_a_tight_loop_cost_little(plane: Plane) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "flooding", points=10_000)
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED
    data = await plane.platform.read(lambda c: plane.query.execution_data(c, execution.to_proto()))
    took_s = data.full_outputs.literals["o0"].scalar.primitive.float_value
    loss = (await series(plane, execution, ["loss"]))["loss"]
    assert list(loss.values) == [number * 0.5 for number in range(10_000)]
    assert list(loss.steps) == list(range(10_000))
    assert took_s < 1.0, "100 µs a point on a machine that is busy with other tests; 5 µs on one that is not"


async def test_every_failed_attempt_keeps_its_own(plane: Plane) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "stumbling")
    assert (await plane.wait(execution)).closure.phase == FAILED
    attempts = await said(plane, execution, all_attempts=True)
    assert [(one.retry_attempt, one.metrics[0].last) for one in attempts] == [(0, 0.0), (1, 1.0)]
    assert [one.deck_uri.rsplit("/", 2)[1] for one in attempts] == ["0", "1"]
    assert [one.retry_attempt for one in await said(plane, execution)] == [1]
    node = next(n for n in await plane.nodes(execution) if n.id.node_id == "n0")
    assert node.closure.deck_uri == attempts[1].deck_uri, "the deck of a task that fails is shown"


async def until_said(plane: Plane, execution: ExecutionId) -> metric_pb2.AttemptMetrics:
    async with asyncio.timeout(30):
        async for update in plane.follower.watch(execution, with_nodes=True):
            if update.attempts and update.attempts[0].HasField("progress"):
                return update.attempts[0]
    raise AssertionError("it ended without a word")


async def test_a_running_attempt_is_heard_by_who_watches_and_its_deck_is_there(plane: Plane, tmp_path: Path) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "lingering", started=str(tmp_path / "started"), go_on=str(tmp_path / "go"))
    heard = await until_said(plane, execution)
    assert (heard.node_id, heard.progress.done, heard.progress.total, heard.progress.message) == ("n0", 3, 7, "half way")
    assert by_name(heard)["before"].last == 1
    again = await until_said(plane, execution)
    assert again.progress.done == 3, "who comes later is told at once"
    with plane.platform.hub.watch(execution) as watcher:
        while not (node := next(n for n in await plane.nodes(execution) if n.id.node_id == "n0")).closure.deck_uri:
            await watcher.next()
    assert node.closure.phase == core.NodeExecution.RUNNING
    assert b"so far" in store.get_bytes(node.closure.deck_uri)
    (tmp_path / "go").touch()
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED


async def test_an_aborted_attempt_keeps_what_it_said(plane: Plane, tmp_path: Path) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "lingering", started=str(tmp_path / "started"), go_on=str(tmp_path / "go"))
    await until_said(plane, execution)
    await plane.platform.aborter.abort(execution, "enough", "ada")
    assert (await plane.wait(execution)).closure.phase == ABORTED
    await plane.platform.write(plane.platform.telemetry.write)
    (attempt,) = await said(plane, execution)
    assert (attempt.metrics[0].name, attempt.progress.message, attempt.deck_uri != "") == ("before", "half way", True)
    assert plane.platform.telemetry.live(await key_of(plane, execution)) == [], "nothing of an ended attempt stays in memory"


async def ended(plane: Plane, workflow: str, **inputs: object) -> ExecutionId:
    """An execution that has succeeded."""
    execution = await plane.launch(P + workflow, **inputs)
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED
    return execution


async def key_of(plane: Plane, execution: ExecutionId) -> int:
    return int((await plane.platform.read(lambda c: executions.get(c, execution))).key)


async def test_a_hit_shows_the_figures_of_who_computed_it(plane: Plane) -> None:
    await plane.register(telling)
    first = await plane.launch(P + "memo", x=4)
    await plane.wait(first)
    second = await plane.launch(P + "memo", x=4)
    await plane.wait(second)
    (attempt,) = await said(plane, second)
    assert (attempt.node_id, by_name(attempt)["score"].last) == ("n0", 5.0)
    assert attempt.computed_by.node_execution_id.execution_id.name == first.name
    assert list((await series(plane, second))["score"].values) == [4.0, 5.0]
    assert not (await said(plane, first))[0].HasField("computed_by")


def source(attempt: metric_pb2.AttemptMetrics) -> tuple[int, str, str, int]:
    """An item, and the execution, node and item that computed it; items counted from 1, 0: none."""
    node = attempt.computed_by.node_execution_id
    return attempt.item, node.execution_id.name, node.node_id, attempt.computed_by_item


async def test_an_item_from_the_cache_shows_the_figures_of_who_computed_it(plane: Plane) -> None:
    await plane.register(telling)
    alone, first = await ended(plane, "memo", x=7), await ended(plane, "memos", xs=[1, 2, 3])
    second = await ended(plane, "memos", xs=[3, 9, 7, 2])
    found = {one.item: one for one in await said(plane, second)}
    assert {item: by_name(one)["score"].last for item, one in found.items()} == {1: 4, 2: 10, 3: 8, 4: 3}
    assert source(found[1]) == (1, first.name, "n0", 3) and source(found[4]) == (4, first.name, "n0", 2)
    assert source(found[3]) == (3, alone.name, "n0", 0), "an ordinary task computed it"
    assert not found[2].HasField("computed_by")
    request = metric_pb2.GetSeriesRequest(id=NodeExecutionId(second, "n0").to_proto(), item=1)
    (points,) = (await plane.platform.read(lambda c: get_series(c, request))).series
    assert list(points.values) == [3, 4]
    hit = await ended(plane, "memo", x=2)
    (one,) = await said(plane, hit)
    assert (by_name(one)["score"].last, source(one)) == (3, (0, first.name, "n0", 2)), "an item computed it"
    assert list((await series(plane, hit))["score"].values) == [2, 3]


async def test_a_recovery_keeps_what_computed_an_item(plane: Plane, tmp_path: Path) -> None:
    await plane.register(telling)
    first = await ended(plane, "memos", xs=[1, 2])
    second = await plane.launch(P + "memos_and_gate", xs=[2, 5], mark=str(tmp_path / "mark"))
    assert (await plane.wait(second)).closure.phase == FAILED
    (tmp_path / "mark").touch()
    third = (await plane.platform.launcher.recover(admin.ExecutionRecoverRequest(id=second.to_proto(), name="third"), "ada")).id
    assert (await plane.wait(third)).closure.phase == SUCCEEDED
    assert [source(one) for one in await said(plane, third, "n0")] == [(1, first.name, "n0", 2), (2, second.name, "n0", 2)]
    for item, values in ((1, [2, 3]), (2, [5, 6])):
        request = metric_pb2.GetSeriesRequest(id=NodeExecutionId(third, "n0").to_proto(), item=item)
        (points,) = (await plane.platform.read(lambda c, r=request: get_series(c, r))).series  # type: ignore[misc]
        assert list(points.values) == values


async def test_a_recovered_node_shows_the_figures_of_the_execution_before(plane: Plane, tmp_path: Path) -> None:
    await plane.register(telling)
    first = await plane.launch(P + "half_done", mark=str(tmp_path / "mark"))
    assert (await plane.wait(first)).closure.phase == FAILED
    (tmp_path / "mark").touch()
    request = admin.ExecutionRecoverRequest(id=first.to_proto(), name="second")
    second = (await plane.platform.launcher.recover(request, "ada")).id
    assert (await plane.wait(second)).closure.phase == SUCCEEDED
    found = {one.node_id: one for one in await said(plane, second)}
    assert (by_name(found["n0"])["x"].last, by_name(found["n1"])["passed"].last) == (7, 1)
    assert found["n0"].computed_by.node_execution_id.execution_id.name == first.name
    assert not found["n1"].HasField("computed_by")
    assert list((await series(plane, second, ["x"]))["x"].values) == [7]
    decks = {n.id.node_id: n.closure.deck_uri for e in (first, second) for n in await plane.nodes(e) if n.id.node_id == "n0"}
    assert f"{first.name}/n0/data/0/deck.html" in decks["n0"], "the deck is that of before"


async def test_every_item_of_a_map_has_its_own(plane: Plane) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "mapped", xs=[3, 1, 2])
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED
    attempts = await said(plane, execution)
    assert [(one.item, one.metrics[0].last, one.progress.done) for one in attempts] == [(1, 3, 3), (2, 1, 1), (3, 2, 2)]


def work(execution: ExecutionId, key: int, attempt: int) -> Work:
    message = worker_pb2.Attempt(project=execution.project, domain=execution.domain, execution=execution.name)
    return Work(key=WorkKey(key, "n0", -1, attempt), attempt=message, pool=("", "", "", ""), demand=Demand())


def update(value: float, first: int = 0, *, is_first: bool = False) -> metric_pb2.AttemptUpdate:
    made = metric_pb2.AttemptUpdate(is_first=is_first)
    made.metrics.add(name="m", first=first, steps=[first], values=[value], at_us=[1])
    return made


async def test_what_comes_late_is_recorded_under_its_own_attempt(plane: Plane) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "stumbling")
    await plane.wait(execution)
    key, telemetry = await key_of(plane, execution), plane.platform.telemetry
    telemetry.take_in(work(execution, key, 0), update(70, first=9), is_stopped=True)
    await plane.platform.write(telemetry.write)
    found = {one.retry_attempt: by_name(one) for one in await said(plane, execution, all_attempts=True)}
    assert found[0]["m"].last == 70
    assert "m" not in found[1]


async def test_a_batch_that_is_written_twice_counts_once_and_a_run_anew_replaces(plane: Plane) -> None:
    execution, telemetry = ExecutionId("default", "development", "none"), plane.platform.telemetry

    async def values() -> list[float]:
        return [row.value for row in await plane.platform.read(lambda c: rows.series(c, AttemptKey(77, "n0", -1, 0), rows.Wanted("m")))]

    for _ in range(2):
        telemetry.take_in(work(execution, 77, 0), update(1, first=0), is_stopped=False)
        telemetry.take_in(work(execution, 77, 0), update(2, first=1), is_stopped=False)
        await plane.platform.write(telemetry.write)
    assert await values() == [1, 2]
    telemetry.take_in(work(execution, 77, 0), update(5, is_first=True), is_stopped=False)
    await plane.platform.write(telemetry.write)
    assert await values() == [5]


async def test_what_a_lost_transaction_held_is_written_by_the_next(plane: Plane) -> None:
    execution, telemetry = ExecutionId("default", "development", "none"), plane.platform.telemetry
    telemetry.take_in(work(execution, 78, 0), update(3), is_stopped=False)

    def lost(connection: object) -> None:
        telemetry.write(connection)  # type: ignore[arg-type]
        raise RuntimeError("the transaction is lost")

    with pytest.raises(Exception, match="the transaction is lost"):
        await asyncio.wrap_future(plane.platform.writer.submit(lost, is_guarded=False))
    await plane.platform.write(telemetry.write)
    assert [r.value for r in await plane.platform.read(lambda c: rows.series(c, AttemptKey(78, "n0", -1, 0), rows.Wanted("m")))] == [3]


async def test_a_thread_of_the_task_speaks_for_it(plane: Plane) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "in_threads")
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED
    assert [one.name for one in (await said(plane, execution))[0].metrics] == ["in a thread"]


async def test_a_task_that_says_nothing_says_nothing(plane: Plane) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "quiet", x=1)
    updates = [update async for update in plane.follower.watch(execution, with_nodes=True)]
    assert all(not u.attempts for u in updates if isinstance(u, service_pb2.ExecutionUpdate))
    (attempt,) = await said(plane, execution)
    assert (len(attempt.metrics), attempt.HasField("progress")) == (0, False)
    assert b"wrote nothing" in store.get_bytes(attempt.deck_uri), "deck=True writes one all the same"


async def test_a_long_series_is_given_by_its_lows_and_highs_from_a_point_on_and_in_a_part(
    plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plane.register(telling)
    execution = await plane.launch(P + "waves", points=10_000)
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED

    async def wave(**fields: Any) -> metric_pb2.MetricSeries:
        request = metric_pb2.GetSeriesRequest(id=NodeExecutionId(execution, "n0").to_proto(), names=["wave"], **fields)
        (one,) = (await plane.platform.read(lambda c: get_series(c, request))).series
        return one

    whole = await wave()
    thin = await wave(most=200)
    assert (len(whole.values), whole.points, thin.points) == (10_000, 10_000, 10_000)
    assert 150 <= len(thin.values) <= 200
    points = list(zip(whole.steps, map(str, whole.values), whole.at_us, strict=True))
    shown = list(zip(thin.steps, map(str, thin.values), thin.at_us, strict=True))
    assert [point for point in points if point in set(shown)] == shown
    assert (shown[0], shown[-1]) == (points[0], points[-1])
    real = [value for value in whole.values if value == value]
    assert {min(real), max(real)} <= set(thin.values)
    assert any(value != value for value in thin.values)
    for most in (1, 2, 3, 4, 5, 6, 7, 10, 33):
        few = await wave(most=most)
        assert most - 3 <= len(few.values) <= most
        assert few.steps[-1] == whole.steps[-1]
        assert most == 1 or few.steps[0] == whole.steps[0]
    read: list[int] = []

    def thinned(*given: Any) -> Sequence[Any]:
        found = real_thinned(*given)
        read.append(len(found))
        return found

    real_thinned = rows.thinned
    monkeypatch.setattr(rows, "thinned", thinned)
    for most in (1, 2, 3):
        assert list((await wave(most=most)).steps) == [whole.steps[0], whole.steps[-1]][-most:]
    assert max(read) == 2, "no more is read than the ends"
    key, counted = AttemptKey(await key_of(plane, execution), "n0", -1, 0), rows.Extent(5_000, 0, 4_999)
    all_of_it = rows.Extent(10_000, 0, 9_999)
    chosen = await plane.platform.read(lambda c: rows.thinned(c, key, rows.Wanted("wave"), all_of_it, 100))
    for begin in range(0, 10_000, 100):
        stretch = [value for value in whole.values[begin : begin + 100] if value == value]
        kept = [rows.value_of(value) for number, _, value, _ in chosen if begin <= number < begin + 100]
        assert {min(stretch), max(stretch)} <= set(kept)
        assert any(value != value for value in kept) == any(value != value for value in whole.values[begin : begin + 100])
    early = await plane.platform.read(lambda c: rows.thinned(c, key, rows.Wanted("wave"), counted, 100))
    assert early[-1][0] == 4_999, "what came since the points were counted is left for the next question"
    part = await wave(most=500, from_step=4_000, to_step=4_099)
    assert (list(part.steps), part.points) == (list(range(4_000, 4_100)), 100)
    assert (await wave(from_us=whole.at_us[-1] + 1)).points == 0
    rest = await wave(firsts=[9_990])
    assert (rest.first, list(rest.steps)) == (9_990, list(range(9_990, 10_000)))
    assert (await wave(firsts=[10_000])).points == 0
    for wrong in ([1, 2], [1 << 63]):
        with pytest.raises(InvalidInput, match="firsts"):
            await wave(firsts=wrong)


async def test_watchers_hear_of_every_point(plane: Plane, tmp_path: Path) -> None:
    await plane.register(telling)
    path = tmp_path / "go"
    execution = await plane.launch(P + "waiting_waves", points=1_000, path=str(path))
    last = metric_pb2.MetricSummary()
    async for update in plane.follower.watch(execution, with_nodes=True):
        for attempt in update.attempts:
            last.CopyFrom(by_name(attempt)["wave"])
        if last.points == 1_000:
            path.touch()
    (attempt,) = await said(plane, execution)
    assert by_name(attempt)["wave"] == last
