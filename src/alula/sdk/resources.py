"""What a task asks of the machine it runs on, and when its result may be reused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alula.errors import DefinitionError
from alula.sdk import option
from alula.sdk.where import user_place

Quantity = str | int | float | tuple[str | int | float, str | int | float]

_MIB = 2**20
_QUANTITY = re.compile(r"^\d+(\.\d+)?(m|k|K|Ki|M|Mi|G|Gi|T|Ti|P|Pi)?$")


def _text(name: str, value: str | int | float) -> str:
    if isinstance(value, float) and name == "cpu":
        milli = round(value * 1000)
        return str(milli // 1000) if milli % 1000 == 0 else f"{milli}m"
    text = str(value)
    if isinstance(value, bool) or not _QUANTITY.match(text):
        raise DefinitionError(f'Resources({name}={value!r}): not a quantity; write 2, "500m" or "2Gi"', where=user_place())
    if name in ("mem", "disk"):
        _check_unit(name, value, text)
    return text


def _check_unit(name: str, value: str | int | float, text: str) -> None:
    """Refuses a number that reads like MiB or GiB but is bytes, and Kubernetes' `m`, which is a thousandth of a byte."""
    number = text.removesuffix("m")
    is_bare = number.replace(".", "", 1).isdecimal()
    if is_bare and 0 < float(number) < _MIB:
        found = "bytes" if number == text else "thousandths of a byte"
        message = f'Resources({name}={value!r}): {number} {found}; say the unit, "{number}Mi" or "{number}Gi"'
        raise DefinitionError(message, where=user_place())


@dataclass(frozen=True, slots=True)
class Resources:
    """Request, or (request, limit), in Kubernetes quantities.

    Args:
        cpu: cores, `2`, `0.5` or `"500m"`.
        mem: bytes, `"2Gi"`; a number without a unit from 1 MiB on.
        gpu: whole devices; request and limit are the same.
        disk: bytes of scratch space, `"10Gi"`; as `mem`.
    """

    cpu: Quantity | None = None
    mem: Quantity | None = None
    gpu: Quantity | None = None
    disk: Quantity | None = None

    def __post_init__(self) -> None:
        self.pairs()

    def pairs(self) -> dict[str, tuple[str, str]]:
        """Name → (request, limit) as quantities, limit empty if not given; only what was set."""
        made: dict[str, tuple[str, str]] = {}
        for name in ("cpu", "mem", "gpu", "disk"):
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, tuple):
                if len(value) != 2:
                    raise DefinitionError(f"Resources({name}={value!r}): a tuple is (request, limit)", where=user_place())
                made[name] = (_text(name, value[0]), _text(name, value[1]))
            else:
                request = _text(name, value)
                made[name] = (request, request if name == "gpu" else "")
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """When a task's recorded outputs are reused: same inputs and same version.

    Args:
        version: changed by hand when the result of the same inputs changes.
        ignore: names of inputs that do not matter.
        serialize: identical calls at the same time wait for the first instead of computing twice.
        by_code: the version also follows the function's own source (not what it calls; comments do not matter).
    """

    version: str = ""
    ignore: Sequence[str] = ()
    serialize: bool = False
    by_code: bool = False

    def __post_init__(self) -> None:
        option.text("Cache(version)", self.version)
        option.flag("Cache(serialize)", self.serialize)
        option.flag("Cache(by_code)", self.by_code)
        option.texts("Cache(ignore)", self.ignore)
        if not self.version and not self.by_code:
            raise DefinitionError('Cache needs version="1" or by_code=True', where=user_place())

    def version_of(self, content_hash: str) -> str:
        """What the output cache compares.

        Args:
            content_hash: of what does the work.
        """
        return "-".join(part for part in (self.version, content_hash if self.by_code else "") if part)


def as_cache(value: Any) -> Cache | None:
    """`cache="1"`, `cache=True` (by code) or a Cache, as a Cache."""
    if value is None or value is False:
        return None
    if value is True:
        return Cache(by_code=True)
    if isinstance(value, str):
        return Cache(version=value)
    remedy = f'"{value}"' if isinstance(value, (int, float)) else ""
    return option.instance("cache", value, Cache, "a version as text, True or an al.Cache", remedy)


def as_resources(value: Any) -> Resources:
    """What was given for `resources`, if it is that."""
    remedy = f"al.Resources({', '.join(f'{name}={item!r}' for name, item in value.items())})" if isinstance(value, dict) else ""
    return option.instance("resources", value, Resources, "an al.Resources", remedy or 'al.Resources(cpu=1, mem="2Gi")')
