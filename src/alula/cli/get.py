"""Show one execution, workflow, task or launch plan."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import click

from alula.cli.support.options import client_of, json_option, server_options
from alula.cli.support.output import print_message, print_table
from alula.errors import NotFound

if TYPE_CHECKING:
    from alula.client.execution import NodeView
    from alula.client.sync import Client, Execution
    from alula.idl.v1.service_pb2 import ExecutionEvent


_HOW = {4: "relaunch of", 6: "keeps results of"}  # the IDL's ExecutionMode


@click.command()
@click.argument("kind", type=click.Choice(["execution", "workflow", "task", "launch-plan"]))
@click.argument("name", metavar="NAME[:VERSION]")
@click.option("--events", "with_events", is_flag=True, help="What happened to an execution, and where it stands, instead of its nodes.")
@server_options
@json_option
def command(kind: str, name: str, with_events: bool, address: str, project: str, domain: str, as_json: bool) -> int:
    """Show one execution with its nodes, or the newest version of a workflow, task or launch plan with its inputs."""
    if with_events and kind != "execution":
        raise click.UsageError(f"--events goes with an execution, not with a {kind}")
    with client_of(address, project, domain) as client:
        if with_events:
            return _events(client.execution(name), as_json)
        return _execution(client, name, as_json) if kind == "execution" else _entity(client, kind, name, as_json)


def _execution(client: Client, name: str, as_json: bool) -> int:
    execution = client.execution(name)
    if as_json:
        print_message(execution.get())
        return 0
    closure = execution.get().closure
    click.echo(f"{execution.id}  {execution.phase.name}  {closure.workflow_id.name}:{closure.workflow_id.version}")
    metadata = execution.get().spec.metadata
    if metadata.reference_execution.name:
        click.echo(f"{_HOW.get(metadata.mode, 'again')} {metadata.reference_execution.name}")
    if closure.error.message:
        click.echo(closure.error.message.rstrip())
    rows = [
        [view.id, view.name, view.phase.name, view.cache, f"{view.duration.total_seconds():.3f} s" if view.duration is not None else ""]
        for view in execution.nodes
    ]
    print_table(["NODE", "NAME", "PHASE", "CACHE", "DURATION"], rows)
    return 0


def _events(execution: Execution, as_json: bool) -> int:
    found = execution.events
    if as_json:
        from alula.idl.v1 import service_pb2

        print_message(service_pb2.EventsResponse(events=found))
        return 0
    print_table(["TIME", "EVENT", "NODE", "DETAIL"], [[_time(each), each.kind, _node(each), each.text] for each in found])
    if not execution.phase.is_terminal:
        latest = {each.node_id: each for each in found}
        for view in execution.nodes:
            if not view.phase.is_terminal:
                click.echo(f"{view.id} ({view.name}) is {view.phase.name}: {_stands(execution, view, latest.get(view.id))}")
    return 0


def _stands(execution: Execution, view: NodeView, last: ExecutionEvent | None) -> str:
    """Why a live node stands where it stands."""
    if last is not None:
        return f"{last.text}, at {_time(last)}"
    if view.phase.name == "QUEUED":
        return "it waits for its turn"
    return "it waits for an answer, `alula signal`" if view.name in execution.gates else "it waits for what lies within it"


def _time(event: ExecutionEvent) -> str:
    return event.at.ToDatetime(UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]


def _node(event: ExecutionEvent) -> str:
    return f"{event.node_id}[{event.item - 1}]" if event.item else event.node_id


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
