"""The output cache of a bench: the server's catalog over a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a row of the output cache says."""

    project: str
    domain: str
    task_name: str
    cache_version: str
    interface_digest: bytes
    input_digests: bytes
    source: bytes
    outputs: bytes | None
    outputs_uri: str


class Entries:
    """Entries by key, the newest last."""

    def __init__(self) -> None:
        self._found: dict[bytes, Entry] = {}

    def find(self, connection: Any, key: bytes, /) -> Entry | None:
        return self._found.get(key)

    def put(self, connection: Any, values: tuple[Any, ...], /) -> None:
        key, project, domain, task_name, version, interface, inputs, source, _, uri, outputs = values
        self._found.pop(key, None)
        self._found[key] = Entry(
            project=project,
            domain=domain,
            task_name=task_name,
            cache_version=version,
            interface_digest=interface,
            input_digests=inputs,
            source=source,
            outputs=outputs,
            outputs_uri=uri,
        )

    def latest(self, connection: Any, project: str, domain: str, task_name: str, /) -> Sequence[Entry]:
        place = (project, domain, task_name)
        return next(([e] for e in reversed(self._found.values()) if (e.project, e.domain, e.task_name) == place), [])

    def clear(self) -> None:
        self._found.clear()

    def __len__(self) -> int:
        return len(self._found)
