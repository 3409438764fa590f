"""Flyte's list filters, sort keys and pages as SQLAlchemy Core, every value a bound parameter.

Grammar: `function(field,value)` joined by `+`: `eq(workflow.name,churn)+value_in(phase,FAILED;ABORTED)`. A `+` that an HTTP
client did not encode arrives as a space and is read as one. Fields are looked up in a mapping given by the caller, so a name
from the outside never becomes SQL. `contains` minds the case, as Flyte's does, on either database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import Enum
from typing import Any, NamedTuple

from google.protobuf.descriptor import EnumDescriptor
from sqlalchemy import ColumnElement, Integer, UnaryExpression
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from alula.errors import InvalidInput
from alula.idl import admin

MAX_TEXT = 16_384
MAX_FILTERS = 64
MAX_VALUES = 1_000
MAX_LIMIT = 10_000
"""Most rows of a page; flyteconsole asks for this many when it means all."""
_MAX_OFFSET = 10**12

_EQUALITY = frozenset({"eq", "ne", "value_in", "value_not_in"})
_ORDER = frozenset({"gt", "gte", "lt", "lte"})
_LIKE = frozenset({"contains", "not_like"})
FUNCTIONS = _EQUALITY | _ORDER | _LIKE


class Kind(Enum):
    """What may be asked of a column."""

    TEXT = _EQUALITY | _ORDER | _LIKE
    ORDERED = _EQUALITY | _ORDER
    NAMED = _EQUALITY | frozenset({"named"})  # the extra member keeps Enum from merging equal sets


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition, `eq(workflow.name,churn)` being Filter("eq", "workflow", "name", ("churn",)).

    `entity` is the prefix before the dot, empty without one; `values` has one element except for value_in, value_not_in.
    """

    function: str
    entity: str
    field: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """The field as written, prefix included."""
        return f"{self.entity}.{self.field}" if self.entity else self.field


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column that lists may be filtered and sorted by.

    `parse` turns the text of a value into what the column holds and raises ValueError saying what it expects.
    """

    column: ColumnElement[Any]
    parse: Callable[[str], Any]
    kind: Kind


class Page(NamedTuple):
    """Rows offset … offset + limit."""

    limit: int
    offset: int


def text(column: ColumnElement[Any]) -> ColumnSpec:
    """A column of text."""
    return ColumnSpec(column, _text, Kind.TEXT)


def integer(column: ColumnElement[Any]) -> ColumnSpec:
    """A column of whole numbers."""
    return ColumnSpec(column, _integer, Kind.ORDERED)


def enum(column: ColumnElement[Any], names: EnumDescriptor | Mapping[str, Any]) -> ColumnSpec:
    """A column of an enum's numbers, asked for by name (or number).

    Args:
        column: holds the enum's numbers, or whatever `names` maps to.
        names: an IDL enum, or names and the column's values.
    """
    values = {name: item.number for name, item in names.values_by_name.items()} if isinstance(names, EnumDescriptor) else dict(names)
    return ColumnSpec(column, _enum_parser(values), Kind.NAMED)


def instant(column: ColumnElement[Any], to_row: Callable[[datetime], Any] = lambda value: value) -> ColumnSpec:
    """A column of instants; `to_row` turns an aware UTC datetime into what the column holds."""
    return ColumnSpec(column, lambda value: to_row(parse_instant(value)), Kind.ORDERED)


def span(column: ColumnElement[Any], to_row: Callable[[timedelta], Any] = lambda value: value.total_seconds()) -> ColumnSpec:
    """A column of durations, in seconds unless `to_row` says otherwise; asked for as seconds or in Go notation."""
    return ColumnSpec(column, lambda value: to_row(parse_span(value)), Kind.ORDERED)


def _text(value: str) -> str:
    if "\x00" in value:
        raise ValueError("text without NUL")  # PostgreSQL cannot hold it
    return value


def _integer(value: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,18}", value, re.ASCII):
        raise ValueError("a whole number")
    return int(value)


def _enum_parser(values: Mapping[str, Any]) -> Callable[[str], Any]:
    numbers = {str(value): value for value in values.values()}

    def parse(value: str) -> Any:
        for table, key in ((values, value), (values, value.upper()), (numbers, value)):
            if key in table:
                return table[key]
        raise ValueError(f"one of {', '.join(values)}")

    return parse


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


def parse_instant(value: str) -> datetime:
    """Reads RFC 3339 with up to nanoseconds (cut to microseconds); without an offset it is UTC."""
    match = _INSTANT.fullmatch(value)
    expected = "a time like 2026-11-23T12:00:00Z"
    if match is None:
        raise ValueError(expected)
    date, time, fraction, offset = match.groups()
    offset = "+00:00" if offset in (None, "Z", "z") else offset
    try:
        found = datetime.fromisoformat(f"{date}T{time or '00:00:00'}.{(fraction or '')[:6]:0<6}{offset}")
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(expected) from error


_GO_UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_GO_PART = re.compile(r"(\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_SECONDS = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})", re.ASCII)


def parse_span(value: str) -> timedelta:
    """Reads seconds (`90`, `1.5`) or Go notation (`1h30m`, `250ms`)."""
    expected = "seconds like 1.5, or a duration like 1h30m or 250ms"
    try:
        if _SECONDS.fullmatch(value):
            return timedelta(seconds=float(value))
        sign, body = (-1, value[1:]) if value.startswith("-") else (1, value.removeprefix("+"))
        parts = list(_GO_PART.finditer(body))
        if not parts or "".join(part[0] for part in parts) != body:
            raise ValueError(expected)
        return sign * timedelta(seconds=sum(float(part[1]) * _GO_UNITS_S[part[2]] for part in parts))
    except OverflowError as error:
        raise ValueError(expected) from error


_HEAD = re.compile(r"\s*([A-Za-z_]+)\(\s*(?:([A-Za-z0-9_]+)\.)?([A-Za-z0-9_]+)\s*,", re.ASCII)
# A ')' ends a value only where the text ends or the next filter begins, so that names may contain '+' and ')'.
_TAIL = re.compile(r"\)\s*(?:$|\+(?=\s*[A-Za-z_]+\()|(?<=\s)(?=[A-Za-z_]+\())", re.ASCII)


def parse_filters(text: str) -> list[Filter]:
    """Reads a `filters` parameter; empty text is no filter.

    Raises:
        InvalidInput: names the filter, the place and what is expected there.
    """
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"filters: {len(text)} characters, at most {MAX_TEXT} are read; ask in several requests")
    found: list[Filter] = []
    position = 0
    while position < len(text.rstrip()):
        if len(found) == MAX_FILTERS:
            raise InvalidInput(f"filters: more than {MAX_FILTERS} conditions; use value_in for alternatives")
        head = _HEAD.match(text, position)
        if head is None:
            raise InvalidInput(
                f"filters at character {position}: {text[position : position + 40]!r} is not function(field,value); "
                "write for instance eq(phase,FAILED)+contains(name,churn)"
            )
        tail = _TAIL.search(text, head.end())
        if tail is None:
            raise InvalidInput(
                f"filters at character {position}: {text[position : position + 40]!r} has no closing ')' or no '+' behind it"
            )
        found.append(_filter(head, text[head.end() : tail.start()]))
        position = tail.end()
    if text.rstrip().endswith("+") and (not found or position < len(text)):
        raise InvalidInput("filters: a condition is missing behind the last '+'")
    return found


def _filter(head: re.Match[str], value: str) -> Filter:
    function, entity, field = head[1], head[2] or "", head[3]
    if function not in FUNCTIONS:
        raise InvalidInput(f"filters at character {head.start(1)}: no function {function!r}; there are {', '.join(sorted(FUNCTIONS))}")
    value = value.strip()
    values = tuple(value.split(";")) if function in ("value_in", "value_not_in") else (value,)
    if len(values) > MAX_VALUES:
        raise InvalidInput(f"filter {function}({field},…): {len(values)} values, at most {MAX_VALUES}; ask in several requests")
    return Filter(function, entity, field, values)


def _spec(what: str, name: str, columns: Mapping[str, ColumnSpec]) -> ColumnSpec:
    spec = columns.get(name)
    if spec is None:
        near = get_close_matches(name[:80], columns, n=3)
        known = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(columns))}"
        raise InvalidInput(f"{what}: no field {name[:80]!r} here; {known}")
    return spec


def apply_filters(filters: Sequence[Filter], columns: Mapping[str, ColumnSpec]) -> list[ColumnElement[bool]]:
    """Conditions for a `where(*…)`; all of them must hold.

    Args:
        filters: from `parse_filters`.
        columns: allowed fields by their name in filters (`phase`, `workflow.name`).
    Raises:
        InvalidInput: an unknown field, a function that the field does not have, a value of the wrong type.
    """
    return [_condition(item, _spec(f"filter {item.function}({item.name},…)", item.name, columns)) for item in filters]


def _condition(item: Filter, spec: ColumnSpec) -> ColumnElement[bool]:
    what = f"filter {item.function}({item.name},…)"
    if item.function not in spec.kind.value:
        allowed = ", ".join(sorted(FUNCTIONS & spec.kind.value))
        raise InvalidInput(f"{what}: {item.name} cannot be asked with {item.function}; use one of {allowed}")
    values = []
    for value in item.values:
        try:
            values.append(spec.parse(value))
        except ValueError as error:
            raise InvalidInput(f"{what}: {value[:80]!r} given, expected {error}") from error
    column, first = spec.column, values[0]
    conditions: dict[str, Callable[[], ColumnElement[bool]]] = {
        "eq": lambda: column == first,
        "ne": lambda: column != first,
        "gt": lambda: column > first,
        "gte": lambda: column >= first,
        "lt": lambda: column < first,
        "lte": lambda: column <= first,
        "value_in": lambda: column.in_(values),
        "value_not_in": lambda: column.not_in(values),
        "contains": lambda: _PlaceIn(column, first) > 0,
        "not_like": lambda: _PlaceIn(column, first) == 0,
    }
    return conditions[item.function]()


class _PlaceIn(FunctionElement[int]):
    """Where a text lies in another, from 1; 0: nowhere. LIKE minds the case on PostgreSQL, and not that of ASCII on SQLite."""

    inherit_cache = True
    type = Integer()


@compiles(_PlaceIn, "sqlite")
def _instr(element: _PlaceIn, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_PlaceIn, "postgresql")
def _strpos(element: _PlaceIn, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def apply_sort(
    sort: admin.Sort | None, columns: Mapping[str, ColumnSpec], default: Sequence[UnaryExpression[Any]]
) -> list[UnaryExpression[Any]]:
    """Elements for an `order_by(*…)`: the asked key, then the default to settle ties, so that pages do not overlap.

    Args:
        sort: the request's; without a key the default alone applies. DESCENDING is 0, thus also what "unset" means.
        columns: allowed keys.
        default: the order without a key, ending in something unique.
    Raises:
        InvalidInput: an unknown key.
    """
    if sort is None or not sort.key:
        return list(default)
    column = _spec("sort_by.key", sort.key, columns).column
    is_descending = sort.direction == admin.Sort.DESCENDING
    first: UnaryExpression[Any] = column.desc() if is_descending else column.asc()
    if getattr(column, "nullable", False):  # both dialects: no value sorts as the smallest, SQLite's own way
        first = first.nulls_last() if is_descending else first.nulls_first()
    return [first, *(item for item in default if item.element is not column)]


def parse_page(limit: int, token: str, *, default_limit: int | None = None) -> Page:
    """Reads a request's page.

    Args:
        limit: rows wanted.
        token: empty for the first page, else as `next_token` made it.
        default_limit: what limit 0 means; None where it is an error (all lists but projects).
    Raises:
        InvalidInput: limit 0 or out of range, a token that is not ours.
    """
    if limit == 0 and default_limit is not None:
        limit = default_limit
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"limit: {limit} given, expected 1 to {MAX_LIMIT}; page through with the token of each answer")
    if token and not re.fullmatch(r"\d{1,13}", token, re.ASCII):
        raise InvalidInput(f"token: {token[:40]!r} is not a page token; pass the token of the page before, unchanged")
    offset = int(token or 0)
    if offset > _MAX_OFFSET:
        raise InvalidInput(f"token: {token!r} is beyond any list; pass the token of the page before, unchanged")
    return Page(limit, offset)


def next_token(page: Page, rows: int) -> str:
    """Token of the page behind this one; empty unless this one was full."""
    return str(page.offset + page.limit) if rows >= page.limit else ""
