"""Time comes in from outside: instants are µs since the epoch, UTC."""

from __future__ import annotations

import time
from collections.abc import Callable

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

Clock = Callable[[], int]


def system_clock() -> int:
    """Now, in µs since the epoch."""
    return time.time_ns() // 1000


def timestamp(at: int) -> Timestamp:
    """An instant as the IDL's Timestamp."""
    return Timestamp(seconds=at // 1_000_000, nanos=at % 1_000_000 * 1000)


def duration(span_us: int) -> Duration:
    """A span as the IDL's Duration."""
    return Duration(seconds=span_us // 1_000_000, nanos=span_us % 1_000_000 * 1000)
