"""An execution launched again: as it was, or with other inputs or other code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alula.cli.support import complete
from alula.cli.support.inputs import file_option, input_option
from alula.cli.support.options import client_of, json_option, server_options

if TYPE_CHECKING:
    from alula.client.sync import Client, Execution
    from alula.client.target import Target

F = TypeVar("F", bound=Callable[..., Any])
CHANGING = {"ignore_unknown_options": True, "allow_extra_args": True}


def change_options(function: F) -> F:
    """What `relaunch` and `rerun` take: the execution, changed inputs, other code."""
    for option in (
        json_option,
        click.option("--wait", is_flag=True, help="Follow it to the end and print its outputs."),
        click.option("--name", "execution_name", default="", help="Name of the new execution."),
        click.option("--overwrite-cache", is_flag=True, help="Compute anew and replace what is cached."),
        click.option("--version", default="", shell_complete=complete.versions, help="Another registered version of the workflow to run."),
        click.option(
            "--file",
            "source_file",
            default="",
            type=click.Path(),
            metavar="FILE",
            help="Register this file and run its version of the workflow.",
        ),
        file_option,
        input_option,
        server_options,
        click.argument("execution", shell_complete=complete.executions),
    ):
        function = option(function)
    return function


def launch_changed(context: click.Context, options: dict[str, Any], from_nodes: tuple[str, ...] = (), only: str = "") -> int:
    """Launches an execution again with what the command line changes.

    Args:
        from_nodes: keep what lies before these nodes.
        only: run the task of this node alone, with the inputs it had.
    """
    from alula.cli.support.inputs import read, send_files
    from alula.cli.support.launched import announce, finish
    from alula.client.sync import Execution
    from alula.client.wire import drive
    from alula.idl import core

    with client_of(options["address"], options["project"], options["domain"]) as client:
        source = client.execution(options["execution"])
        if only:
            task_id, had = drive(source.source.task_of(only))
            target = _target(client, task_id, options)
        else:
            target, had = _target(client, source.get().spec.launch_plan, options), core.LiteralMap()
        given = {}
        for name, parameter in target.parameters.items():
            given[name] = core.Parameter(var=parameter.var)  # nothing is required: the execution had its inputs
        changed = read(given, context.args, options["pairs"], options["inputs_file"], context)
        changed = send_files(changed, client.source.wire)
        is_changed = bool(changed.literals or options["version"] or options["source_file"] or options["overwrite_cache"])
        if only:
            made = _only(client, target, had, changed, options)
        elif not from_nodes and not is_changed:
            made = source.relaunch(options["execution_name"])
        else:
            made = Execution(
                drive(
                    source.source.restart(
                        from_nodes,
                        target.id,
                        changed,
                        name=options["execution_name"],
                        overwrite_cache=options["overwrite_cache"],
                    )
                )
            )
        return finish(made, as_json=options["as_json"]) if options["wait"] else announce(made, as_json=options["as_json"])


def _only(client: Client, target: Target, had: Any, changed: Any, options: dict[str, Any]) -> Execution:
    from alula.client.client import LaunchOptions
    from alula.client.sync import Execution
    from alula.client.wire import drive

    inputs = type(had)()
    for name in target.parameters:
        if name in had.literals:
            inputs.literals[name].CopyFrom(had.literals[name])
    for name, literal in changed.literals.items():
        inputs.literals[name].CopyFrom(literal)
    launch = LaunchOptions(name=options["execution_name"], overwrite_cache=options["overwrite_cache"])
    return Execution(drive(client.source.create(target, inputs, launch)))


def _target(client: Client, identifier: Any, options: dict[str, Any]) -> Target:
    """The launch plan or task to run: the execution's own, another version of it, or that of a file."""
    from alula.client.wire import drive

    if options["version"] and options["source_file"]:
        raise click.UsageError("--version and --file exclude each other; give one of them")
    if options["source_file"]:
        from alula.cli.support.module import load
        from alula.sdk import discover

        module = load(options["source_file"])
        entity = discover.find(module, identifier.name)
        made = drive(client.source.target(entity))
        return drive(client.source.exact(made.id))
    if options["version"]:
        identifier.version = options["version"]
    return drive(client.source.exact(identifier))
