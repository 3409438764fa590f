"""Check this machine, the home folder and the server."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import click

from alula.cli.support.options import client_of, home_folder, home_option, json_option, server_options
from alula.cli.support.output import print_json, print_table
from alula.errors import AlulaError
from alula.idl.user import of_account

_MIN_FREE_BYTES = 1 << 30
Check = tuple[str, str]


@click.command()
@home_option
@server_options
@json_option
def command(home: Path | None, address: str, project: str, domain: str, as_json: bool) -> int:
    """Check this machine, the home folder and the server; exit code 1 if something is broken."""
    folder = home_folder(home)
    checks: dict[str, Callable[[], Check]] = {
        "python": _python,
        "home": lambda: _home(folder),
        "disk": lambda: _disk(folder),
        "git": _git,
        "environments": lambda: _environments(folder),
        "user": lambda: _user(address, project, domain),
        "server": lambda: _server(address, project, domain),
    }
    found = {name: check() for name, check in checks.items()}
    if as_json:
        print_json({name: {"state": state, "detail": detail} for name, (state, detail) in found.items()})
    else:
        print_table(["CHECK", "STATE", "DETAIL"], [[name, state, detail] for name, (state, detail) in found.items()])
    return 1 if any(state == "broken" for state, _ in found.values()) else 0


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return ("ok" if sys.version_info >= (3, 11) else "broken"), f"{version} at {sys.executable}"


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def _home(folder: Path) -> Check:
    if os.access(_existing(folder), os.W_OK):
        return "ok", f"{folder}" if folder.exists() else f"{folder} (made at first use)"
    return "broken", f"{folder} cannot be written; pass --home or set ALULA_HOME"


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(_existing(folder)).free
    detail = f"{free / 1e9:.1f} GB free"
    return ("ok", detail) if free > _MIN_FREE_BYTES else ("warning", f"{detail}; runs stop when the disk is full")


def _git() -> Check:
    found = shutil.which("git")
    return ("ok", found) if found else ("warning", "not found; bundles then take all but caches and dotfiles")


def _environments(folder: Path) -> Check:
    from alula.provision.folder import built
    from alula.provision.uv import find_uv

    found = built(folder / "environments")
    size = sum(each.size_bytes for each in found)
    detail = f"{len(found)} built, {size / 1e6:.0f} MB" + "".join(f"; {each.name} {each.size_bytes / 1e6:.0f} MB" for each in found[:8])
    try:
        return "ok", f"{detail}; uv at {find_uv()}"
    except AlulaError as error:
        return "warning", f"{detail}; {error.message}"


def _user(address: str, project: str, domain: str) -> Check:
    from alula.client import settings

    try:
        name, account = settings.load(address, project, domain).user, settings.account()
        is_changed = name != account and name == of_account(account)
    except AlulaError as error:
        return "broken", error.message
    if not name:
        return "warning", "the account has no name; set ALULA_USER to be on record with what you do"
    return ("warning", f"on record as {name!r}, for the account {account!r}; set ALULA_USER to another") if is_changed else ("ok", name)


def _server(address: str, project: str, domain: str) -> Check:
    try:
        with client_of(address, project, domain) as client:
            status = client.status()
            return "ok", f"{client.settings.address}, version {status.version}, {status.workers} workers, {status.executions_live} live"
    except AlulaError as error:
        return "warning", error.message
