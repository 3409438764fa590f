"""Where in the user's code the problems lie that the server found in a graph: it knows nodes, we know the lines that made them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from alula.errors import CompileFailed, InvalidInput
from alula.sdk.serialize import called_by
from alula.sdk.workflow import Workflow

_WORKFLOW = re.compile(r"^workflow (?:\S+/)?([^\s/:]+):\S+ does not compile")
_NODE = re.compile(r'node "([^"]+)"')


def raise_located(error: InvalidInput, entities: Iterable[Any]) -> NoReturn:
    """Raises `located`'s error from the given one; the given one itself, which must not become its own cause, if it says no more."""
    told = located(error, entities)
    if told is error:
        raise error
    raise told from error


def located(error: InvalidInput, entities: Iterable[Any]) -> InvalidInput:
    """The error with the line of each problem's node, where it is known; else the error as it is."""
    found = _WORKFLOW.match(error.message)
    workflow = next((w for w in _workflows(entities) if found and w.name == found.group(1)), None)
    if error.code != CompileFailed.code or workflow is None:
        return error
    lines = {node.id: node.where for node in workflow.graph.every_node()}
    told = []
    for line in error.message.split("\n"):
        node = _NODE.search(line)
        where = lines.get(node.group(1), "") if node else workflow.where
        told.append(f"{line} ({where})" if where and line.startswith("  - ") else line)
    return InvalidInput("\n".join(told), code=error.code)


def _workflows(entities: Iterable[Any]) -> Iterator[Workflow[Any, Any]]:
    """The workflows among entities and in what they call."""
    waiting, seen = list(entities), set()
    while waiting:
        entity = waiting.pop()
        workflow = getattr(entity, "workflow", entity)
        if not isinstance(workflow, Workflow) or id(workflow) in seen:
            continue
        seen.add(id(workflow))
        yield workflow
        waiting += [called.origin for called in called_by(workflow.graph)]
