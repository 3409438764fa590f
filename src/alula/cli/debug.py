"""Run a task of a past execution again, here, under a debugger."""

from __future__ import annotations

import bdb
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, server_options

if TYPE_CHECKING:
    from alula.client.replay import Replay


@click.command()
@click.argument("execution", shell_complete=complete.executions)
@click.argument("node", shell_complete=complete.nodes)
@click.option("--item", type=int, default=-1, help="Which item of a map.")
@click.option("--source", is_flag=True, help="Run the code of this folder, not that of then.")
@click.option("--post-mortem", is_flag=True, help="Stop only where it fails.")
@click.option("--run", "is_plain", is_flag=True, help="Just run it, without a debugger.")
@server_options
def command(
    execution: str, node: str, item: int, source: bool, post_mortem: bool, is_plain: bool, address: str, project: str, domain: str
) -> int:
    """Run a task of a past execution again, here, with the inputs it had, under Python's debugger.

    Stops at the first line of the task's function. Its code is that of then, unpacked beside nothing of yours; with --source it is what
    lies in this folder, to try a repair. What it returns is printed, nothing is recorded.
    """
    from tempfile import TemporaryDirectory

    from alula.client.replay import replay
    from alula.client.wire import drive
    from alula.errors import TaskFailed
    from alula.worker.failure import message_of

    with client_of(address, project, domain) as client, TemporaryDirectory(prefix="alula-debug-") as folder:
        if source and str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        of = client.execution(execution)
        node = drive(of.source.node_id(node))
        found = drive(replay(of.source.wire, of.id, node, item=item, folder=Path(folder), is_source=source))
        try:
            click.echo(f"task {found.task.name}, {'the code of this folder' if source else f'version {found.version}'}", err=True)
            environment = found.task.options.environment
            if environment is not None and environment.is_built:
                note = f"  note: with the packages of {sys.executable}, not with those of environment {environment.name}"
                click.echo(note, err=True)
            for name, value in found.values.items():
                click.echo(f"  {name} = {_shown(value)}", err=True)
            if found.has_failed and not post_mortem and not is_plain:
                click.echo("its last attempt failed; --post-mortem stops where it fails", err=True)
            result = found.run() if is_plain else _post_mortem(found) if post_mortem else _debug(found)
        except bdb.BdbQuit:
            return 0
        except Exception as error:
            raise TaskFailed(message_of(error)) from error
        finally:
            found.offload.close()
    click.echo(_shown(result))
    return 0


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 500 else text[:500] + "…"


def _debug(found: Replay) -> Any:
    """Runs to the first line of the user's function, then hands over."""
    from alula.cli.support.debugger import run_to

    code = found.function.__code__
    lines = sorted({line for _, _, line in code.co_lines() if line is not None and line > code.co_firstlineno})
    body = next((line for line in lines if line > _last_of_head(found)), lines[0] if lines else code.co_firstlineno)
    click.echo(f"stops at the first line of {found.function.__name__}: n goes a line on, c to the end, q leaves, h helps", err=True)
    results: list[Any] = []
    run_to(code, body, lambda: results.append(found.run()))
    if not results:
        raise bdb.BdbQuit  # somebody left before it returned
    return results[0]


def _last_of_head(found: Replay) -> int:
    """Last line of decorators and signature."""
    import ast
    import inspect
    import textwrap

    source, start = inspect.getsourcelines(found.function)
    definition = ast.parse(textwrap.dedent("".join(source))).body[0]
    body = definition.body if isinstance(definition, (ast.FunctionDef, ast.AsyncFunctionDef)) else [definition]
    first = body[1] if len(body) > 1 and ast.get_docstring(definition) is not None else body[0]  # type: ignore[arg-type]
    return start + first.lineno - 2


def _post_mortem(found: Replay) -> Any:
    import pdb

    try:
        return found.run()
    except Exception as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        pdb.post_mortem(error.__traceback__)
        raise
