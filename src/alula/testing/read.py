"""Literals of a run as Python values."""

from __future__ import annotations

from typing import Any

from alula.idl import core
from alula.idl.literal import to_json
from alula.sdk.interface import Interface
from alula.types.offload import Offload


def values_of(interface: Interface | None, literals: core.LiteralMap | None) -> dict[str, Any]:
    """Inputs by name; by the annotations where they are known, else as plain values."""
    ports = interface.inputs if interface is not None else {}
    return _values(ports, literals)


def results_of(interface: Interface | None, literals: core.LiteralMap | None) -> Any:
    """What the function would have returned; without an interface plain values by name."""
    if interface is None or literals is None or not all(name in literals.literals for name in interface.outputs):
        return _values({}, literals)
    found = _values(interface.outputs, literals)
    return interface.pack([found[name] for name in interface.outputs])


def _values(ports: Any, literals: core.LiteralMap | None) -> dict[str, Any]:
    offload = Offload()
    found = literals.literals if literals is not None else {}
    named = [*[n for n in ports if n in found], *sorted(n for n in found if n not in ports)]
    return {n: ports[n].converter.to_python(found[n], offload) if n in ports else to_json(found[n]) for n in named}
