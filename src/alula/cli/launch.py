"""Launch a registered workflow, launch plan or task."""

from __future__ import annotations

from typing import Any

import click

from alula.cli.support import complete
from alula.cli.support.inputs import file_option, input_option
from alula.cli.support.options import client_of, json_option, server_options
from alula.cli.support.spec import launch_options, spec_options


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False)
@click.argument("name", required=False, metavar="NAME[:VERSION]", shell_complete=complete.launchable)
@input_option
@file_option
@server_options
@click.option("--version", default="", shell_complete=complete.versions, help="Version [the active one, else the newest].")
@spec_options
@click.option("--wait", is_flag=True, help="Follow it to the end and print its outputs.")
@json_option
@click.option("-h", "--help", "wants_help", is_flag=True, help="Show this message; with a name also the inputs.")
@click.pass_context
def command(context: click.Context, /, name: str | None, wants_help: bool, **options: Any) -> int:
    """Launch a registered workflow, launch plan or task; prints the execution's name.

    The inputs are options: `alula launch churn --depth 3`; see them with `alula launch churn --help`.
    """
    if name is None:
        if wants_help:
            click.echo(context.get_help())
            return 0
        raise click.UsageError("which workflow? write `alula launch NAME`; `alula list workflows` shows them", context)
    from alula.cli.support.inputs import help_rows, read, send_files
    from alula.cli.support.launched import announce, finish
    from alula.client.sync import Execution
    from alula.client.wire import drive

    with client_of(options["address"], options["project"], options["domain"]) as client:
        source = client.source
        target = drive(source.find(name, options["version"]))
        if wants_help:
            formatter = context.make_formatter()
            with formatter.section(f"Inputs of {target.id.name}:{target.id.version}"):
                formatter.write_dl(help_rows(target.parameters, context))
            click.echo(f"{context.get_help()}\n\n{formatter.getvalue().rstrip()}")
            return 0
        literals = read(target.parameters, context.args, options["pairs"], options["inputs_file"], context)
        execution = Execution(drive(source.create(target, send_files(literals, source.wire), launch_options(options))))
        return finish(execution, as_json=options["as_json"]) if options["wait"] else announce(execution, as_json=options["as_json"])
