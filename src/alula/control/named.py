"""Small use cases on names: projects, named entities, active launch plans, what a launch request says of its origin."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection

from alula.control.launch import Mode, Origin
from alula.database import entity, project
from alula.errors import InvalidInput, NotFound, Unsupported
from alula.idl import admin
from alula.idl.identifier import LAUNCH_PLAN, EntityId

_PROJECT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def origin(request: admin.ExecutionCreateRequest, principal: str) -> Origin:
    """Where a launch comes from; the principal a client claims is ignored, the one the server established counts."""
    mode = request.spec.metadata.mode
    return Origin(mode=mode if mode in (Mode.MANUAL, Mode.SCHEDULED) else Mode.MANUAL, principal=principal)


def set_launch_plan_state(connection: Connection, request: admin.LaunchPlanUpdateRequest, at: int) -> None:
    """Activates or deactivates a version.

    Raises:
        NotFound: no such version; Unsupported: it has a schedule, which nothing on this server would follow.
    """
    found = EntityId.from_proto(request.id)._replace(resource_type=LAUNCH_PLAN)
    row = entity.get(connection, found)
    if request.state == entity.ACTIVE and row.schedule_type != "NONE":
        raise Unsupported(f"{found} has a schedule, and this server runs none yet; launch it by hand, or register it without one")
    entity.activate(connection, found, request.state, at)


def update(connection: Connection, request: admin.NamedEntityUpdateRequest, at: int) -> None:
    """Describes or archives a name.

    Raises:
        NotFound: nothing of that name is registered.
    """
    i, metadata = request.id, request.metadata
    place = (i.project, i.domain, i.name)
    if not entity.change_name(connection, request.resource_type, place, metadata.description, metadata.state, at):
        raise NotFound(f"{i.project}/{i.domain}/{i.name} does not exist; register it first")


def view(row: Any) -> admin.NamedEntity:
    return admin.NamedEntity(
        resource_type=row.resource_type,
        id=admin.NamedEntityIdentifier(project=row.project, domain=row.domain, name=row.name),
        metadata=admin.NamedEntityMetadata(description=row.description, state=row.state),
    )


def register_project(connection: Connection, message: admin.Project, at: int) -> None:
    """Makes a project.

    Raises:
        InvalidInput: its id is no name for a folder or a namespace; AlreadyExists: the id is taken.
    """
    if _PROJECT.fullmatch(message.id) is None:
        raise InvalidInput(f'project id "{message.id}": expected lower-case letters, digits and inner dashes, at most 63')
    labels = message.labels.SerializeToString() if message.HasField("labels") else b""
    project.add(connection, message.id, message.name, message.description, labels, at)


def update_project(connection: Connection, message: admin.Project, at: int) -> None:
    """Changes what is given of a project, and its state.

    Raises:
        NotFound: no such project.
    """
    values: dict[str, Any] = {"state": message.state, "updated_at": at}
    for name in ("name", "description"):
        if getattr(message, name):
            values[name] = getattr(message, name)
    if message.HasField("labels"):
        values["labels"] = message.labels.SerializeToString()
    if not project.change(connection, message.id, values):
        raise NotFound(f'project "{message.id}" does not exist', code="PROJECT_NOT_FOUND")
