"""`relaunch` and `recover`: an execution launched again, each in its own way."""

from __future__ import annotations

from typing import Literal

import click

from alula.cli.support.options import client_of, json_option, server_options


def again(how: Literal["relaunch", "recover"], summary: str) -> click.Command:
    """The command that launches an execution again by the method of that name."""

    @click.command(help=summary)
    @click.argument("execution")
    @click.option("--name", default="", help="Name of the new execution.")
    @click.option("--wait", is_flag=True, help="Follow it to the end and print its outputs.")
    @server_options
    @json_option
    def command(execution: str, name: str, wait: bool, address: str, project: str, domain: str, as_json: bool) -> int:
        from alula.cli.support.launched import announce, finish

        with client_of(address, project, domain) as client:
            source = client.execution(execution)
            made = source.relaunch(name) if how == "relaunch" else source.recover(name)
            return finish(made, as_json=as_json) if wait else announce(made, as_json=as_json)

    return command
