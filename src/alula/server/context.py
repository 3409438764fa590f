"""What a request brings besides its message, the same for gRPC and HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, and the request's metadata.

    Attributes:
        principal: who asks, as `principal.py` decides it; empty: that is not known.
        metadata: headers or gRPC metadata, names in lower case.
    """

    principal: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
