"""The cache key: the same for equal work, whoever does it, in whatever process, project's execution or version of the code.

In it: the task's project, domain and name, its cache version, its interface, and the digest of every input that is not
ignored. Not in it, as with Flyte: the task's version, its image, its resources, its environment.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgpack

from alula.engine.graph import TaskCall
from alula.idl import core
from alula.idl.digest import digest_interface, digest_literal

_interfaces: dict[int, tuple[core.TaskTemplate, bytes]] = {}


@dataclass(frozen=True, slots=True)
class CacheKey:
    """`digest` is the key; the parts are kept to explain a miss. `inputs`: short digest by input name."""

    digest: bytes
    project: str
    domain: str
    task_name: str
    cache_version: str
    interface: bytes
    inputs: dict[str, bytes]

    @property
    def packed_inputs(self) -> bytes:
        return msgpack.packb(self.inputs)


def _interface_of(template: core.TaskTemplate) -> bytes:
    """Digest of an interface, remembered by identity: templates live as long as the graph that holds them."""
    known = _interfaces.get(id(template))
    if known is not None and known[0] is template:
        return known[1]
    if len(_interfaces) > 4096:
        _interfaces.clear()
    digest = digest_interface(template.interface)
    _interfaces[id(template)] = (template, digest)
    return digest


def cache_key(call: TaskCall, inputs: core.LiteralMap) -> CacheKey:
    """The key of one call."""
    digests = {name: digest_literal(inputs.literals[name])[:12] for name in sorted(inputs.literals) if name not in call.ignored_inputs}
    interface = _interface_of(call.template)
    head = (call.id.project, call.id.domain, call.id.name, call.cache_version, interface, list(digests.items()))
    return CacheKey(
        digest=hashlib.sha256(msgpack.packb(head)).digest(),
        project=call.id.project,
        domain=call.id.domain,
        task_name=call.id.name,
        cache_version=call.cache_version,
        interface=interface,
        inputs=digests,
    )


def explain_miss(key: CacheKey, version: str, interface: bytes, packed_inputs: bytes) -> str:
    """In which part a key differs from an older entry of the same task, in words."""
    if version != key.cache_version:
        return f'cache version is "{key.cache_version}", the newest entry has "{version}"'
    if interface != key.interface:
        return "the task's interface (inputs or outputs) has changed since the newest entry"
    older: dict[str, bytes] = msgpack.unpackb(packed_inputs)
    changed = sorted(name for name in key.inputs if older.get(name) != key.inputs[name])
    if changed:
        return f"input {', '.join(changed)} differ{'s' if len(changed) == 1 else ''} from the newest entry"
    return "the entry was evicted"
