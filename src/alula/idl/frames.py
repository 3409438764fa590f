"""Length-prefixed frames: a 4-byte big-endian length, then a protobuf message. Both ends use this file."""

from __future__ import annotations

import struct

HEADER = struct.Struct(">I")
MAX_FRAME = 256 * 1024 * 1024


def frame(payload: bytes) -> bytes:
    """One message ready to be sent."""
    return HEADER.pack(len(payload)) + payload


class FrameBuffer:
    """Turns a byte stream into payloads."""

    __slots__ = ("_data",)

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Adds bytes; returns the payloads that are now complete."""
        self._data += data
        found = []
        start = 0
        while len(self._data) - start >= HEADER.size:
            (length,) = HEADER.unpack_from(self._data, start)
            end = start + HEADER.size + length
            if len(self._data) < end:
                break
            found.append(bytes(self._data[start + HEADER.size : end]))
            start = end
        if start:
            del self._data[:start]
        return found
