"""Filling the placeholders of a container command: `{{.input}}`, `{{ .outputPrefix }}`, `{{.Inputs.x}}`, whatever their case."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.literal import to_text

_PLACEHOLDER = re.compile(r"\{\{\s*[.$]?([A-Za-z_][\w.]*)\s*\}\}")


def render(args: Sequence[str], values: Mapping[str, str], inputs: core.LiteralMap) -> list[str]:
    """The command with every placeholder filled.

    Args:
        args: command and arguments as the task template has them.
        values: by lower-case name: input, inputprefix, outputprefix, rawoutputdataprefix, checkpointoutputprefix,
            prevcheckpointprefix, perretryuniquekey, tasktemplatepath, namespace.
        inputs: for `{{.Inputs.name}}`.
    Raises:
        InvalidInput: a placeholder names an input that is not there.
    """
    return [_PLACEHOLDER.sub(lambda m: _value(m, values, inputs), arg) if "{{" in arg else arg for arg in args]


def _value(match: re.Match[str], values: Mapping[str, str], inputs: core.LiteralMap) -> str:
    name = match.group(1)
    if name.lower().startswith("inputs."):
        var = name[len("inputs.") :]
        if var not in inputs.literals:
            raise InvalidInput(f'placeholder {match.group(0)}: the task has no input "{var}"; its inputs are {sorted(inputs.literals)}')
        return _text(inputs.literals[var])
    return values.get(name.lower(), match.group(0))


def _text(literal: core.Literal) -> str:
    case = literal.WhichOneof("value")
    if case == "collection":
        return "[" + ",".join(_text(item) for item in literal.collection.literals) + "]"
    scalar = literal.scalar
    match scalar.WhichOneof("value"):
        case "blob":
            return str(scalar.blob.uri)
        case "schema":
            return str(scalar.schema.uri)
        case "structured_dataset":
            return str(scalar.structured_dataset.uri)
        case _:
            return to_text(literal)
