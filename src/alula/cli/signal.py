"""Answer a gate that waits for a person or a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options
from alula.cli.support.output import print_json, print_table

if TYPE_CHECKING:
    from alula.idl import core


@click.command()
@click.argument("execution", shell_complete=complete.executions)
@click.argument("gate", default="", shell_complete=complete.gates)
@click.option("--approve/--reject", "is_approved", default=None, help="The answer to an approval.")
@click.option("--value", metavar="VALUE", help="The value another gate waits for.")
@server_options
@json_option
def command(
    execution: str, gate: str, is_approved: bool | None, value: str | None, address: str, project: str, domain: str, as_json: bool
) -> int:
    """Answer a gate that waits for a person or a value; without GATE list those that wait."""
    if gate and (is_approved is None) == (value is None):
        raise click.UsageError(f"gate {gate}: give --approve or --reject, or --value VALUE")
    if not gate and (is_approved is not None or value is not None):
        raise click.UsageError("which gate? `alula signal EXECUTION` lists those that wait")
    with client_of(address, project, domain) as client:
        found = client.execution(execution)
        waiting = found.gates
        if not gate:
            return _list(waiting, as_json)
        answer = is_approved if value is None or gate not in waiting else _read(value, gate, waiting)
        found.signal(gate, answer)
    if as_json:
        print_json({"execution": found.name, "gate": gate})
    else:
        click.echo(f"{found.name}: gate {gate} is answered")
    return 0


def _read(text: str, gate: str, waiting: dict[str, core.LiteralType]) -> core.Literal:
    from alula.idl.literal import parse_text

    return parse_text(text, waiting[gate], f"gate {gate!r}")


def _list(waiting: dict[str, core.LiteralType], as_json: bool) -> int:
    from alula.idl.literal import describe_type

    types = {name: describe_type(kind) for name, kind in waiting.items()}
    if as_json:
        print_json(types)
    else:
        print_table(["GATE", "TYPE"], [[name, kind] for name, kind in types.items()])
    return 0
