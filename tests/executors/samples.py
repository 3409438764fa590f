"""Attempts and workers by hand: no process stands behind them."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from alula.engine.graph import Demand
from alula.executors.base import Work, WorkKey
from alula.executors.channel import Channel
from alula.executors.worker import Flight, Worker
from alula.executors.zygote import Zygote
from alula.idl.v1 import worker_pb2


def flight(item: int = 0, execution: int = 1, code: str = "", *, demand: Demand | None = None, is_async: bool = False) -> Flight:
    key = WorkKey(execution, "n0", item, 0)
    return Flight(Work(key, worker_pb2.Attempt(), ("p", "d", "", code), demand or Demand(), is_async=is_async), queued_at=1.0)


def worker(number: int, reserved: Demand | None = None, *, idle_since: float = 0.0) -> Worker:
    """One that runs an attempt if anything is reserved for it."""
    zygote = Zygote("python", Path("zygote.log"), {}, lambda number, status: None)
    with socket.socket() as unused:
        channel = Channel(asyncio.AbstractEventLoop(), unused)
    made = Worker(number, ("p", "d", "", ""), zygote, channel, Path(f"worker-{number}.log"), Path("work"))
    made.idle_since = idle_since
    if reserved is not None:
        made.reserved = reserved
        made.flying[1] = flight(number, demand=reserved)
        made.flying[1].head_at = 3.0
    return made
