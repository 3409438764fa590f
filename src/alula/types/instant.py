"""Instants, dates and spans of time."""

from __future__ import annotations

import datetime as dt
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from alula.idl import core
from alula.types.base import Converter, mismatch
from alula.types.offload import Offload
from alula.types.scalar import Scalar


class Instant(Scalar):
    """An instant: aware values keep their instant, naive ones are taken as UTC; always read back as aware UTC."""

    tag = "datetime"
    simple, field = core.SimpleType.DATETIME, "datetime"

    def check(self, value: Any) -> dt.datetime:
        if not isinstance(value, dt.datetime):
            raise mismatch("datetime", value)
        return value

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        value = self.check(value)
        stamp = Timestamp()
        try:
            stamp.FromDatetime(value if value.tzinfo is not None else value.replace(tzinfo=dt.UTC))
        except (OverflowError, ValueError):
            raise mismatch("datetime between the years 1 and 9999 UTC", value) from None
        return core.Literal(scalar=core.Scalar(primitive=core.Primitive(datetime=stamp)))

    def read(self, literal: core.Literal, offload: Offload) -> dt.datetime:
        primitive = literal.scalar.primitive
        if primitive.WhichOneof("value") == "string_value":  # a field picked out of a record by the engine
            return self.from_plain(primitive.string_value, offload)
        return super().read(literal, offload).ToDatetime(tzinfo=dt.UTC)

    def to_plain(self, value: Any, offload: Offload) -> str:
        return self.check(value).isoformat()

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        try:
            return dt.datetime.fromisoformat(plain)
        except (TypeError, ValueError):
            raise mismatch("an ISO 8601 instant", plain) from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dt.datetime)


class Day(Instant):
    """A date: on the wire the instant of its midnight, UTC."""

    tag = "date"

    def check(self, value: Any) -> Any:
        if not self.accepts(value):
            raise mismatch("date", value, "take .date() of a datetime" if isinstance(value, dt.datetime) else "")
        return value

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        value = self.check(value)
        midnight = dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
        stamp = Timestamp()
        stamp.FromDatetime(midnight)
        return core.Literal(scalar=core.Scalar(primitive=core.Primitive(datetime=stamp)))

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        found: dt.date = super().read(literal, offload)
        return found.date() if isinstance(found, dt.datetime) else found

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        try:
            return dt.date.fromisoformat(plain)
        except (TypeError, ValueError):
            raise mismatch("an ISO 8601 date", plain) from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


class Span(Scalar):
    """A timedelta, exact to the microsecond; in records seconds as a float."""

    tag = "timedelta"
    simple, field = core.SimpleType.DURATION, "duration"

    def check(self, value: Any) -> dt.timedelta:
        if not isinstance(value, dt.timedelta):
            raise mismatch("timedelta", value)
        return value

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        span = Duration()
        try:
            span.FromTimedelta(self.check(value))
        except ValueError:
            raise mismatch("timedelta of at most 10000 years", value) from None
        return core.Literal(scalar=core.Scalar(primitive=core.Primitive(duration=span)))

    def read(self, literal: core.Literal, offload: Offload) -> dt.timedelta:
        primitive = literal.scalar.primitive
        if primitive.WhichOneof("value") in ("float_value", "integer"):
            return dt.timedelta(seconds=primitive.float_value or primitive.integer)
        return super().read(literal, offload).ToTimedelta()

    def to_plain(self, value: Any, offload: Offload) -> float:
        return self.check(value).total_seconds()

    def from_plain(self, plain: Any, offload: Offload) -> dt.timedelta:
        if isinstance(plain, str):  # pydantic writes ISO 8601
            from alula.idl.literal import parse_text

            return parse_text(plain, self.literal_type, "timedelta").scalar.primitive.duration.ToTimedelta()
        if not isinstance(plain, (int, float)) or isinstance(plain, bool):
            raise mismatch("seconds", plain)
        try:
            return dt.timedelta(seconds=plain)
        except (OverflowError, ValueError):
            raise mismatch("seconds of a timedelta", plain) from None

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "format": "time-delta"}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dt.timedelta)


_KINDS: dict[Any, type[Scalar]] = {dt.datetime: Instant, dt.date: Day, dt.timedelta: Span}


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    found = _KINDS.get(annotation) if isinstance(annotation, type) else None
    return found(annotation) if found is not None else None
