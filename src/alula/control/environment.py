"""The environments that registered tasks run in, by their images; remembered, since the dispatcher asks with every attempt."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from alula.database import source
from alula.errors import InvalidInput, NotFound
from alula.idl.v1 import source_pb2
from alula.provision import spec


class Environments:
    """Written by registrations, read in the event loop."""

    def __init__(self) -> None:
        self._known: dict[str, source_pb2.Environment] = {}

    def load(self, connection: Connection) -> None:
        """Remembers what the database holds; once, before anything is dispatched."""
        self.learn(source.environments(connection))

    def check(self, given: Iterable[source_pb2.Environment]) -> None:
        """Refuses environments that do not say what they must, or whose image is another's already.

        Raises:
            InvalidInput: names the environment and the field.
        """
        for each in given:
            spec.check(each)
            known = self._known.get(each.image, each)
            if (known.lock_digest, known.python, known.variables) != (each.lock_digest, each.python, each.variables):
                raise InvalidInput(f'environment "{each.name}": the image {each.image} is that of another one; change any package in it')

    def store(self, connection: Connection, given: Iterable[source_pb2.Environment], at: int) -> None:
        """Records what is new; in the writer's transaction."""
        source.add_environments(connection, given, at)

    def learn(self, given: Iterable[source_pb2.Environment]) -> None:
        """Remembers what is on record."""
        for each in given:
            self._known.setdefault(each.image, each)

    def of(self, image: str) -> source_pb2.Environment | None:
        """The environment of an image; None: it is no environment's.

        Raises:
            NotFound: its name is that of an environment, and none was registered here.
        """
        found = self._known.get(image)
        if found is None and spec.is_environment(image):
            raise NotFound(
                f"{image} is not known to this server; register the program here, so that it learns the lock", code="NO_ENVIRONMENT"
            )
        return found
