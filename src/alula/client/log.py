"""Reading what an attempt wrote, while it writes and across restarts of the server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

from alula.client import rpc
from alula.client.attempt import attempts_of, later_attempt
from alula.client.outage import Outage
from alula.client.wire import Wire
from alula.errors import Unavailable
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import service_pb2 as v1


async def read(
    wire: Wire, execution: ExecutionId, attempt: core.TaskExecutionIdentifier, item: int, *, follow: bool = False, tail_bytes: int = 0
) -> AsyncGenerator[str, None]:
    """An attempt's log as text pieces; a character is never torn.

    Args:
        attempt: of an ordinary task or of an item of a map.
        item: index in the map, -1 for an ordinary task.
        follow: go on until the attempt ends, and with the next one if it is tried again; also after a restart of the server.
        tail_bytes: at most this far before the present end; 0 for all.
    Raises:
        Unavailable: the server stayed away for two minutes.
    """
    current: core.TaskExecutionIdentifier | None = attempt
    while current is not None:
        rest = b""
        async for piece in _bytes(wire, execution, v1.LogsRequest(id=current, item=item + 1, follow=follow, tail_bytes=tail_bytes)):
            data = rest + piece
            cut = len(data) - torn_tail(data)
            rest = data[cut:]
            if cut:
                yield data[:cut].decode(errors="replace")
        if rest:
            yield rest.decode(errors="replace")
        current, tail_bytes = await _next(wire, execution, current, item) if follow else None, 0


async def _bytes(wire: Wire, execution: ExecutionId, request: v1.LogsRequest) -> AsyncIterator[bytes]:
    """The bytes of one attempt's log; if they are followed, an outage of the server leaves no gap."""
    outage = Outage(wire)
    while True:
        stream = wire.stream(rpc.LOGS, request)
        try:
            async for chunk in stream:
                outage.over()
                if chunk.data:
                    request.offset = chunk.offset + len(chunk.data)
                    yield chunk.data
                if chunk.is_end:
                    return
            if not request.follow:
                return
            raise Unavailable(f"execution {execution}: the server ended the log before the attempt ended")
        except Unavailable as error:
            if not request.follow:
                raise
            await outage.wait(error)
        finally:
            stream.cancel()


async def _next(
    wire: Wire, execution: ExecutionId, attempt: core.TaskExecutionIdentifier, item: int
) -> core.TaskExecutionIdentifier | None:
    """The attempt after one that has ended, if there is one."""
    outage = Outage(wire)
    while True:
        try:
            listed = await attempts_of(wire, execution, attempt.node_execution_id.node_id)
        except Unavailable as error:
            await outage.wait(error)
        else:
            return later_attempt(attempt, listed, item)


def torn_tail(data: bytes) -> int:
    """Bytes at the end that begin a UTF-8 character without completing it, 0 to 3."""
    for back in range(1, min(4, len(data) + 1)):
        byte = data[-back]
        if byte & 0xC0 == 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if needed > back else 0
        if byte & 0x80 == 0:
            return 0
    return 0
