"""Of a task's entries the one that a call comes nearest to: what a miss is best explained by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgpack


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an entry's key was made of, and who computed it.

    Attributes:
        inputs: short digest by input name.
        source: serialised CacheSource.
    """

    cache_version: str
    interface: bytes
    inputs: dict[str, bytes]
    source: bytes

    @classmethod
    def of(cls, cache_version: str, interface: bytes, packed_inputs: bytes, source: bytes) -> Entry:
        return cls(cache_version=cache_version, interface=interface, inputs=msgpack.unpackb(packed_inputs), source=source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where another entry's key differs. `inputs`: those that differ, or that one of the two lacks."""

    entry: Entry
    inputs: tuple[str, ...]
    is_other_version: bool
    is_other_interface: bool

    @property
    def parts(self) -> int:
        """In how many parts."""
        return len(self.inputs) + self.is_other_version + self.is_other_interface


def nearest(own: Entry, others: Iterable[Entry]) -> Difference | None:
    """The entry that differs in the fewest parts, of several the first; None if there is none that differs."""
    found = [each for each in (difference(own, other) for other in others) if each.parts]
    return min(found, key=lambda each: each.parts, default=None)


def difference(own: Entry, other: Entry) -> Difference:
    """In which parts of their keys two entries differ."""
    names = sorted(own.inputs.keys() | other.inputs.keys())
    return Difference(
        entry=other,
        inputs=tuple(name for name in names if own.inputs.get(name) != other.inputs.get(name)),
        is_other_version=own.cache_version != other.cache_version,
        is_other_interface=own.interface != other.interface,
    )
