"""Inputs as typed options, made from the parameters of a launch plan or task."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.literal import describe_type, from_json, parse_text, to_text

if TYPE_CHECKING:
    from alula.client.wire import Wire

input_option = click.option(
    "-i", "--input", "pairs", multiple=True, metavar="NAME=VALUE", help="One input; for names that are options too."
)
file_option = click.option("--inputs", "inputs_file", metavar="FILE", help="Inputs as a JSON object, from a file or - for stdin.")


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


def _is_bool(parameter: core.Parameter) -> bool:
    kind = parameter.var.type
    return kind.WhichOneof("type") == "simple" and kind.simple == core.SimpleType.BOOLEAN


def _help(parameter: core.Parameter) -> str:
    parts = [parameter.var.description.strip()]
    if parameter.HasField("default"):
        text = to_text(parameter.default)
        parts.append(f"[default: {text if len(text) <= 60 else text[:57] + '…'}]")
    elif parameter.required:
        parts.append("[required]")
    return " ".join(part for part in parts if part)


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
            made.append(click.Option([*names, name], type=LiteralType(parameter.var.type, f"--{dashed}"), help=_help(parameter)))
    return made


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
            if value is not None:
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
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text()
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--inputs {source}: cannot be read as JSON ({error})", context) from error
    if not isinstance(found, dict):
        raise click.UsageError(f'--inputs {source}: expected a JSON object such as {{"depth": 3}}', context)
    return [(name, from_json(value, _type_of(parameters, name, context), f"input {name!r}")) for name, value in found.items()]


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
            parameter.default.CopyFrom(port.converter.to_literal(port.default, Offload()))
        made[name] = parameter
    return made


def send_files(literals: core.LiteralMap, wire: Wire) -> core.LiteralMap:
    """Uploads what names a file of this machine; other URIs stay as they are."""
    from alula.client.transfer import LinkOffload
    from alula.types.base import converter
    from alula.types.offload import file_digest
    from alula.types.value import Directory, File

    offload = LinkOffload(wire)
    made = core.LiteralMap()
    made.CopyFrom(literals)
    for name, literal in made.literals.items():
        blob = _blob(literal)
        if blob is None or "://" in blob.uri:
            continue
        path = Path(blob.uri)
        if not path.exists():
            raise InvalidInput(f"input {name!r}: there is no file {blob.uri}; give a path of this machine or a URI")
        if isinstance(blob, core.StructuredDataset):
            blob.uri = offload.put_file(path, path.name, file_digest(path))
        else:
            is_folder = blob.metadata.type.dimensionality == core.BlobType.MULTIPART
            sent = converter(Directory if is_folder else File).to_literal(path, offload)
            blob.uri, literal.hash = sent.scalar.blob.uri, sent.hash
    return made


def _blob(literal: core.Literal) -> Any:
    scalar = literal.scalar
    kind = scalar.WhichOneof("value")
    if kind == "union":
        return _blob(scalar.union.value)
    return getattr(scalar, kind) if kind in ("blob", "structured_dataset") else None
