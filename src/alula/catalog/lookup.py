"""Answering the engine's cache questions inside the turn, in the writer's view: what this transaction filled is already seen.

An entry whose outputs lie in the object store is answered later: `look_up` gives `Elsewhere`, the event loop reads the object, and
either posts the hit or asks again with what it found (`Unread`).

Single-flight: with `cache_serialize` the first caller of a key computes, the others wait for its answer. Who waits is kept in
memory, where the executions live; after a restart they ask again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from alula.catalog.key import CacheKey, cache_key, explain_miss
from alula.database import cache
from alula.engine.effect import FillCache, LookUpCache, ReleaseReservation
from alula.engine.event import CacheHit, CacheMissed, Event
from alula.engine.state import Run
from alula.idl import core
from alula.idl.v1 import cache_pb2

Caller = tuple[int, str, int]  # execution key, node id, item


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An entry was found and its outputs are an object, to be read outside the transaction."""

    effect: LookUpCache
    uri: str
    source: bytes  # serialised CacheSource


@dataclass(frozen=True, slots=True)
class Unread:
    """The outputs at `uri` could not be had: an entry that still points there is a miss, for this reason."""

    uri: str
    reason: str


@dataclass(slots=True)
class _Reservation:
    owner: Caller
    waiting: deque[Caller] = field(default_factory=deque)


class Entries(Protocol):
    """Where entries are kept: the rows of `database.cache`, or anything with the same three functions."""

    def find(self, connection: Connection, key: bytes, /) -> Any: ...
    def put(self, connection: Connection, values: tuple[Any, ...], /) -> None: ...
    def latest(self, connection: Connection, project: str, domain: str, task_name: str, /) -> Sequence[Any]: ...


class Catalog:
    """The output cache of one server. Used in the writer's thread only."""

    def __init__(self, entries: Entries = cache) -> None:
        self._entries = entries
        self._reservations: dict[bytes, _Reservation] = {}
        self._held: dict[Caller, bytes] = {}

    def look_up(
        self, connection: Connection, run: Run, effect: LookUpCache, at: int, unread: Unread | None = None
    ) -> Event | Elsewhere | None:
        """A hit, a miss with its reason, what must be read first, or None while another execution computes the same call.

        Args:
            unread: what an answer of before said must be read, and could not be.
        """
        key = cache_key(effect.call, effect.inputs)
        caller = (run.key, effect.node_id, effect.item)
        found = self._entries.find(connection, key.digest)
        if found is not None:
            if found.outputs is not None:
                outputs = core.LiteralMap.FromString(found.outputs)
                return CacheHit(at, effect.node_id, effect.item, outputs, found.source or b"")
            if unread is None or unread.uri != found.outputs_uri:
                return Elsewhere(effect, found.outputs_uri, found.source or b"")
        if effect.call.is_serialized:
            reservation = self._reservations.get(key.digest)
            if reservation is not None and reservation.owner != caller:
                if caller not in reservation.waiting:
                    reservation.waiting.append(caller)
                return None
            self._reservations.setdefault(key.digest, _Reservation(caller))
            self._held[caller] = key.digest
        reason = unread.reason if unread is not None and found is not None else self._reason(connection, key)
        return CacheMissed(at, effect.node_id, effect.item, reason, effect.call.is_serialized)

    def _reason(self, connection: Connection, key: CacheKey) -> str:
        newest = self._entries.latest(connection, key.project, key.domain, key.task_name)
        if not newest:
            return "the task has no entry yet"
        return explain_miss(key, newest[0].cache_version, newest[0].interface_digest, newest[0].input_digests)

    def fill(self, connection: Connection, run: Run, effect: FillCache, at: int) -> Iterator[tuple[int, Event]]:
        """Records a success and answers everyone who waits for it."""
        key = cache_key(effect.call, effect.inputs)
        source = _source(run, effect, key).SerializeToString()
        inline = None if effect.outputs_uri else effect.outputs.SerializeToString()
        parts = (key.digest, key.project, key.domain, key.task_name, key.cache_version, key.interface, key.packed_inputs)
        self._entries.put(connection, (*parts, source, at, effect.outputs_uri, inline))
        self._held.pop((run.key, effect.node_id, effect.item), None)
        reservation = self._reservations.pop(key.digest, None)
        for execution, node_id, item in reservation.waiting if reservation else ():
            yield execution, CacheHit(at, node_id, item, effect.outputs, source)

    def release(self, run: Run, effect: ReleaseReservation, at: int) -> Iterator[tuple[int, Event]]:
        """The owner gave up: the next in line computes."""
        yield from self._give_up((run.key, effect.node_id, effect.item), at)

    def forget(self, run: Run, at: int) -> Iterator[tuple[int, Event]]:
        """An execution has ended: it waits for nothing any more, and whatever it still held is free."""
        for reservation in self._reservations.values():
            if any(caller[0] == run.key for caller in reservation.waiting):
                reservation.waiting = deque(caller for caller in reservation.waiting if caller[0] != run.key)
        for caller in [c for c in self._held if c[0] == run.key] if self._held else ():
            yield from self._give_up(caller, at)

    def _give_up(self, caller: Caller, at: int) -> Iterator[tuple[int, Event]]:
        digest = self._held.pop(caller, None)
        reservation = self._reservations.get(digest) if digest is not None else None
        if digest is None or reservation is None or reservation.owner != caller:
            return
        if not reservation.waiting:
            del self._reservations[digest]
            return
        reservation.owner = reservation.waiting.popleft()
        self._held[reservation.owner] = digest
        execution, node_id, item = reservation.owner
        yield execution, CacheMissed(at, node_id, item, "the execution that was computing the same call failed", True)


def _source(run: Run, effect: FillCache, key: CacheKey) -> cache_pb2.CacheSource:
    node = core.NodeExecutionIdentifier(node_id=effect.node_id, execution_id=run.id.to_proto())
    version = f"{key.cache_version}-{key.interface.hex()[:16]}"
    return cache_pb2.CacheSource(
        dataset_id=core.Identifier(
            resource_type=core.DATASET, project=key.project, domain=key.domain, name=f"flyte_task-{key.task_name}", version=version
        ),
        artifact_tag=core.CatalogArtifactTag(artifact_id=key.digest.hex(), name=f"flyte_cached-{key.digest.hex()[:43]}"),
        source_task_execution=core.TaskExecutionIdentifier(
            task_id=effect.call.id.to_proto(), node_execution_id=node, retry_attempt=effect.attempt
        ),
        item=effect.item + 1,
    )
