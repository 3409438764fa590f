"""Run a task or workflow of a Python file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support import complete
from alula.cli.support.inputs import file_option, input_option
from alula.cli.support.module import load
from alula.cli.support.options import client_of, home_folder, home_option, json_option, server_options

if TYPE_CHECKING:
    from types import ModuleType

    from alula.client.sync import Client, Execution
    from alula.idl import core


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    add_help_option=False,
    options_metavar="[OPTIONS]",
)
@click.argument("file", required=False, type=click.Path())
@click.argument("name", required=False, metavar="WORKFLOW_OR_TASK", shell_complete=complete.in_file)
@input_option
@file_option
@click.option("--remote", is_flag=True, help="On a server, even if none is named in the settings.")
@click.option("--local", is_flag=True, help="Here, even if the settings name a server.")
@home_option
@server_options
@click.option("--name", "execution_name", default="", help="Name of the execution.")
@click.option("--version", default="", help="Version to register under [hash of the code].")
@click.option("--overwrite-cache", is_flag=True, help="Compute anew and replace what is cached.")
@click.option("--timeout", "timeout_s", type=float, metavar="SECONDS", help="How long to wait; the execution goes on.")
@click.option("--watch", "is_watching", is_flag=True, help="Run again whenever a file of the project is saved.")
@json_option
@click.option("-h", "--help", "wants_help", is_flag=True, help="Show this message; with FILE and a name also the inputs.")
@click.pass_context
def command(context: click.Context, /, file: str | None, name: str | None, wants_help: bool, **options: Any) -> int:
    """Run a task or workflow of a Python file and print its outputs.

    Runs here, without a server, and leaves its record in the home folder; with --remote, --address or an address in the
    settings it runs on a server. The inputs are options: `alula run train.py churn --depth 3`; see them with
    `alula run train.py --help` and `alula run train.py churn --help`. With --watch it is run again on every save.
    """
    if file is None:
        if wants_help:
            click.echo(context.get_help())
            return 0
        raise click.UsageError("which file? write `alula run FILE WORKFLOW`", context)
    if options["is_watching"] and name is not None and not wants_help:
        return _watch(context, file, name, options)
    module = load(file)
    if name is None:
        return _list(context, file, module, wants_help)
    from alula.sdk import discover

    entity = discover.find(module, name)
    if wants_help:
        click.echo(_help(context, entity))
        return 0
    return _run(context, entity, options)


def _list(context: click.Context, file: str, module: ModuleType, wants_help: bool) -> int:
    from alula.sdk import discover

    found = discover.entities(module)
    lines = [
        f"  {entity.label:<24} {entity.kind}: {entity.interface.summary.strip().partition(chr(10))[0]}".rstrip(" :") for entity in found
    ]
    listing = "\n".join(lines) or "  nothing; decorate a function with @al.task or @al.workflow"
    if not wants_help:
        raise click.UsageError(f"which workflow or task? {file} defines\n{listing}", context)
    click.echo(f"{context.get_help()}\n\n{file} defines:\n{listing}")
    return 0


def _help(context: click.Context, entity: Any) -> str:
    from alula.cli.support.inputs import help_rows, of_interface

    formatter = context.make_formatter()
    formatter.write_usage(context.command_path, f"FILE {entity.label} [INPUTS] [OPTIONS]")
    summary = entity.interface.summary.strip().partition("\n\n")[0]
    if summary:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(summary)
    with formatter.section("Inputs"):
        formatter.write_dl(help_rows(of_interface(entity), context))
    own = [parameter.get_help_record(context) for parameter in context.command.params if isinstance(parameter, click.Option)]
    with formatter.section("Options"):
        formatter.write_dl([row for row in own if row])
    return formatter.getvalue().rstrip("\n")


def _run(context: click.Context, entity: Any, options: dict[str, Any]) -> int:
    literals = _inputs(context, entity, options)
    with client_for(options) as client:
        return _finish(_start(entity, literals, options, client), entity, options)


def _watch(context: click.Context, file: str, name: str, options: dict[str, Any]) -> int:
    from alula.cli.support.watch import Watch
    from alula.sdk import discover

    if options["execution_name"] or options["version"]:
        raise click.UsageError("--watch starts many executions of many versions; leave --name and --version out", context)

    def start(module: ModuleType, client: Client) -> Execution:
        entity = discover.find(module, name)
        execution = _start(entity, _inputs(context, entity, options), options, client)
        _finish(execution, entity, options)
        return execution

    with client_for(options) as client:
        return Watch(file, client, start).run()


def _inputs(context: click.Context, entity: Any, options: dict[str, Any]) -> core.LiteralMap:
    from alula.cli.support.inputs import check, of_interface, read

    parameters = of_interface(entity)
    literals = read(parameters, context.args, options["pairs"], options["inputs_file"], context)
    check(entity, literals)
    for name, parameter in parameters.items():  # a task has no launch plan that would hold its defaults
        if parameter.HasField("default") and name not in literals.literals:
            literals.literals[name].CopyFrom(parameter.default)
    return literals


def _start(entity: Any, literals: core.LiteralMap, options: dict[str, Any], client: Client) -> Execution:
    from alula.cli.support.inputs import send_files
    from alula.client.client import LaunchOptions
    from alula.client.sync import Execution
    from alula.client.wire import drive

    source = client.source
    target = drive(source.target(entity, options["version"]))
    launch = LaunchOptions(name=options["execution_name"], overwrite_cache=options["overwrite_cache"])
    return Execution(drive(source.create(target, send_files(literals, source.wire), launch)))


def _finish(execution: Execution, entity: Any, options: dict[str, Any]) -> int:
    from alula.cli.support.launched import finish

    names = list(entity.interface.outputs)
    return finish(execution, as_json=options["as_json"], names=names, timeout_s=options["timeout_s"], is_here=_is_here(options))


def _is_here(options: dict[str, Any]) -> bool:
    """Whether it runs in this process, not on a server."""
    from alula.client.settings import load as load_settings

    if options["local"] and (options["remote"] or options["address"]):
        raise click.UsageError("--local and a server exclude each other; give one of them")
    return options["local"] or not (options["remote"] or bool(options["address"]) or not load_settings().is_default)


@contextmanager
def client_for(options: dict[str, Any]) -> Iterator[Client]:
    """A client of the server meant, or of a control plane in this process."""
    where = options["address"], options["project"], options["domain"]
    if not _is_here(options):
        with client_of(*where) as client:
            yield client
        return
    from alula.control.limit import Limits
    from alula.server.config import ServerConfig
    from alula.server.embedded import EmbeddedServer

    home = home_folder(options["home"])
    config = ServerConfig(home=home, limits=Limits.from_environment(os.environ))
    with EmbeddedServer(home, config) as server, client_of(server.grpc_address, *where[1:]) as client:
        yield client
