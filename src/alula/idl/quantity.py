"""Kubernetes quantities ("500m", "2Gi") as exact integers."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from alula.errors import InvalidInput

_SUFFIXES = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
_PATTERN = re.compile(r"([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(?:[eE]([+-]?\d+))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Decimal:
    """The exact value of a Kubernetes quantity.

    Args:
        text: for instance `2`, `0.5`, `500m`, `2Gi`, `1e3`.
    Returns:
        The value in the resource's base unit: cores, bytes, devices.
    Raises:
        InvalidInput: not a quantity, or a negative one.
    Source: Kubernetes API conventions, resource.Quantity.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(f'quantity "{text}": expected a number with an optional unit such as 500m, 2, 1.5Gi', code="QUANTITY")
    number, exponent, suffix = match.groups()
    value = Decimal(number) * (Decimal(10) ** int(exponent or 0)) * _SUFFIXES[suffix or ""]
    if value < 0:
        raise InvalidInput(f'quantity "{text}": expected zero or more', code="QUANTITY")
    return value


def parse_millicores(text: str) -> int:
    """CPU as thousandths of a core, rounded up."""
    value = parse_quantity(text) * 1000
    return int(value.to_integral_value(rounding="ROUND_CEILING"))


def parse_bytes(text: str) -> int:
    """Memory or disk in bytes, rounded up."""
    return int(parse_quantity(text).to_integral_value(rounding="ROUND_CEILING"))
