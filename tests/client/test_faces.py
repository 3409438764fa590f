"""The blocking face and the asynchronous one offer the same."""

from __future__ import annotations

import inspect

import pytest

from alula.client.client import AsyncClient
from alula.client.execution import AsyncExecution
from alula.client.sync import Client, Execution

# What moves literals and exact ids rather than Python values; only the command line and the tests reach for it, by `source`.
PLUMBING = {
    AsyncClient: {"start", "create", "target", "exact", "find"},
    AsyncExecution: {"restart", "output_literals", "names", "learn", "node_id", "task_of", "check"},
}


def public(of: type) -> set[str]:
    set_in_init = {"id"} if of is AsyncExecution else set()
    return {name for name in dir(of) if not name.startswith("_")} | set_in_init


@pytest.mark.parametrize(("blocking", "asynchronous"), [(Client, AsyncClient), (Execution, AsyncExecution)])
def test_both_faces_offer_the_same(blocking: type, asynchronous: type) -> None:
    assert PLUMBING[asynchronous] <= public(asynchronous)
    assert public(blocking) == public(asynchronous) - PLUMBING[asynchronous]


@pytest.mark.parametrize(("blocking", "asynchronous"), [(Client, AsyncClient), (Execution, AsyncExecution)])
def test_both_faces_take_the_same_arguments(blocking: type, asynchronous: type) -> None:
    for name in public(blocking):
        one, other = (inspect.getattr_static(face, name, None) for face in (blocking, asynchronous))
        if callable(one) and callable(other):
            taken = [[(p.name, p.kind, p.default) for p in inspect.signature(f).parameters.values()] for f in (one, other)]
            assert taken[0] == taken[1], name
