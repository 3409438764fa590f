"""A worker's end of its channel: attempts, cancellations and answers in; reports, calls and news out."""

from __future__ import annotations

import socket
import threading

from alula.idl.frames import FrameBuffer, frame
from alula.idl.v1 import worker_pb2

CHUNK = 1 << 18


class Link:
    """What has arrived and was not taken yet, and reports that wait to be sent together."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self.lock = threading.RLock()  # held by whoever sends: what an attempt says of itself comes from a thread of its own
        self._reading = threading.RLock()  # held by whoever takes in, or the parts of a frame would be mixed up
        self._buffer = FrameBuffer()
        self._reports = worker_pb2.FromWorker()
        self._answers: list[worker_pb2.Answer] = []
        self.queue: list[worker_pb2.Attempt] = []
        self.cancelled: set[int] = set()

    @property
    def fileno(self) -> int:
        return self._channel.fileno()

    @property
    def is_laden(self) -> bool:
        """Whether the executor waits for more than the attempt that runs."""
        return bool(self.queue or self._reports.reports)

    def receive(self, *, is_blocking: bool) -> bool:
        """Takes in what has arrived; False when the other end is closed."""
        with self._reading:
            try:
                data = self._channel.recv(CHUNK, 0 if is_blocking else socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
            if not data:
                return False
            for payload in self._buffer.feed(data):
                message = worker_pb2.ToWorker.FromString(payload)
                with self.lock:
                    self.queue.extend(message.attempts)
                self.cancelled.update(message.cancelled)
                self._answers.extend(message.answers)
        return True

    def take(self) -> worker_pb2.Attempt | None:
        """The next attempt, which is begun and cannot be given back any more."""
        with self.lock:
            return self.queue.pop(0) if self.queue else None

    def give_back(self, *, is_arriving: bool) -> None:
        """Returns the attempts that were not begun, and sends the reports that wait; from another thread than the attempt's.

        Args:
            is_arriving: more may have come since the attempt began, and it takes in nothing itself.
        """
        if is_arriving and self._reading.acquire(blocking=False):  # else the attempt has just ended
            try:
                self.receive(is_blocking=False)
            finally:
                self._reading.release()
        with self.lock:
            for attempt in self.queue:
                self._reports.reports.add(handle=attempt.handle, is_returned=True)
                self.cancelled.discard(attempt.handle)
            self.queue.clear()
            self.flush()

    def take_answers(self, handle: int) -> list[worker_pb2.Answer]:
        """Answers to the attempt that runs; those to one before it are dropped."""
        found, self._answers = self._answers, []
        return [answer for answer in found if answer.handle == handle]

    def send(self, message: worker_pb2.FromWorker) -> None:
        """Sends at once."""
        data = frame(message.SerializeToString())
        with self.lock:
            self._channel.sendall(data)

    def report(self, report: worker_pb2.Report) -> None:
        """Keeps a report until `flush`."""
        with self.lock:
            self._reports.reports.append(report)

    def flush(self) -> None:
        """Sends the reports that wait, if there are any."""
        with self.lock:
            if self._reports.reports:
                self.send(self._reports)
                self._reports = worker_pb2.FromWorker()
