"""pydantic models as records: fields of our types by our converters, every other one as pydantic itself writes it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from alula.errors import DefinitionError, InvalidInput
from alula.types.base import Converter, Forms, converter, mismatch, type_name
from alula.types.container import inside
from alula.types.offload import Offload
from alula.types.record import UNSET, Field, Record


class ModelRecord(Record):
    """A class derived from `pydantic.BaseModel`; its validators run when it is read."""

    tag = "Pydantic Transformer"

    def find_fields(self) -> dict[str, Field]:
        model = self.annotation
        if getattr(model, "__pydantic_complete__", True) is False:
            model.model_rebuild()
        from pydantic_core import PydanticUndefined

        made = {}
        for name, field in model.model_fields.items():
            default = UNSET if field.default is PydanticUndefined else field.default
            made[name] = Field(annotation=_annotated(field), is_required=field.is_required(), default=default)
        return made

    def _field(self, name: str, annotation: Any) -> Converter:
        if name in _serialized(self.annotation):
            return Foreign(annotation, self.annotation, name)
        try:
            made = converter(annotation)
            made.plain_forms()
        except DefinitionError:
            return Foreign(annotation, self.annotation, name)
        return made

    def build(self, values: dict[str, Any]) -> Any:
        import pydantic

        try:
            return self.annotation.model_validate(values, strict=False, by_name=True, by_alias=True)
        except pydantic.ValidationError as error:
            raise _refused(self.annotation, error) from error

    def get(self, value: Any) -> Mapping[str, Any]:
        return {name: value if isinstance(self.converters[name], Foreign) else getattr(value, name) for name in self.fields}

    def to_plain(self, value: Any, offload: Offload) -> Any:
        plain = super().to_plain(value, offload)
        if value.model_extra:
            plain |= value.model_dump(mode="json", include=set(value.model_extra))
        return plain

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        if not isinstance(plain, dict):
            raise mismatch(type_name(self.annotation), plain)
        values = {}
        for name, item in plain.items():
            try:
                values[name] = self.converters[name].from_plain(item, offload) if name in self.fields else item
            except InvalidInput as error:
                raise inside(f"{self.annotation.__qualname__}.{name}", error) from error
        if self.annotation.model_config.get("extra") != "allow":
            values = {name: item for name, item in values.items() if name in self.fields}
        return self.build(values)


class RootRecord(ModelRecord):
    """A `pydantic.RootModel`: its plain form is that of what it holds."""

    def build_schema(self) -> dict[str, Any]:
        return {**self.converters["root"].schema(), "title": self.annotation.__name__}

    def plain_forms(self) -> Forms:
        return self.converters["root"].plain_forms()

    def to_plain(self, value: Any, offload: Offload) -> Any:
        return super().to_plain(value, offload)["root"]

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return super().from_plain({"root": plain}, offload)

    def build(self, values: dict[str, Any]) -> Any:
        import pydantic

        try:
            return self.annotation.model_validate(values["root"], strict=False)
        except pydantic.ValidationError as error:
            raise _refused(self.annotation, error) from error


class Foreign(Converter):
    """A field that only pydantic knows how to write: a UUID, a Decimal, a tuple, one with a serializer of its own."""

    def __init__(self, annotation: Any, model: Any, name: str) -> None:
        super().__init__(annotation)
        self.model, self.name = model, name
        try:
            found = model.model_json_schema(by_alias=False)
            self._schema = _inlined(found["properties"][name] if "properties" in found else found, found.get("$defs", {}), ())
        except Exception as error:  # whatever a field's own schema raises, as PydanticInvalidForJsonSchema
            raise DefinitionError(
                f"{type_name(annotation)} is neither a type of Alula nor one pydantic can describe ({str(error).splitlines()[0]}); "
                "use a supported type, or give the field a serializer",
                code="UNSUPPORTED_TYPE",
            ) from error

    def build_literal_type(self) -> Any:
        from alula.idl import core

        simple = _SIMPLE.get(str(self._schema.get("type")), core.SimpleType.STRUCT)
        return core.LiteralType(simple=simple)

    def to_literal(self, value: Any, offload: Offload) -> Any:
        raise NotImplementedError  # a field never stands alone

    def read(self, literal: Any, offload: Offload) -> Any:
        raise NotImplementedError

    def to_plain(self, value: Any, offload: Offload) -> Any:
        """Of the whole model: only it knows the field's serializer."""
        import msgpack

        if not isinstance(value, self.model):  # the default, for the schema
            import pydantic

            try:
                return pydantic.TypeAdapter(Any).dump_python(value, mode="json")
            except ValueError as error:
                raise InvalidInput(f"the default of {self.name} has no JSON form", code="TYPE_MISMATCH") from error
        try:
            plain = value.model_dump(mode="json", include={self.name})[self.name]
            msgpack.packb(plain)
        except Exception as error:  # whatever a serializer raises
            raise InvalidInput(f"{self.name} cannot be written: {str(error).splitlines()[0]}", code="TYPE_MISMATCH") from error
        return plain

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return plain

    def schema(self) -> dict[str, Any]:
        return self._schema

    def accepts(self, value: Any) -> bool:
        return True


_SIMPLE = {"integer": 1, "number": 2, "string": 3, "boolean": 4}  # core.SimpleType's numbers


def _annotated(field: Any) -> Any:
    from typing import Annotated

    ours = [item for item in field.metadata if type(item).__module__.startswith("alula.") or isinstance(item, Mapping)]
    return Annotated[(field.annotation, *ours)] if ours else field.annotation


def _serialized(model: Any) -> set[str]:
    """Fields with a serializer of the model's own."""
    found = model.__pydantic_decorators__.field_serializers.values()
    return {name for decorator in found for name in (model.model_fields if "*" in decorator.info.fields else decorator.info.fields)}


def _refused(model: Any, error: Any) -> InvalidInput:
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in (model.__qualname__, *first["loc"]))
    return InvalidInput(f"{place}: {first['msg']}", code="TYPE_MISMATCH")


def _inlined(schema: Any, definitions: Mapping[str, Any], above: tuple[str, ...]) -> Any:
    """A JSON schema without references; where a class contains itself, only that it is an object."""
    if isinstance(schema, list):
        return [_inlined(item, definitions, above) for item in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        return {"type": "object", "title": name} if name in above else _inlined(definitions.get(name, {}), definitions, (*above, name))
    return {key: _inlined(item, definitions, above) for key, item in schema.items() if key != "$defs"}


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(annotation, type) or not issubclass(annotation, pydantic.BaseModel):
        return None
    return RootRecord(annotation) if issubclass(annotation, pydantic.RootModel) else ModelRecord(annotation)
