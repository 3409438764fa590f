"""Where each object of an execution lies under the store's root. Clients and tests of Flyte rely on this layout."""

from __future__ import annotations

import zlib

from alula.idl.identifier import ExecutionId

METADATA = "metadata/propeller"


def execution_root(root: str, execution: ExecutionId) -> str:
    """Folder of an execution's metadata."""
    return f"{root}/{METADATA}/{execution.project}-{execution.domain}-{execution.name}"


def node_data(root: str, execution: ExecutionId, node_id: str) -> str:
    """Folder of a node's inputs.pb and of its attempts."""
    return f"{execution_root(root, execution)}/{node_id}/data"


def output_prefix(root: str, execution: ExecutionId, node_id: str, attempt: int, item: int = -1) -> str:
    """Folder an attempt writes outputs.pb, error.pb, futures.pb and deck.html to."""
    base = node_data(root, execution, node_id)
    return f"{base}/0/{item}/{attempt}" if item >= 0 else f"{base}/{attempt}"


def raw_output_prefix(raw: str, execution: ExecutionId, node_id: str, attempt: int, item: int = -1) -> str:
    """Folder for the data an attempt offloads, spread over two-character shards."""
    name = f"{execution.name}-{node_id}-{attempt}" + (f"-{item}" if item >= 0 else "")
    return _sharded(raw, name)


def _sharded(raw: str, name: str) -> str:
    return f"{raw}/{zlib.crc32(name.encode()) & 0xFF:02x}/{name}"


def checkpoint_prefix(raw_prefix: str) -> str:
    """Folder of an attempt's checkpoint."""
    return f"{raw_prefix}/_flytecheckpoints"


def earlier_checkpoints(raw_prefix: str, execution: str, node_id: str, attempt: int, item: int = -1) -> list[str]:
    """Folders of the checkpoints of all attempts before this one, the latest first; none if the prefix is not laid out by us.

    Args:
        raw_prefix: what `raw_output_prefix` gave for this attempt.
        execution: its name.
    """
    found, suffix = [], f"-{item}" if item >= 0 else ""
    root, _, name = raw_prefix.rstrip("/").rpartition("/")
    root = root.rpartition("/")[0]
    if not root or name != f"{execution}-{node_id}-{attempt}{suffix}":
        return []
    for number in range(attempt - 1, -1, -1):
        found.append(checkpoint_prefix(_sharded(root, f"{execution}-{node_id}-{number}{suffix}")))
    return found


def upload_folder(root: str, project: str, domain: str) -> str:
    return f"{root}/uploads/{project}/{domain}"
