"""One task on its own: what a template must say before anything may refer to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from alula.compiler.problem import Problem
from alula.compiler.resource import resource_problems
from alula.errors import CompileFailed
from alula.idl import core
from alula.idl.identifier import HIDDEN_PREFIX, KIND_NAMES, EntityId

# Longest part of an id, in bytes of UTF-8: PostgreSQL takes 2,704 bytes for an entry of an index, and one of `execution_search` holds
# a task's name, those of its hidden workflow and launch plan, and the version. Names of 300 characters are in use.
MAX_NAME = 500


def id_problems(id_: core.Identifier, kind: int) -> list[Problem]:
    """Everything wrong with the id of an entity that is expected to be of `kind`."""
    noun = KIND_NAMES[kind]
    found = []
    for part in ("project", "domain", "name", "version"):
        value = getattr(id_, part)
        if not value.strip():
            found.append(Problem("ID", f"{noun} id", f"{part} is empty", f"give the {noun} a {part}"))
        elif (size := len(value.removeprefix(HIDDEN_PREFIX).encode())) > MAX_NAME:
            found.append(Problem("ID", f"{noun} id", f"{part} takes {size} bytes", f"use at most {MAX_NAME}, in UTF-8"))
        elif has_control(value):
            found.append(Problem("ID", f"{noun} id", f"{part} {value!r} holds control characters", "use printable text"))
    if id_.resource_type not in (kind, core.UNSPECIFIED):
        got = KIND_NAMES.get(id_.resource_type, "dataset")
        found.append(Problem("ID", f"{noun} id", f"expected the id of a {noun}, got that of a {got}", f"set resource_type to {noun}"))
    return found


def has_control(text: str) -> bool:
    """Whether a text holds a control character."""
    return any(unicodedata.category(letter) == "Cc" for letter in text)


def interface_problems(interface: core.TypedInterface, place: str) -> list[Problem]:
    """Everything wrong with names and types of inputs and outputs."""
    found = []
    for noun, variables in (("input", interface.inputs.variables), ("output", interface.outputs.variables)):
        for name in sorted(variables):
            here = f'{place} {noun} "{name}"'.strip()
            if not name or "/" in name or has_control(name) or len(name) > 255:
                remedy = "use 1 to 255 printable characters without a slash"
                found.append(Problem("VARIABLE_NAME", here, "this is no name for a variable", remedy))
            if variables[name].type.WhichOneof("type") is None:
                found.append(Problem("VARIABLE_TYPE", here, "it has no type, or one this server does not know", "annotate it"))
    return found


def compile_task(template: core.TaskTemplate) -> core.CompiledTask:
    """The compiled form of a task.

    A task without container, pod or SQL is fine: it runs where its type says (an agent, a plugin, inside the platform).

    Raises:
        CompileFailed: with every problem of the template.
    """
    found = id_problems(template.id, core.TASK)
    found += interface_problems(template.interface, "")
    if not template.type:
        found.append(Problem("TASK_TYPE", "task", "the type is empty", "say what runs it, for instance python-task"))
    target = template.WhichOneof("target")
    if target == "container":
        found += _container_problems(template.container)
    elif target == "k8s_pod":
        found += _pod_problems(template)
    elif target == "sql" and not template.sql.statement.strip():
        found.append(Problem("SQL", "task", "the statement is empty", "write the query to run"))
    if found:
        raise CompileFailed(str(EntityId.from_proto(template.id)), [str(problem) for problem in found])
    return core.CompiledTask(template=template)


def _container_problems(container: core.Container) -> list[Problem]:
    found = resource_problems(container.resources, "container")
    if not container.image.strip():
        found.append(Problem("IMAGE", "container", "the image is empty", "name a container image"))
    for pair in container.env:
        if not pair.key or "=" in pair.key or "\0" in pair.key + pair.value:
            found.append(Problem("ENVIRONMENT", f"container env {pair.key!r}", "this is no environment variable", "use NAME=value"))
    return found


def _pod_problems(template: core.TaskTemplate) -> list[Problem]:
    spec = template.k8s_pod.pod_spec
    containers = spec.fields["containers"].list_value.values if "containers" in spec.fields else []
    if not containers:
        return [Problem("POD", "k8s_pod", "the pod spec has no containers", "give it at least the primary container")]
    found: list[Problem] = []
    names = []
    for entry in containers:
        fields = entry.struct_value.fields
        name = _text(fields, "name")
        names.append(name)
        found += resource_problems(_pod_resources(fields), f'container "{name}"')
    primary = template.config.get("primary_container_name", "")
    if primary and primary not in names:
        found.append(Problem("POD", "k8s_pod", f"no container is called {primary!r}", f"the containers are: {', '.join(names)}"))
    return found


def _text(fields: Mapping[str, Any], name: str) -> str:
    if name not in fields:
        return ""
    value = fields[name]
    if value.WhichOneof("kind") == "number_value":
        return f"{value.number_value:g}"
    return str(value.string_value)


def _pod_resources(fields: Mapping[str, Any]) -> core.Resources:
    """The resources of a container in a pod spec, as far as the IDL has names for them."""
    names = {
        "cpu": core.Resources.CPU,
        "memory": core.Resources.MEMORY,
        "ephemeral-storage": core.Resources.EPHEMERAL_STORAGE,
        "nvidia.com/gpu": core.Resources.GPU,
    }
    resources = core.Resources()
    if "resources" not in fields:
        return resources
    kinds = fields["resources"].struct_value.fields
    for kind, entries in (("requests", resources.requests), ("limits", resources.limits)):
        if kind in kinds:
            amounts = kinds[kind].struct_value.fields
            for name in amounts:
                if name in names:
                    entries.add(name=names[name], value=_text(amounts, name))
    return resources
