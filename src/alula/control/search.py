"""Executions by what people know of them: who, what, when, how it ended, how long it took, labels."""

from __future__ import annotations

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import Connection

from alula.control import token, view
from alula.database import execution as executions
from alula.database import search
from alula.errors import InvalidInput
from alula.idl.v1 import browse_pb2

MAX_VALUES = 100  # of users, phases or labels in one request
MAX_TEXT = 1_024
ORDERS = {
    "-created_at": search.Order("created_at", True),
    "created_at": search.Order("created_at", False),
    "-duration": search.Order("duration_us", True),
    "duration": search.Order("duration_us", False),
}
_NEWEST = "-created_at"
_EQUAL = {
    "project": "project",
    "domain": "domain",
    "workflow": "workflow_name",
    "version": "workflow_version",
    "task": "task_name",
    "launch_plan": "launch_plan_name",
}
_MAX_SPAN_US = (1 << 63) - 1


def search_executions(connection: Connection, request: browse_pb2.SearchExecutionsRequest, root: str) -> browse_pb2.ExecutionPage:
    """A page of the executions that meet every condition.

    Raises:
        InvalidInput: an order, a label, a span or a token that cannot be; names the field.
    """
    limit, order = token.limit_of(request.limit), request.order or _NEWEST
    if order not in ORDERS:
        raise InvalidInput(f"order: {order[:40]!r} given, expected one of {', '.join(ORDERS)}")
    wanted = _wanted(request)
    place: Any = token.decode(request.token, f"executions{order}", (int, int))
    found = search.page(connection, wanted, ORDERS[order], limit + 1, place)
    shown = found[:limit]
    result = browse_pb2.ExecutionPage()
    keys = [key for key, _ in shown]
    tags = executions.tags_of(connection, keys) if keys else {}
    for row in executions.light_rows(connection, keys) if keys else ():
        result.executions.append(view.execution(row, tags.get(row.key, ()), root=root, is_listed=True))
    if len(found) > limit:
        key, value = shown[-1]
        result.token = token.encode(f"executions{order}", value, key)
    if request.count:
        is_all = not request.token and not result.token
        total = len(shown) if is_all else search.total(connection, wanted)
        result.total, result.is_total_exact = min(total, search.MAX_TOTAL), total <= search.MAX_TOTAL
    return result


def _wanted(request: browse_pb2.SearchExecutionsRequest) -> search.Wanted:
    equal: dict[str, str | int] = {"state": int(request.archived)}
    if not request.with_children:
        equal["parent_key"] = 0
    for field, column in _EQUAL.items():
        if value := _plain(field, getattr(request, field)):
            equal[column] = value
    for field in ("phases", "users", "labels"):
        if len(getattr(request, field)) > MAX_VALUES:
            raise InvalidInput(f"{field}: {len(getattr(request, field))} given, at most {MAX_VALUES}")
    for field in ("min_duration_us", "max_duration_us"):
        if getattr(request, field) > _MAX_SPAN_US:
            raise InvalidInput(f"{field}: {getattr(request, field)} given, at most {_MAX_SPAN_US}")
    return search.Wanted(
        equal=equal,
        phases=list(request.phases),
        users=[_plain("users", user) for user in request.users],
        prefix=_plain("text", request.text),
        created_from=_instant(request, "created_after"),
        created_before=_instant(request, "created_before"),
        min_us=request.min_duration_us,
        max_us=request.max_duration_us,
        labels=[_label(label) for label in request.labels],
    )


def _plain(field: str, value: str) -> str:
    if "\x00" in value or len(value) > MAX_TEXT:
        raise InvalidInput(f"{field}: {value[:40]!r} given, expected at most {MAX_TEXT} characters, none of them NUL")
    return value


def _label(label: str) -> tuple[str, str | None]:
    key, equals, value = _plain("labels", label).partition("=")
    if not key:
        raise InvalidInput(f"labels: {label[:40]!r} given, expected key=value, or a key alone")
    return key, value if equals else None


def _instant(request: browse_pb2.SearchExecutionsRequest, field: str) -> int | None:
    if not request.HasField(field):  # type: ignore[arg-type]
        return None
    at: Timestamp = getattr(request, field)
    if not -62_135_596_800 <= at.seconds <= 253_402_300_799 or not 0 <= at.nanos < 1_000_000_000:
        raise InvalidInput(f"{field}: {at.seconds} s given, expected an instant of the years 1 to 9999")
    return at.seconds * 1_000_000 + at.nanos // 1_000
