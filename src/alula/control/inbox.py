"""Events waiting for their executions: one queue each, taken in rotation, so that a busy run does not starve a small one."""

from __future__ import annotations

import threading
from collections import deque

from alula.engine.event import Event


class Inbox:
    """Filled by the event loop, emptied by the writer's thread. A key is in rotation while it has events."""

    def __init__(self) -> None:
        self._events: dict[int, deque[Event]] = {}
        self._rotation: deque[int] = deque()
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._rotation)

    def __len__(self) -> int:
        """Executions with events waiting."""
        return len(self._rotation)

    def __contains__(self, key: int) -> bool:
        return key in self._events

    def put(self, key: int, event: Event) -> None:
        with self._lock:
            self._queue(key).append(event)

    def put_back(self, taken: list[tuple[int, list[Event]]]) -> None:
        """Returns events whose turn did not become durable, before those that came since."""
        with self._lock:
            for key, events in reversed(taken):
                self._queue(key).extendleft(reversed(events))

    def _queue(self, key: int) -> deque[Event]:
        found = self._events.get(key)
        if found is None:
            found = self._events[key] = deque()
            self._rotation.append(key)
        return found

    def take(self, limit: int) -> tuple[int, list[Event]] | None:
        """The next execution in rotation with up to `limit` of its events."""
        with self._lock:
            if not self._rotation:
                return None
            key = self._rotation.popleft()
            queue = self._events[key]
            events = [queue.popleft() for _ in range(min(limit, len(queue)))]
            if queue:
                self._rotation.append(key)
            else:
                del self._events[key]
            return key, events
