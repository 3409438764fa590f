"""Show one execution, workflow, task or launch plan."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options
from alula.cli.support.output import print_json, print_message, print_table
from alula.errors import InvalidInput, NotFound, Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alula.client.node import NodeView
    from alula.client.sync import Client, Execution
    from alula.idl import core
    from alula.idl.v1 import source_pb2
    from alula.idl.v1.gate_pb2 import Gate
    from alula.idl.v1.service_pb2 import ExecutionEvent

_BELONGS = {"with_events": "an execution", "with_metrics": "an execution", "output": "a deck", "item": "a deck", "attempt": "a deck"}


_HOW = {"RELAUNCH": "relaunch of", "RECOVERED": "goes on from"}  # by the IDL's ExecutionMode


@click.command()
@click.argument("kind", type=click.Choice(["execution", "workflow", "task", "launch-plan", "node", "deck"]))
@click.argument("name", metavar="NAME[:VERSION]", shell_complete=complete.of_kind)
@click.argument("node", default="", shell_complete=complete.nodes)
@click.option("--events", "with_events", is_flag=True, help="What happened to an execution, and where it stands, instead of its nodes.")
@click.option("--metrics", "with_metrics", is_flag=True, help="What an execution's attempts logged, those of NODE or of every node.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Of a deck: the file to write.")
@click.option("--item", type=click.IntRange(0), help="Of a deck: the item of a map.")
@click.option("--attempt", type=click.IntRange(0), help="Of a deck: which attempt [the last that wrote one].")
@server_options
@json_option
@click.pass_context
def command(context: click.Context, /, kind: str, name: str, node: str, address: str, project: str, domain: str, **options: Any) -> int:
    """Show one execution with its nodes, or the newest version of a workflow, task or launch plan with its inputs.

    `alula get node EXECUTION NODE` shows what went in and came out, its attempts and where their time went.
    `alula get execution NAME --metrics` shows what its attempts logged; `alula get deck NAME NODE` saves the page that a node wrote.
    """
    _check(context, kind, node, options)
    as_json = options["as_json"]
    with client_of(address, project, domain) as client:
        if kind == "node":
            from alula.cli.support.node import show_node

            return show_node(client.execution(name), node, as_json=as_json)
        if kind == "deck":
            return _deck(client.execution(name), node, options)
        if options["with_metrics"]:
            return _metrics(client.execution(name), node, as_json)
        if options["with_events"]:
            return _events(client.execution(name), as_json)
        return _execution(client, name, as_json) if kind == "execution" else _entity(client, kind, name, as_json)


def _check(context: click.Context, kind: str, node: str, options: dict[str, Any]) -> None:
    """What is given and means nothing here is refused."""
    for name, belongs in _BELONGS.items():
        if options[name] not in (None, False) and not belongs.endswith(kind):
            raise click.UsageError(
                f"--{name.removeprefix('with_')} goes with {belongs}, not with {'an' if kind == 'execution' else 'a'} {kind}", context
            )
    if options["with_events"] and options["with_metrics"]:
        raise click.UsageError("--events and --metrics exclude each other; give one of them", context)
    if kind in ("deck", "node") and not node:
        raise click.UsageError(f"which node? write `alula get {kind} EXECUTION NODE`", context)
    if node and kind not in ("deck", "node") and not options["with_metrics"]:
        raise click.UsageError(f"{node!r}: a node goes with `get node`, `get deck` and `get execution --metrics`", context)


def _metrics(execution: Execution, node: str, as_json: bool) -> int:
    from alula.cli.support.figures import print_figures
    from alula.client.figures import figures_of, listed
    from alula.client.wire import drive

    response = drive(listed(execution.source.wire, execution.id, node, all_attempts=False))
    if as_json:
        print_message(response, has_defaults=True)
    else:
        print_figures([figures_of(one) for one in response.attempts], {view.id: view.name for view in execution.nodes})
    return 0


def _deck(execution: Execution, node: str, options: dict[str, Any]) -> int:
    item = -1 if options["item"] is None else options["item"]
    page = execution.deck(node, item=item, attempt=options["attempt"])
    part = "" if item < 0 else f"-{item}"
    path: Path = options["output"] or Path(f"{execution.name}-{node}{part}.html")
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}; give another with -o") from error
    if options["as_json"]:
        print_json({"execution": execution.name, "node": node, "file": str(path.absolute())})
    else:
        click.echo(str(path))
    return 0


def _execution(client: Client, name: str, as_json: bool) -> int:
    execution = client.execution(name)
    if as_json:
        print_message(execution.get())
        return 0
    closure = execution.get().closure
    from alula.client.wording import readable
    from alula.idl.identifier import shown_name

    click.echo(f"{execution.id}  {execution.phase.name}  {shown_name(closure.workflow_id.name)}:{closure.workflow_id.version}")

    metadata = execution.get().spec.metadata
    if metadata.reference_execution.name:
        mode = type(metadata).ExecutionMode.Name(metadata.mode)
        click.echo(f"{_HOW.get(mode, 'made from')} {metadata.reference_execution.name}")
    if closure.error.message:
        click.echo(readable(closure.error.message).rstrip())
    rows = [
        [view.id, view.name, view.phase.name, view.cache, f"{view.duration.total_seconds():.3f} s" if view.duration is not None else ""]
        for view in execution.nodes
    ]
    print_table(["NODE", "NAME", "PHASE", "CACHE", "DURATION"], rows)
    for answer in execution.answers:
        click.echo(_answered(answer))
    return 0


def _answered(gate: Gate) -> str:
    """What a gate was answered, by whom and when."""
    from alula.idl.literal import to_text

    at = gate.answered_at.ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"gate {gate.name} was answered {to_text(gate.value)} by {gate.principal or 'nobody known'}, {at}"


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
    origin = _provenance(client, kind, entity.id)
    active = client.active_versions([base]).get(base, "") if kind != "task" else ""
    if as_json:
        from alula.cli.support.output import as_document, print_json

        provenance = {"provenance": as_document(origin)} if origin is not None else {}
        print_json({**as_document(entity), **provenance, **({"active": active} if active else {})})
        return 0
    from alula.client.wire import drive
    from alula.idl.literal import describe_type, to_text

    target = drive(client.source.find(f"{base}:{entity.id.version}"))
    click.echo(f"{kind} {entity.id.name}:{entity.id.version}")
    if active:
        follow = f"`alula rollback {base} latest` follows the newest"
        click.echo(f"active: {active}" + ("" if active == entity.id.version else f", launched by name; {follow}"))
    for line in _lines(origin) if origin is not None else ():
        click.echo(line)
    rows = [
        [key, describe_type(each.var.type), to_text(each.default) if each.HasField("default") else "", each.var.description]
        for key, each in target.parameters.items()
    ]
    print_table(["INPUT", "TYPE", "DEFAULT", "DESCRIPTION"], rows)
    return 0


def _provenance(client: Client, kind: str, found: core.Identifier) -> source_pb2.Provenance | None:
    """Where a version came from; None: the server is another than ours and keeps no such record."""
    try:
        return client.provenance(found.name, found.version, kind=kind.replace("-", " "))
    except Unsupported:
        return None


def _lines(origin: source_pb2.Provenance) -> Iterator[str]:
    if origin.HasField("source"):
        source = origin.source
        state = ", ".join(each for each in (source.branch, "with changes that are not committed" if source.is_dirty else "") if each)
        yield f"commit {source.commit or 'none yet'}" + (f" ({state})" if state else "")
    for each in origin.environments:
        yield f"environment {each.name or 'unknown'}  {each.image}  Python {each.python}  lock {each.lock_digest[:12]}"
