"""Show one execution, workflow, task or launch plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alula.cli.support.options import client_of, json_option, server_options
from alula.cli.support.output import print_message, print_table
from alula.errors import NotFound

if TYPE_CHECKING:
    from alula.client.sync import Client


@click.command()
@click.argument("kind", type=click.Choice(["execution", "workflow", "task", "launch-plan"]))
@click.argument("name", metavar="NAME[:VERSION]")
@server_options
@json_option
def command(kind: str, name: str, address: str, project: str, domain: str, as_json: bool) -> int:
    """Show one execution with its nodes, or the newest version of a workflow, task or launch plan with its inputs."""
    with client_of(address, project, domain) as client:
        return _execution(client, name, as_json) if kind == "execution" else _entity(client, kind, name, as_json)


def _execution(client: Client, name: str, as_json: bool) -> int:
    execution = client.execution(name)
    if as_json:
        print_message(execution.get())
        return 0
    closure = execution.get().closure
    click.echo(f"{execution.id}  {execution.phase.name}  {closure.workflow_id.name}:{closure.workflow_id.version}")
    if closure.error.message:
        click.echo(closure.error.message.rstrip())
    rows = [
        [view.id, view.name, view.phase.name, view.cache, f"{view.duration.total_seconds():.3f} s" if view.duration is not None else ""]
        for view in execution.nodes
    ]
    print_table(["NODE", "NAME", "PHASE", "CACHE", "DURATION"], rows)
    return 0


def _entity(client: Client, kind: str, name: str, as_json: bool) -> int:
    base, _, version = name.partition(":")
    listing = {"workflow": client.workflows, "task": client.tasks, "launch-plan": client.launch_plans}[kind]
    message = listing(base, filters=f"eq(version,{version})" if version else "", limit=1)
    entity = next(iter(getattr(message, kind.replace("-", "_") + "s")), None)
    if entity is None:
        raise NotFound(f"{kind} {name}: there is none; `alula list {kind}s` shows what there is")
    if as_json:
        print_message(entity)
        return 0
    from alula.client.wire import drive
    from alula.idl.literal import describe_type, to_text

    target = drive(client.source.find(f"{base}:{entity.id.version}"))
    click.echo(f"{kind} {entity.id.name}:{entity.id.version}")
    rows = [
        [key, describe_type(each.var.type), to_text(each.default) if each.HasField("default") else "", each.var.description]
        for key, each in target.parameters.items()
    ]
    print_table(["INPUT", "TYPE", "DEFAULT", "DESCRIPTION"], rows)
    return 0
