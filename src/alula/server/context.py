"""What a request brings besides its message, the same for gRPC and HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, and the request's metadata.

    Attributes:
        principal: identity that the server established, never one the client claims; empty with authentication off.
        metadata: headers or gRPC metadata, names in lower case.
    """

    principal: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
