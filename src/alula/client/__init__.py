"""The SDK's side of the wire: connect, register, launch, wait, read. One asynchronous source, a blocking face over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alula.client.client import AsyncClient
    from alula.client.sync import Client


def connect(address: str = "", *, project: str = "", domain: str = "") -> Client:
    """A client of a server; opens no connection yet.

    Args:
        address: `host:port` of the gRPC door, `https://…` for TLS; empty: `ALULA_ADDRESS`, `FLYTE_PLATFORM_URL`, the settings
            file, else this machine.
        project: of everything it registers and launches; empty: the settings', else `flytesnacks`.
        domain: likewise; else `development`.
    Raises:
        InvalidInput: the settings file cannot be read.
    """
    from alula.client.sync import Client
    from alula.client.wire import BlockingWire

    return Client.over(BlockingWire, address, project, domain)


def connect_async(address: str = "", *, project: str = "", domain: str = "") -> AsyncClient:
    """`connect` for a running event loop: every method is a coroutine."""
    from alula.client.client import AsyncClient
    from alula.client.wire import LoopWire

    return AsyncClient.over(LoopWire, address, project, domain)


__all__ = ["connect", "connect_async"]
