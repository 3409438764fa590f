"""Finding the execution whose changes can never be written, so that it does not hold up the others."""

from __future__ import annotations


class Suspects:
    """After a turn that could not be written: one execution a turn until it is known which, and that one is condemned.

    Attributes:
        is_alone: the turn under way has its one execution and takes no other.
    """

    def __init__(self) -> None:
        self._careful_turns = 0
        self._only: int | None = None
        self._condemned: set[int] = set()

    # In the event loop

    def suspect(self, waiting: int) -> None:
        """A turn cannot be written, and it is not the disk or the database.

        Args:
            waiting: executions that have events; so many turns are careful.
        """
        if self._careful_turns and self._only is not None:
            self._condemned.add(self._only)
        self._careful_turns = waiting + 1

    def clear(self) -> None:
        """A turn was written."""
        self._careful_turns = max(0, self._careful_turns - 1)

    # In the writer's thread

    def begin(self) -> None:
        """A turn begins."""
        self._only = None

    @property
    def is_alone(self) -> bool:
        return self._only is not None

    def note(self, key: int) -> None:
        """The turn takes events of an execution."""
        if self._careful_turns:
            self._only = key

    def is_condemned(self, key: int) -> bool:
        return key in self._condemned

    def acquit(self, key: int) -> None:
        """It has been dealt with."""
        self._condemned.discard(key)
