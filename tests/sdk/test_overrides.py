"""What one call changes about how its target runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import alula as al
from alula.errors import DefinitionError
from alula.sdk.graph import Node
from alula.sdk.serialize import node_metadata


@al.task(cache="1", retries=2)
def kept(x: int) -> int:
    return x


@al.reference_task(project="p", domain="d", name="n", version="v")
def elsewhere(x: int) -> int: ...


def metadata(target: al.Task[..., int]) -> dict[str, object]:
    """What a call of an overridden task says of its cache."""
    node = Node(target.origin, "n", target.interface, {}, "")
    assert target._overrides is not None
    node.overrides = target._overrides
    made = node_metadata(node)
    return {"cacheable": made.cacheable if made.WhichOneof("cacheable_value") else None, "version": made.cache_version}


def test_a_call_may_be_computed_anew_or_by_another_version_or_by_its_source() -> None:
    assert metadata(kept.override(cache=False)) == {"cacheable": False, "version": ""}
    assert metadata(kept.override(cache="2")) == {"cacheable": True, "version": "2"}
    assert metadata(kept.override(cache=True)) == {"cacheable": True, "version": kept.content_hash}
    both = al.Cache(version="3", by_code=True)
    assert metadata(kept.override(cache=both)) == {"cacheable": True, "version": f"3-{kept.content_hash}"}
    assert metadata(kept.override(cache="2").override(cache=False))["cacheable"] is False, "the later one counts"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (lambda: kept.override(retries=0), "0 means the task's own"),
        (lambda: kept.override(cache=al.Cache(version="1", ignore=["x"])), "is the task's own; give it to @al.task"),
        (lambda: metadata(elsewhere.override(cache=True)), "its source is not here; give a version"),
    ],
)
def test_what_the_messages_cannot_say_is_refused(override: Callable[[], object], said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        override()
