"""Where a version came from, and what its tasks run in."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from alula.compiler.closure import every_node
from alula.control.environment import Environments
from alula.control.library import Library
from alula.database import entity, source
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import KIND_NAMES, LAUNCH_PLAN, TASK, EntityId
from alula.idl.v1 import source_pb2


def provenance(connection: Connection, library: Library, environments: Environments, wanted: EntityId) -> source_pb2.Provenance:
    """What is on record of one version.

    Raises:
        NotFound: no such version.
        InvalidInput: the id has no kind.
    """
    if wanted.resource_type not in KIND_NAMES:
        raise InvalidInput(f"provenance: expected the kind of {wanted.name!r}, TASK, WORKFLOW or LAUNCH_PLAN")
    row = entity.get(connection, wanted)
    found = source_pb2.Provenance(id=wanted.to_proto(), source=source.find(connection, wanted))
    found.registered_at.FromMicroseconds(row.created_at)
    for image in dict.fromkeys(_images(connection, library, wanted)):
        try:
            known = environments.of(image)
        except NotFound:  # a spec may name what was never registered here; its attempts say so
            known = source_pb2.Environment(image=image)
        if known is not None:
            found.environments.append(known)
    return found


def _images(connection: Connection, library: Library, wanted: EntityId) -> Iterator[str]:
    if wanted.resource_type == TASK:
        yield library.task(connection, wanted).container.image
        return
    workflow = library.launch_plan(connection, wanted).workflow if wanted.resource_type == LAUNCH_PLAN else wanted
    closure: core.CompiledWorkflowClosure = library.workflow(connection, workflow).closure
    for task in closure.tasks:
        yield task.template.container.image
    for compiled in [closure.primary, *closure.sub_workflows]:
        for node in every_node(compiled.template):
            yield node.task_node.overrides.container_image
