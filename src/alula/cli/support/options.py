"""Options that several commands take, and the client they lead to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alula.cli.support import complete

if TYPE_CHECKING:
    from alula.client.sync import Client

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
home_option = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), help="Folder of the database and the store [ALULA_HOME, else per user]."
)


def server_options(function: F) -> F:
    """`--address`, `--project`, `--domain`."""
    function = click.option("--domain", default="", shell_complete=complete.domains, help="Domain [settings, else development].")(function)
    function = click.option("--project", default="", shell_complete=complete.projects, help="Project [settings, else flytesnacks].")(
        function
    )
    return click.option("--address", default="", metavar="HOST:PORT", help="Server [ALULA_ADDRESS, settings, else this machine].")(function)


def home_folder(given: Path | None) -> Path:
    """The home folder: as given, `ALULA_HOME`, else the user's data folder."""
    if given is not None:
        return given.absolute()
    named = os.environ.get("ALULA_HOME")
    if named:
        return Path(named).absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("alula"))


@contextmanager
def client_of(address: str, project: str, domain: str) -> Iterator[Client]:
    """A connected client."""
    from alula.client import connect

    with connect(address, project=project, domain=domain) as client:
        yield client
