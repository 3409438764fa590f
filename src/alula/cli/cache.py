"""Ask the output cache why, or have it forget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options

if TYPE_CHECKING:
    from alula.client.sync import Client
    from alula.idl import core
    from alula.idl.v1 import service_pb2 as v1


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Ask the output cache why, or have it forget."""


@command.command()
@click.argument("execution", shell_complete=complete.executions)
@click.argument("node", default="", metavar="[NODE]", shell_complete=complete.nodes)
@server_options
@json_option
def explain(execution: str, node: str, address: str, project: str, domain: str, as_json: bool) -> int:
    """Say of each node, or of one, what the cache answered and why."""
    from alula.cli.support.output import print_json, print_table
    from alula.client.wire import drive

    with client_of(address, project, domain) as client:
        of = client.execution(execution)
        names = {view.id: view.name for view in of.nodes if not view.id.endswith(("start-node", "end-node"))}
        found = {one: of.explain_cache(one) for one in ([drive(of.source.node_id(node))] if node else names)}
    if as_json:
        print_json([_document(one, each) for one, each in found.items()])
        return 0
    rows = []
    for one, each in found.items():
        rows.append([one, names.get(one, ""), each.status, each.reason + _by(each) + _nearest(each)])
        if node:
            rows += [[f"{one}[{hit.item}]", names.get(one, ""), "HIT", f"computed before{_by(hit)}"] for hit in each.items]
    print_table(["NODE", "NAME", "CACHE", "WHY"], rows)
    return 0


def _by(found: v1.CacheExplanation | v1.CachedItem) -> str:
    from alula.client.views import place_of

    return f", by {place_of(found.source.node_execution_id, found.source_item)}" if found.HasField("source") else ""


def _nearest(found: v1.CacheExplanation) -> str:
    """What was computed before and comes nearest, and where it differs."""
    from alula.client.views import place_of

    if not found.HasField("nearest"):
        return ""
    near = found.nearest
    parts = [
        *near.inputs,
        *([f'cache version ("{near.cache_version}")'] if near.cache_version else []),
        *(["interface"] if near.is_other_interface else []),
    ]
    return f"; nearest is {place_of(near.source.node_execution_id, near.source_item)}, with another {', '.join(parts)}"


def _document(node: str, found: v1.CacheExplanation) -> dict[str, Any]:
    items = [{"item": one.item, "key": one.key, "source": _source(one)} for one in found.items]
    about = {"node": node, "status": found.status, "reason": found.reason, "key": found.key, "source": _source(found)}
    if found.HasField("nearest"):
        near = found.nearest
        about["nearest"] = {
            "source": _place(near.source, near.source_item),
            "inputs": list(near.inputs),
            "cache_version": near.cache_version,
            "is_other_interface": near.is_other_interface,
        }
    return {**about, "items": items} if items else about


def _source(found: v1.CacheExplanation | v1.CachedItem) -> dict[str, Any] | None:
    if not found.HasField("source"):
        return None
    return _place(found.source, found.source_item)


def _place(source: core.TaskExecutionIdentifier, item: int) -> dict[str, Any]:
    node = source.node_execution_id
    return {"execution": node.execution_id.name, "node": node.node_id, **({"item": item - 1} if item else {})}


def _of_node(client: Client, execution: str, node: str) -> int:
    from alula.client.wire import drive

    of = client.execution(execution)
    return of.evict_cache(drive(of.source.node_id(node)))


@command.command()
@click.argument("execution", default="", metavar="[EXECUTION]", shell_complete=complete.executions)
@click.argument("node", default="", metavar="[NODE]", shell_complete=complete.nodes)
@click.option("--task", default="", help="Everything this task has in the cache, by its registered name.")
@click.option("--cache-version", default="", help="With --task: only what was computed under this cache version.")
@server_options
@json_option
def evict(execution: str, node: str, task: str, cache_version: str, address: str, project: str, domain: str, as_json: bool) -> int:
    """Have the cache forget what a node computed or was given, or all of a task's entries. Recorded outputs stay."""
    from alula.cli.support.output import print_json

    if (bool(execution), bool(node), bool(task)) not in ((True, True, False), (False, False, True)):
        raise click.UsageError("name an execution and a node, or a task with --task")
    if cache_version and not task:
        raise click.UsageError("--cache-version goes with --task")
    with client_of(address, project, domain) as client:
        count = _of_node(client, execution, node) if node else client.evict_cache(task, cache_version)
    if as_json:
        print_json({"evicted": count})
    else:
        click.echo(f"{count} {'entry' if count == 1 else 'entries'} evicted")
    return 0
