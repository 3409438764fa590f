"""The executor's end of a worker's channel."""

from __future__ import annotations

import asyncio
import socket

from alula.executors.channel import Channel
from alula.idl.frames import frame
from alula.idl.v1 import worker_pb2


async def test_what_an_ended_worker_sent_last_is_read_before_its_channel_is_closed() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    channel, heard = Channel(asyncio.get_running_loop(), ours), list[worker_pb2.FromWorker]()
    connected = asyncio.Event()
    channel.open(lambda message: (heard.append(message), connected.set()), lambda: None)  # type: ignore[func-returns-value]
    theirs.sendall(frame(worker_pb2.FromWorker(reports=[worker_pb2.Report(handle=1)]).SerializeToString()))
    await asyncio.wait_for(connected.wait(), 10)
    theirs.sendall(frame(worker_pb2.FromWorker(reports=[worker_pb2.Report(handle=2)]).SerializeToString()))
    theirs.close()
    channel.drain()
    channel.close()
    assert [message.reports[0].handle for message in heard] == [1, 2]


def test_a_channel_that_never_opened_has_nothing_to_read() -> None:
    ours, theirs = socket.socketpair()
    loop = asyncio.new_event_loop()
    Channel(loop, ours).drain()
    for one in (ours, theirs):
        one.close()
    loop.close()
