"""Resources as Kubernetes writes them: quantities parse, a request stays within its limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from alula.compiler.problem import Problem
from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.quantity import parse_quantity


def _name(entry: Any) -> str:
    try:
        return str(core.Resources.ResourceName.Name(entry.name)).lower()
    except ValueError:
        return f"resource {entry.name}"


def resource_problems(resources: core.Resources, place: str) -> list[Problem]:
    """Everything wrong with requests and limits of a task or of a node's override."""
    found: list[Problem] = []
    amounts: dict[str, dict[str, tuple[Decimal, str]]] = {"request": {}, "limit": {}}
    for kind, entries in (("request", resources.requests), ("limit", resources.limits)):
        for entry in entries:
            name = _name(entry)
            here = f'{place} {kind} "{name}"'
            if name in amounts[kind]:
                found.append(Problem("RESOURCE_DUPLICATE", here, "given twice", "give it once"))
            try:
                amounts[kind][name] = (parse_quantity(entry.value), entry.value)
            except InvalidInput:
                found.append(
                    Problem("RESOURCE_QUANTITY", here, f"expected a quantity, got {entry.value!r}", "write for instance 2, 500m or 1Gi")
                )
    for name in sorted(amounts["request"].keys() & amounts["limit"].keys()):
        (request, request_text), (limit, limit_text) = amounts["request"][name], amounts["limit"][name]
        if name == "gpu" and request != limit:
            found.append(
                Problem(
                    "RESOURCE_GPU",
                    f'{place} request "gpu"',
                    f"request {request_text} and limit {limit_text} differ, and GPUs cannot be shared so",
                    "make them equal or give one of them",
                )
            )
        elif request > limit:
            here = f'{place} request "{name}"'
            found.append(
                Problem("RESOURCE_LIMIT", here, f"{request_text} is above the limit {limit_text}", "lower the request or raise the limit")
            )
    return found
