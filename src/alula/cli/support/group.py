"""The command group, its lazy loading, and what becomes of errors.

Plain click, not rich-click: that takes 190 ms of CPU for a help page, which is the whole budget of `alula --help`; rich is
loaded where a command draws something.
"""

from __future__ import annotations

import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from alula import errors

OK, FAILED, USAGE, UNREACHABLE, DEFECT, INTERRUPTED = 0, 1, 2, 3, 4, 130

CODES = {
    OK: "done",
    FAILED: "the execution or the task failed, was aborted or did not end in time",
    USAGE: "wrong usage or input",
    UNREACHABLE: "no server answers",
    DEFECT: "a defect, or a full disk",
    INTERRUPTED: "interrupted",
}
TOPICS = {
    "Run": ("init", "run", "register", "launch"),
    "Look": ("list", "get", "watch", "logs", "compare", "tui"),
    "Steer": ("abort", "signal", "recover", "relaunch", "rerun"),
    "Versions and repair": ("diff", "rollback", "debug", "cache", "env"),
    "Server and shell": ("up", "doctor", "completion"),
}
COMMANDS = Path(__file__).resolve().parent.parent


class LazyGroup(click.Group):
    """Commands are the modules beside `__main__`; each is imported when it is called.

    Its line in the help page is the first line of the module's docstring, read from the file without importing it.
    """

    def list_commands(self, context: click.Context) -> list[str]:
        found = [module.name for module in pkgutil.iter_modules([str(COMMANDS)]) if not module.ispkg and not module.name.startswith("_")]
        return sorted(name.removesuffix("_").replace("_", "-") for name in found)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(context):
            return None
        return import_module(f"alula.cli.{name.replace('-', '_')}").command

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(context, args[0]) is None and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(context), n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else "see `alula --help`"
            raise click.UsageError(f"no command {args[0]!r}; {hint}", context)
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        left = self.list_commands(context)
        width = max(map(len, left))
        for topic, names in {**TOPICS, "More": sorted({*left}.difference(*TOPICS.values()))}.items():
            if rows := [(name.ljust(width), summary(name)) for name in names if name in left]:
                with formatter.section(topic):
                    formatter.write_dl(rows)

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in CODES.items()])
        formatter.write_paragraph()
        formatter.write_text("An error ends with its code in brackets; docs/errors.md says what each means.")


def summary(name: str) -> str:
    """First line of a command module's docstring, without its full stop."""
    with (COMMANDS / f"{name.replace('-', '_')}.py").open(encoding="utf-8") as file:
        return file.readline().strip().strip('"').rstrip(".")


def _version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"alula {version('alula')}")
        context.exit()


def _no_color(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        os.environ["NO_COLOR"] = "1"  # rich, and what is said after the context has ended, look there
        context.color = False


def _color() -> bool | None:
    """For click: None leaves it to what stdout is."""
    return False if os.environ.get("NO_COLOR") else None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.option("--no-color", is_flag=True, is_eager=True, expose_value=False, callback=_no_color, help="No colour; so does NO_COLOR.")
def alula() -> None:
    """Typed, versioned, cached, durable workflows for machine learning and data.

    `alula run FILE WORKFLOW` runs a workflow here; `alula up` starts a server.
    """


def exit_code(error: BaseException) -> int:
    """The exit code for an error of ours."""
    if isinstance(error, (errors.ExecutionFailed, errors.TaskFailed, errors.WaitTimeout)):
        return FAILED
    if isinstance(error, errors.Unavailable):
        return UNREACHABLE
    return DEFECT if isinstance(error, (errors.Internal, errors.Exhausted)) else USAGE


def run(args: Sequence[str]) -> int:
    """Runs a command line; errors go to stderr in words, without a traceback unless `ALULA_DEBUG` is set."""
    if "_ALULA_COMPLETE" in os.environ:
        from alula.cli.support import complete  # noqa: F401 - brings our way to complete in bash
    try:
        result: Any = alula.main(args=list(args), prog_name="alula", standalone_mode=False, color=_color())
        return result if isinstance(result, int) else OK
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as error:
        return _usage(error)
    except click.ClickException as error:
        return _say(error.format_message(), USAGE, "USAGE")
    except (KeyboardInterrupt, click.Abort) as error:
        return _say(f"interrupted; {error}" if str(error) else "interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has enough (`alula logs … | head`); keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except errors.AlulaError as error:
        _debug()
        return _say(error.message, exit_code(error), error.code)
    except UnicodeEncodeError as error:  # an argument with bytes that are no text
        _debug()
        return _say(f"{error.object!r} is no text in UTF-8; write it anew", USAGE, "USAGE")
    except Exception as error:  # noqa: BLE001 - the boundary of the command
        _debug()
        return _say(
            f"internal error: {type(error).__name__}: {error}; set ALULA_DEBUG=1 for the trace, and please report it", DEFECT, "INTERNAL"
        )


def _usage(error: click.UsageError) -> int:
    path = error.ctx.command_path if error.ctx is not None else "alula"
    code = _say(error.format_message(), USAGE, "USAGE")
    click.echo(f"try `{path} --help`", err=True)
    return code


def _say(text: str, exit_with: int, code: str = "") -> int:
    """An error in words, its stable code dim at the end."""
    shown = click.style("error: ", fg="red", bold=True) + text.rstrip() + (click.style(f" [{code}]", dim=True) if code else "")
    click.echo(shown, err=True, color=_color())
    return exit_with


def _debug() -> None:
    if os.environ.get("ALULA_DEBUG"):
        traceback.print_exc()
