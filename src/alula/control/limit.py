"""The limits of a server: each has a name, a default and a setting; what exceeds one is refused at submission."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds; sizes in bytes, spans in seconds.

    Attributes:
        max_message_bytes: of one request.
        max_nodes: of one compiled workflow.
        max_upload_bytes: of one upload.
        inline_bytes: values up to this size live in the database, larger ones in the object store.
        link_s: how long a signed link is good for.
    """

    max_message_bytes: int = 20 * MIB
    max_nodes: int = 100_000
    max_upload_bytes: int = 5 * 1024 * MIB
    inline_bytes: int = 16 * 1024
    link_s: int = 3600
