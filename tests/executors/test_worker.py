"""What a worker is killed for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.executors.samples import worker

from alula.engine.graph import Demand
from alula.executors import memory
from alula.executors.worker import MAX_EXCESS, Worker


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Worker:
    """One whose attempt may use 100 bytes."""
    one = worker(1, Demand(mem_limit_bytes=100))
    monkeypatch.setattr(memory, "tree_rss_bytes", lambda pid: 1000)
    monkeypatch.setattr(one.zygote, "kill", lambda number: None)
    return one


def uses(monkeypatch: pytest.MonkeyPatch, alone: int, together: int) -> None:
    monkeypatch.setattr(memory, "pss_bytes", lambda pid: alone)
    monkeypatch.setattr(memory, "tree_bytes", lambda pid: together)


def test_what_uses_too_much_by_itself_is_killed_at_once(limited: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    uses(monkeypatch, alone=101, together=101)
    limited.check_memory()
    assert limited.verdict is not None and limited.verdict.code == "OOM"


def looks(one: Worker) -> Iterator[bool]:
    """Looks at it again and again; whether it is condemned."""
    while True:
        one.check_memory()
        yield one.verdict is not None


def test_what_uses_too_much_with_its_children_is_killed_once_that_lasts(limited: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that was started by vfork has its parent's memory until it becomes its program, and is counted as if that were its own."""
    looking = looks(limited)
    uses(monkeypatch, alone=60, together=120)
    assert [next(looking) for _ in range(MAX_EXCESS - 1)] == [False] * (MAX_EXCESS - 1)
    uses(monkeypatch, alone=60, together=60)
    assert next(looking) is False
    uses(monkeypatch, alone=60, together=120)
    assert [next(looking) for _ in range(MAX_EXCESS)] == [False] * (MAX_EXCESS - 1) + [True]
