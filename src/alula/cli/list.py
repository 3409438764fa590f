"""List executions, workflows, tasks, launch plans or projects."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options
from alula.cli.support.output import print_message, print_table
from alula.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alula.client.sync import Client

KINDS = ("executions", "workflows", "tasks", "launch-plans", "projects")


@click.command()
@click.argument("kind", type=click.Choice(KINDS), default="executions")
@click.argument("name", default="", shell_complete=complete.of_kind)
@click.option("--filter", "filters", default="", metavar="FILTERS", help="For instance eq(phase,FAILED)+contains(workflow.name,churn).")
@click.option(
    "--phase", "phases", multiple=True, metavar="PHASE", help="Of executions: in this phase, for instance FAILED; may be repeated."
)
@click.option("--workflow", default="", shell_complete=complete.workflows, help="Of executions: with this in their workflow's name.")
@click.option("--since", default=None, metavar="SPAN|INSTANT", help="Of executions: created within 2h, or after 2026-01-31T08:00.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Most rows.")
@server_options
@json_option
@click.pass_context
def command(context: click.Context, /, kind: str, name: str, limit: int, address: str, project: str, domain: str, **options: Any) -> int:
    """List executions, workflows, tasks, launch plans or projects, newest first.

    `alula list --phase FAILED --workflow churn --since 2h` narrows executions; --filter takes whatever Flyte's grammar can say.
    """
    filters, as_json = options["filters"], options["as_json"]
    narrowing = {"phases": options["phases"], "workflow": options["workflow"], "since": options["since"]}
    if name and kind in ("executions", "projects"):
        raise click.UsageError(f"{kind} take no name; use --filter, for instance contains(execution_name,{name})")
    if kind == "executions":
        from alula.client.views import execution_filters

        filters = execution_filters(phase=options["phases"], workflow=options["workflow"], since=options["since"], filters=filters)
    elif given := [one for one in narrowing if narrowing[one]]:
        raise click.UsageError(f"--{given[0].removesuffix('s')} goes with executions, not with {kind}", context)
    with client_of(address, project, domain) as client:
        if kind == "projects":
            from alula.idl import admin

            message: Any = admin.Projects(projects=client.projects())
        elif kind == "executions":
            message = client.executions(filters=filters, limit=limit)
        else:
            message = getattr(client, kind.replace("-", "_"))(name, filters=filters, limit=limit)
        active = client.active_versions(one.id.name for one in message.workflows) if kind == "workflows" and not as_json else {}
        if kind != "projects" and not getattr(message, kind.replace("-", "_")):
            _check_place(client)
    if as_json:
        print_message(message)
        return 0
    print_table(*(_workflows(message, active) if kind == "workflows" else _rows(kind, message)))
    if getattr(message, "token", ""):
        click.echo(f"more than {limit}; raise --limit or narrow with --filter", err=True)
    return 0


def _check_place(client: Client) -> None:
    """An empty list of a place that does not exist is a mistake; asked only then, so that a list costs one call."""
    settings, projects = client.settings, client.projects()
    found = next((each for each in projects if each.id == settings.project), None)
    if found is None:
        raise InvalidInput(f"project {settings.project!r} does not exist; there are {', '.join(each.id for each in projects)}")
    domains = [each.id for each in found.domains]
    if settings.domain not in domains:
        raise InvalidInput(f"domain {settings.domain!r} does not exist in project {found.id}; there are {', '.join(domains)}")


def _rows(kind: str, message: Any) -> tuple[list[str], list[list[str]]]:
    from alula.idl.identifier import shown_name
    from alula.idl.phase import ExecutionPhase

    if kind == "projects":
        return ["PROJECT", "NAME", "DOMAINS"], [[each.id, each.name, " ".join(d.id for d in each.domains)] for each in message.projects]
    if kind == "executions":
        rows = [
            [
                each.id.name,
                ExecutionPhase(each.closure.phase).name,
                shown_name(each.spec.launch_plan.name or each.closure.workflow_id.name),
                each.spec.launch_plan.version or each.closure.workflow_id.version,
                _time(each.closure, "created_at"),
                _span(each.closure),
            ]
            for each in message.executions
        ]
        return ["NAME", "PHASE", "WORKFLOW", "VERSION", "CREATED", "DURATION"], rows
    listed = getattr(message, kind.replace("-", "_"))
    if kind == "launch-plans":
        rows = [[e.id.name, e.id.version, "ACTIVE" if e.closure.state else "", _time(e.closure, "created_at")] for e in listed]
        return ["NAME", "VERSION", "STATE", "CREATED"], rows
    return ["NAME", "VERSION", "CREATED"], [[each.id.name, each.id.version, _time(each.closure, "created_at")] for each in listed]


def _workflows(message: Any, active: Mapping[str, str]) -> tuple[list[str], list[list[str]]]:
    """Versions of workflows; what launches a version that is not its newest says so.

    Args:
        active: the version chosen, by workflow, of those for which one was.
    """
    headings, rows = _rows("workflows", message)
    newest: set[str] = set()
    marks = []
    for name, version, _ in rows:
        chosen = active.get(name, "")
        is_newest = name not in newest
        newest.add(name)
        marks.append("" if not chosen else "ACTIVE" if version == chosen else f"launches {chosen}" if is_newest else "")
    return ([*headings, "STATE"], [[*row, mark] for row, mark in zip(rows, marks, strict=True)]) if any(marks) else (headings, rows)


def _time(closure: Any, field: str) -> str:
    return getattr(closure, field).ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S") if closure.HasField(field) else ""


def _span(closure: Any) -> str:
    return f"{closure.duration.ToTimedelta().total_seconds():.1f} s" if closure.HasField("duration") else ""
