"""Inputs as typed options, made from the parameters of a launch plan or task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.idl.literal import describe_type, from_json, parse_text, to_text

if TYPE_CHECKING:
    from alula.client.wire import Wire

input_option = click.option(
    "-i", "--input", "pairs", multiple=True, metavar="NAME=VALUE", help="One input; for names that are options too."
)
file_option = click.option(
    "--inputs", "inputs_file", type=click.Path(allow_dash=True), metavar="FILE", help="Inputs as JSON or YAML, from a file or - for stdin."
)


class LiteralType(click.ParamType[Any]):
    """A click type that reads text as a literal."""

    def __init__(self, type_: core.LiteralType, place: str) -> None:
        self.type, self.place = type_, place
        self.name = describe_type(type_)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, core.Literal):
            return value
        try:
            return parse_text(value, self.type, self.place)
        except InvalidInput as error:
            raise click.UsageError(error.message, ctx) from error

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return self.name


class InputOption(click.Option):
    """An option of one input; a list or a map may be given piece by piece, by repeating it."""

    def __init__(self, names: Sequence[str], type_: core.LiteralType, place: str, help: str) -> None:
        self.parts = parts_of(type_)
        self.literal_type, self.place = type_, place
        super().__init__(list(names), type=LiteralType(type_, place), help=help, multiple=self.parts is not None)

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        if self.parts is None or not value:
            return super().type_cast_value(ctx, value) if self.parts is None else None
        try:
            return joined(list(value), self.literal_type, self.place)
        except InvalidInput as error:
            raise click.UsageError(error.message, ctx) from error


def parts_of(type_: core.LiteralType) -> core.LiteralType | None:
    """The list or map that a type is, or may be: `list[int] | None`; None if it is neither."""
    kind = type_.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        return type_
    if kind == "union_type":
        found = [each for each in map(parts_of, type_.union_type.variants) if each is not None]
        others = [each for each in type_.union_type.variants if parts_of(each) is None and each.simple != core.SimpleType.NONE]
        return found[0] if len(found) == 1 and not others else None
    return None


def joined(texts: Sequence[str], type_: core.LiteralType, place: str) -> core.Literal:
    """A list or map from what an option was given: once as JSON, or each time an item, `a=1` for an entry of a map.

    Raises:
        InvalidInput: it is no value of the type.
    """
    parts = parts_of(type_)
    assert parts is not None
    is_map = parts.WhichOneof("type") == "map_value_type"
    if len(texts) == 1 and (texts[0].lstrip()[:1] in ("[", "{") or (type_ is not parts and texts[0] in ("", "null", "none", "None"))):
        try:
            return parse_text(texts[0], type_, place)
        except InvalidInput as error:
            try:
                return _of_parts(texts, parts, type_, place, is_map=is_map)
            except InvalidInput:
                raise error from None
    return _of_parts(texts, parts, type_, place, is_map=is_map)


def _of_parts(texts: Sequence[str], parts: core.LiteralType, type_: core.LiteralType, place: str, *, is_map: bool) -> core.Literal:
    if is_map:
        made = core.Literal(map=core.LiteralMap(literals=dict(_entry(text, parts.map_value_type, place) for text in texts)))
    else:
        items = [parse_text(text, parts.collection_type, f"{place}, item {at}") for at, text in enumerate(texts, 1)]
        made = core.Literal(collection=core.LiteralCollection(literals=items))
    if parts is type_:
        return made
    return core.Literal(scalar=core.Scalar(union=core.Union(value=made, type=parts)))


def _entry(text: str, type_: core.LiteralType, place: str) -> tuple[str, core.Literal]:
    name, separator, value = text.partition("=")
    if not separator:
        raise InvalidInput(f'{place}: expected KEY=VALUE, got {text[:60]!r}; or the whole as JSON, {{"key": …}}')
    return name, parse_text(value, type_, f"{place} {name}")


def _is_bool(parameter: core.Parameter) -> bool:
    kind = parameter.var.type
    return kind.WhichOneof("type") == "simple" and kind.simple == core.SimpleType.BOOLEAN


def _help(parameter: core.Parameter) -> str:
    parts = [" ".join(parameter.var.description.split()), _form(parameter.var.type)]
    if parameter.HasField("default"):
        text = to_text(parameter.default)
        parts.append(f"[default: {text if len(text) <= 60 else text[:57] + '…'}]")
    elif parameter.required:
        parts.append("[required]")
    return " ".join(part for part in parts if part)


def _form(type_: core.LiteralType) -> str:
    """How a value with structure is written."""
    if type_.WhichOneof("type") == "union_type":
        forms = [form for form in map(_form, type_.union_type.variants) if form]
        return " or ".join(dict.fromkeys(forms))
    whole = parts_of(type_)
    if whole is not None:
        return "(repeat it, or a JSON list)" if whole.WhichOneof("type") == "collection_type" else "(KEY=VALUE, repeat it, or JSON)"
    fields = type_.metadata.fields
    if type_.simple != core.SimpleType.STRUCT or "properties" not in fields:
        return "(JSON)" if type_.simple == core.SimpleType.STRUCT and type_.WhichOneof("type") == "simple" else ""
    required = {each.string_value for each in fields["required"].list_value.values} if "required" in fields else set()
    names = sorted(fields["properties"].struct_value.fields, key=lambda name: (name not in required, name))
    return f"(JSON: {', '.join(name if name in required else f'[{name}]' for name in names)})"


def options_for(parameters: Mapping[str, core.Parameter], taken: frozenset[str]) -> list[click.Option]:
    """An option per input; one whose name is `taken` is left to `--input`, see `spelling`."""
    made = []
    for name, parameter in parameters.items():
        dashed = name.replace("_", "-")
        if f"--{dashed}" in taken or f"--{name}" in taken:
            continue
        names = [f"--{dashed}", *([f"--{name}"] if dashed != name else [])]
        if _is_bool(parameter):
            made.append(click.Option([f"--{dashed}/--no-{dashed}", name], default=None, help=_help(parameter)))
        else:
            made.append(InputOption([*names, name], parameter.var.type, f"--{dashed}", _help(parameter)))
    return made


def help_rows(parameters: Mapping[str, core.Parameter], context: click.Context) -> list[tuple[str, str]]:
    """How each input is given to a command, and what it is."""
    own = taken(context.command)
    rows = [row for option in options_for(parameters, own) if (row := option.get_help_record(context))]
    for name, parameter in parameters.items():
        if (spelled := spelling(name, own)).startswith("-i"):
            rows.append((spelled, f"{describe_type(parameter.var.type)}; --{name} is an option of this command"))
    return rows or [("none", "")]


def read(
    parameters: Mapping[str, core.Parameter], args: Sequence[str], pairs: Sequence[str], inputs_file: str | None, context: click.Context
) -> core.LiteralMap:
    """Literals from all three ways to give inputs; a later one may not repeat a name.

    Args:
        parameters: what may be given.
        args: what the command itself did not understand: the typed options.
        pairs: `--input` values.
        inputs_file: `--inputs` value.
        context: of the command.
    Raises:
        click.UsageError: an unknown, repeated, missing or wrong input.
    """
    command = click.Command(context.command.name, params=[*options_for(parameters, taken(context.command))], add_help_option=False)
    found: dict[str, core.Literal] = {}
    with click.Context(command, info_name=context.info_name, parent=context.parent, allow_extra_args=True) as inner:
        command.parse_args(inner, list(args))
        if inner.args:
            raise click.UsageError(f"unexpected argument {inner.args[0]!r}; inputs are options: {_named(parameters)}", context)
        for name, value in inner.params.items():
            if value is not None and value != ():
                found[name] = value if isinstance(value, core.Literal) else _bool(value)
    for name, literal in [*_pairs(parameters, pairs, context), *_file(parameters, inputs_file, context)]:
        if name in found:
            raise click.UsageError(f"input {name!r} is given twice; give it once", context)
        found[name] = literal
    missing = [name for name, parameter in parameters.items() if parameter.required and name not in found]
    if missing:
        own = taken(context.command)
        shown = ", ".join(f"{spelling(name, own)} ({describe_type(parameters[name].var.type)})" for name in missing)
        raise click.UsageError(f"missing {shown}", context)
    return core.LiteralMap(literals=found)


def spelling(name: str, own: frozenset[str]) -> str:
    """How an input is given: `--depth`, or `-i name=…` where the command has an option of that name itself."""
    option = f"--{name.replace('_', '-')}"
    return f"-i {name}=…" if option in own or f"--{name}" in own else option


def taken(command: click.Command) -> frozenset[str]:
    """Option names that a command uses itself."""
    return frozenset(name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts])


def _named(parameters: Mapping[str, core.Parameter]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in parameters) or "there are none"


def _bool(value: bool) -> core.Literal:
    return core.Literal(scalar=core.Scalar(primitive=core.Primitive(boolean=value)))


def _type_of(parameters: Mapping[str, core.Parameter], name: str, context: click.Context) -> core.LiteralType:
    if name not in parameters:
        raise click.UsageError(f"no input {name!r}; the inputs are {', '.join(parameters) or 'none'}", context)
    return parameters[name].var.type


def _pairs(parameters: Mapping[str, core.Parameter], pairs: Sequence[str], context: click.Context) -> list[tuple[str, core.Literal]]:
    made = []
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator:
            raise click.UsageError(f"--input {pair!r}: expected NAME=VALUE", context)
        made.append((name, parse_text(text, _type_of(parameters, name, context), f"input {name!r}")))
    return made


def _file(parameters: Mapping[str, core.Parameter], source: str | None, context: click.Context) -> list[tuple[str, core.Literal]]:
    if source is None:
        return []
    from alula.cli.support.document import read_document

    document = read_document(source)
    return [(name, from_json(value, _type_of(parameters, name, context), document.place(name))) for name, value in document.values.items()]


def of_interface(entity: Any) -> dict[str, core.Parameter]:
    """Parameters of an entity at hand, in the order of its signature."""
    from alula.sdk.interface import MISSING
    from alula.types.offload import Offload

    made: dict[str, core.Parameter] = {}
    variables = entity.interface.to_proto().inputs.variables
    for name, port in entity.interface.inputs.items():
        parameter = core.Parameter(var=variables[name])
        if port.default is MISSING:
            parameter.required = True
        else:
            try:
                parameter.default.CopyFrom(port.converter.to_literal(port.default, Offload()))
            except InvalidInput as error:
                raise DefinitionError(f"{port.place}: its default: {error.message}", where=entity.where, code=error.code) from error
        made[name] = parameter
    return made


def check(entity: Any, literals: core.LiteralMap) -> None:
    """Has the types of a function at hand look at records and choices, so that a wrong one is refused before anything runs.

    Raises:
        InvalidInput: a value that the task would refuse.
    """
    from alula.types.offload import Offload

    for name, literal in literals.literals.items():
        port = entity.interface.inputs[name]
        if not _has_files(literal):
            try:
                port.converter.to_python(literal, Offload())
            except InvalidInput as error:
                raise InvalidInput(f"input {name!r}: {error.message}", code=error.code) from error


def _has_files(literal: core.Literal) -> bool:
    return _blob(literal) is not None or any(_has_files(item) for item, _ in _inside(literal, ""))


def send_files(literals: core.LiteralMap, wire: Wire) -> core.LiteralMap:
    """Uploads what names a file of this machine; other URIs stay as they are."""
    from alula.client.transfer import LinkOffload
    from alula.types.base import converter
    from alula.types.offload import file_digest
    from alula.types.value import Directory, File

    offload = LinkOffload(wire)

    def send(literal: core.Literal, place: str) -> None:
        for part, where in _inside(literal, place):
            send(part, where)
        blob = _blob(literal)
        if blob is None or "://" in blob.uri:
            return
        path = Path(blob.uri)
        if not path.exists():
            raise InvalidInput(f"{place}: there is no file {blob.uri}; give a path of this machine or a URI")
        if isinstance(blob, core.StructuredDataset):
            blob.uri = offload.put_file(path, path.name, file_digest(path))
        else:
            is_folder = blob.metadata.type.dimensionality == core.BlobType.MULTIPART
            sent = converter(Directory if is_folder else File).to_literal(path, offload)
            blob.uri, literal.hash = sent.scalar.blob.uri, sent.hash

    made = core.LiteralMap()
    made.CopyFrom(literals)
    for name, literal in made.literals.items():
        send(literal, f"input {name!r}")
    return made


def _inside(literal: core.Literal, place: str) -> Iterator[tuple[core.Literal, str]]:
    """The items of a list or map, also one that is a variant of a union."""
    case = literal.WhichOneof("value")
    if case == "collection":
        yield from ((item, f"{place}[{at}]") for at, item in enumerate(literal.collection.literals))
    elif case == "map":
        yield from ((item, f'{place}["{key}"]') for key, item in literal.map.literals.items())
    elif case == "scalar" and literal.scalar.WhichOneof("value") == "union":
        yield from _inside(literal.scalar.union.value, place)


def _blob(literal: core.Literal) -> Any:
    scalar = literal.scalar
    kind = scalar.WhichOneof("value")
    if kind == "union":
        return _blob(scalar.union.value)
    return getattr(scalar, kind) if kind in ("blob", "structured_dataset") else None
