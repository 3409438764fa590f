"""What `alula up` is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from alula.control.limit import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """What `alula up` is told.

    Attributes:
        home: folder of database, store, logs and secrets.
        http: HOST:PORT of the HTTP door; port 0 picks a free one.
        grpc: HOST:PORT of the gRPC door; port 0 picks a free one.
        database: URL; empty: SQLite in the home folder.
        store: URI of the object store's root; empty: a folder in the home folder.
        images: interpreter by image name.
        cpu_m, mem_bytes, gpus: what tasks may ask for at once; 0: the machine's own.
        is_public: listen on addresses that others can reach.
    """

    home: Path
    http: str = "127.0.0.1:8090"
    grpc: str = "127.0.0.1:8089"
    database: str = ""
    store: str = ""
    images: dict[str, str] = field(default_factory=dict)
    cpu_m: int = 0
    mem_bytes: int = 0
    gpus: int = 0
    limits: Limits = field(default_factory=Limits)
    is_public: bool = False
