"""What `run`, `launch`, `watch` and the relaunches do with an execution they have: follow it, print its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support.group import OK
from alula.cli.support.output import outputs_json, print_json, print_outputs
from alula.cli.support.progress import follow
from alula.errors import ExecutionFailed

if TYPE_CHECKING:
    from alula.client.sync import Execution


def finish(execution: Execution, *, as_json: bool, names: Sequence[str] = (), timeout_s: float | None = None, is_here: bool = False) -> int:
    """Follows to the end and prints the outputs; raises ExecutionFailed, which becomes exit code 1.

    With `--json` the document is printed whether it succeeded or not.

    Args:
        is_here: it runs in this process, and so not on when that ends.
    Raises:
        Abort: Ctrl-C, with what becomes of the execution.
    """
    from alula.client.wire import drive

    try:
        follow(execution, is_quiet=as_json, timeout_s=timeout_s)
    except KeyboardInterrupt as interrupt:
        raise click.Abort(_goes_on(execution.name, is_here=is_here)) from interrupt
    phase = execution.phase.name
    try:
        drive(execution.source.check())
    except ExecutionFailed as failed:
        if as_json:
            print_json({"execution": execution.name, "phase": phase, "error": _error(execution, failed)})
        raise
    outputs = drive(execution.source.output_literals())
    if as_json:
        print_json({"execution": execution.name, "phase": phase, "outputs": outputs_json(outputs)})
    else:
        print_outputs(outputs, names)
    return OK


def _error(execution: Execution, failed: ExecutionFailed) -> dict[str, Any]:
    """The recorded failure, and the node and item that failed if they are known."""
    closure = execution.get().closure
    made: dict[str, Any] = {"code": closure.error.code, "message": closure.error.message or closure.abort_metadata.cause}
    if failed.node:
        made["node"] = failed.node
    if failed.item >= 0:
        made["item"] = failed.item
    return made


def _goes_on(name: str, *, is_here: bool) -> str:
    if is_here:
        return f"{name} goes on at the next start of a server (`alula up`) or of `alula run` here; there `alula abort {name}` ends it"
    return f"{name} goes on on the server: `alula watch {name}` follows it again, `alula abort {name}` ends it"


def announce(execution: Execution, *, as_json: bool) -> int:
    """Prints the name of an execution that goes on by itself."""
    if as_json:
        print_json({"execution": execution.name, "project": execution.id.project, "domain": execution.id.domain})
    else:
        click.echo(execution.name)
    return OK
