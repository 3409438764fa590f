"""Start a server."""

from __future__ import annotations

import os
from pathlib import Path

import click

from alula.cli.support.options import home_folder, home_option


@click.command()
@home_option
@click.option("--http", default="127.0.0.1:8090", show_default=True, metavar="HOST:PORT", help="Where the HTTP API listens.")
@click.option("--grpc", default="127.0.0.1:8089", show_default=True, metavar="HOST:PORT", help="Where Flyte and Alula clients connect.")
@click.option("--database", default="", metavar="URL", help="postgresql://… instead of SQLite in the home folder.")
@click.option("--store", default="", metavar="URI", help="s3://BUCKET/PREFIX instead of a folder in the home folder.")
@click.option("--image", "images", multiple=True, metavar="NAME=PYTHON", help="Interpreter for tasks of an image; repeat for more.")
@click.option("--cpu", default="", metavar="CORES", help="Cores that tasks may ask for at once; this machine's by default.")
@click.option("--mem", default="", metavar="SIZE", help="Memory that tasks may ask for at once, for instance 8Gi.")
@click.option("--gpu", default=0, metavar="N", help="Devices that tasks may ask for at once.")
@click.option("--public", is_flag=True, help="Listen beyond this machine without authentication: whoever reaches it may run code.")
def command(
    home: Path | None, http: str, grpc: str, database: str, store: str, images: tuple[str, ...], cpu: str, mem: str, gpu: int, public: bool
) -> int:
    """Start a server; stops with Ctrl-C."""
    from alula.control.limit import Limits
    from alula.errors import InvalidInput
    from alula.idl.quantity import parse_bytes, parse_millicores
    from alula.server.app import serve
    from alula.server.config import ServerConfig

    mapping = {}
    for text in images:
        name, found, python = text.rpartition("=")
        if not found or not name or not Path(python).is_file():
            raise InvalidInput(f'--image "{text}": expected NAME=PYTHON with the path of an interpreter')
        mapping[name] = python
    return serve(
        ServerConfig(
            home=home_folder(home),
            http=http,
            grpc=grpc,
            database=database,
            store=store,
            images=mapping,
            cpu_m=parse_millicores(cpu) if cpu else 0,
            mem_bytes=parse_bytes(mem) if mem else 0,
            gpus=gpu,
            limits=Limits.from_environment(os.environ),
            is_public=public,
        )
    )
