"""Results that are kept: when they are found again, and how the node says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flyteidl.core import catalog_pb2


def status(raw: Any, execution: Any, node: str = "n0") -> str:
    """How a node stands to the cache."""
    found = raw.get_node_execution(execution.node_executions[node].id)
    return str(catalog_pb2.CatalogCacheStatus.Name(found.closure.task_node_metadata.cache_status))


def test_second_execution_finds_the_first_ones_result(run: Any, raw: Any, tmp_path: Path) -> None:
    given = {"path": str(tmp_path / "n"), "x": 6}
    first = run.succeed("programs.caching.cached", given)
    second = run.succeed("programs.caching.cached", given)
    assert second.outputs["o0"] == 36
    assert (tmp_path / "n").read_text() == "x"
    assert status(raw, first) == "CACHE_POPULATED"
    assert status(raw, second) == "CACHE_HIT"
    assert not second.node_executions["n0"].task_executions
    hit = raw.get_node_execution(second.node_executions["n0"].id).closure.task_node_metadata.catalog_key
    assert hit.source_task_execution.node_execution_id.execution_id.name == first.id.name


def test_another_input_misses(run: Any, tmp_path: Path) -> None:
    for x in (1, 2):
        run.succeed("programs.caching.cached", {"path": str(tmp_path / "n"), "x": x})
    assert (tmp_path / "n").read_text() == "xx"


def test_single_task_shares_the_cache_with_workflows(run: Any, tmp_path: Path) -> None:
    given = {"path": str(tmp_path / "n"), "x": 6}
    run.succeed("programs.caching.cached", given)
    task = run.remote.fetch_task(name="programs.caching.once", version=run.version)
    run.finish(run.remote.execute(task, inputs=given))
    assert (tmp_path / "n").read_text() == "x"


def test_overwrite_runs_again_and_keeps_the_new_result(run: Any, raw: Any, tmp_path: Path) -> None:
    given = {"path": str(tmp_path / "n"), "x": 6}
    run.succeed("programs.caching.cached", given)
    run.succeed("programs.caching.cached", given, overwrite_cache=True)
    third = run.succeed("programs.caching.cached", given)
    assert (tmp_path / "n").read_text() == "xx"
    assert status(raw, third) == "CACHE_HIT"


def test_serialized_runs_once_for_all(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "n"
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: run("programs.caching.serialized", {"path": str(path), "x": 5}), range(3)))
    assert [e.outputs["o0"] for e in found] == [25, 25, 25]
    assert path.read_text() == "x"


def test_ignored_input(run: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "n")
    assert [run.succeed("programs.caching.ignored_input", {"path": path, "noise": i}).outputs["o0"] for i in (1, 2)] == [1, 1]


def test_data_frames_are_found_by_their_hash_only(run: Any, tmp_path: Path) -> None:
    hashed, plain = str(tmp_path / "hashed"), str(tmp_path / "plain")
    assert [run.succeed("programs.caching.hashed_frame", {"path": hashed, "n": 3}).outputs["o0"] for _ in range(2)] == [1, 1]
    assert [run.succeed("programs.caching.plain_frame", {"path": plain, "n": 3}).outputs["o0"] for _ in range(2)] == [1, 2]


def test_task_without_outputs_is_never_cached(run: Any, raw: Any, tmp_path: Path) -> None:
    path = tmp_path / "n"
    found = [run.succeed("programs.caching.cached_without_outputs", {"path": str(path)}) for _ in range(2)]
    assert path.read_text() == "xx"
    assert status(raw, found[1]) == "CACHE_DISABLED"
