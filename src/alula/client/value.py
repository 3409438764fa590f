"""Inputs and outputs of executions between Python and literals."""

from __future__ import annotations

import datetime as dt
import enum
from collections import namedtuple
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from alula.errors import InvalidInput
from alula.idl import admin, core
from alula.idl.literal import describe_type, from_json, to_json
from alula.sdk.interface import MISSING, Interface
from alula.types.offload import Offload


def by_interface(interface: Interface, values: Mapping[str, Any], offload: Offload, *, with_defaults: bool) -> core.LiteralMap:
    """Literals of Python values, by the annotations of the function.

    Args:
        interface: of the task or workflow.
        values: by input name.
        offload: where large values go.
        with_defaults: also the defaults of what is not given; a task has no launch plan that would hold them.
    Raises:
        InvalidInput: an unknown or missing input, or a value of another type.
    """
    _check_names(values, interface.inputs)
    missing = [name for name, port in interface.inputs.items() if name not in values and port.default is MISSING]
    if missing:
        raise InvalidInput(f"inputs: {', '.join(missing)} missing; the inputs are {_known(interface.inputs)}", code="MISSING_INPUT")
    made = core.LiteralMap()
    for name, port in interface.inputs.items():
        if name in values or with_defaults:
            try:
                literal = port.converter.to_literal(values.get(name, port.default), offload)
            except InvalidInput as error:
                raise InvalidInput(f"input {name!r}: {error.message}", code=error.code) from error
            made.literals[name].CopyFrom(literal)
    return made


def by_parameters(parameters: Mapping[str, core.Parameter], values: Mapping[str, Any]) -> core.LiteralMap:
    """Literals of plain values (numbers, text, lists, dictionaries, instants), by a launch plan's expected inputs.

    Raises:
        InvalidInput: an unknown or missing input, or a value of another type.
    """
    _check_names(values, parameters)
    missing = [name for name, parameter in parameters.items() if name not in values and parameter.required]
    if missing:
        shown = ", ".join(f"{name} ({describe_type(parameters[name].var.type)})" for name in sorted(missing))
        raise InvalidInput(f"inputs: {shown} missing; the inputs are {_known(parameters)}", code="MISSING_INPUT")
    made = core.LiteralMap()
    for name, value in values.items():
        literal = value if isinstance(value, core.Literal) else from_json(_plain(value), parameters[name].var.type, f"input {name!r}")
        made.literals[name].CopyFrom(literal)
    return made


def changed(
    parameters: Mapping[str, core.Parameter], interface: Interface | None, values: Mapping[str, Any], offload: Offload
) -> core.LiteralMap:
    """Literals of the inputs that change, of any type where the function is at hand; no other is missed.

    Raises:
        InvalidInput: an unknown input, or a value of another type.
    """
    if interface is None:
        return by_parameters({name: core.Parameter(var=each.var) for name, each in parameters.items()}, values)
    _check_names(values, {name: interface.inputs[name] for name in interface.inputs if name in parameters})
    made = core.LiteralMap()
    for name, value in values.items():
        try:
            made.literals[name].CopyFrom(interface.inputs[name].converter.to_literal(value, offload))
        except InvalidInput as error:
            raise InvalidInput(f"input {name!r}: {error.message}", code=error.code) from error
    return made


def inputs_by_interface(literals: core.LiteralMap, interface: Interface, offload: Offload) -> dict[str, Any]:
    """Inputs in Python by name; one that the function does not know any more as a JSON value."""
    ports = interface.inputs
    return {
        name: ports[name].converter.to_python(literal, offload) if name in ports else to_json(literal)
        for name, literal in literals.literals.items()
    }


def _known(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "none"


def _check_names(values: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for name in values:
        if name not in known:
            raise InvalidInput(f"input {name!r}: there is no such input; the inputs are {_known(known)}", code="UNKNOWN_INPUT")


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return f"{value.total_seconds()!r}s"
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def parameters_of(plan: admin.LaunchPlan) -> dict[str, core.Parameter]:
    """What may be given to a launch plan; fixed inputs are not in it."""
    return {name: plan.closure.expected_inputs.parameters[name] for name in plan.closure.expected_inputs.parameters}


def outputs_by_interface(literals: core.LiteralMap, interface: Interface, offload: Offload) -> Any:
    """What the function would have returned: the value itself, a tuple, its NamedTuple, or None."""
    values = [port.converter.to_python(literals.literals[name], offload) for name, port in interface.outputs.items()]
    return interface.pack(values)


def outputs_by_name(literals: core.LiteralMap) -> Any:
    """Plain values: None without outputs, the value itself for one, a named tuple (by name) for several."""
    names = sorted(literals.literals, key=lambda name: (len(name), name) if name[:1] == "o" and name[1:].isdigit() else (0, name))
    values = [to_json(literals.literals[name]) for name in names]
    if len(values) < 2:
        return values[0] if values else None
    return namedtuple("Outputs", names, rename=True)(*values)
