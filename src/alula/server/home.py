"""The home folder: held by one server, with the secret of links and the configuration for Flyte's clients in it."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from alula.errors import Unavailable

log = logging.getLogger(__name__)
LINK_KEY_BYTES = 32
FLYTE_CONFIG = "flyte.yaml"


def open_home(home: Path) -> TextIO:
    """Makes the home folder and locks it for this process.

    Returns:
        The open lock file; closing it lets go.
    Raises:
        Unavailable: it cannot be written, or another server holds it; the message says which process.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (home / "server.lock").open("a+", encoding="utf-8")
    except OSError as e:
        raise Unavailable(f"home {home} cannot be used: {e.strerror}; choose another with --home or mend its owner and mode") from e
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise Unavailable(
            f"home {home} is in use by {holder}; run on that server (alula run --remote), stop it, or choose another folder with --home",
            code="HOME_IN_USE",
        ) from e
    lock.seek(0)
    lock.truncate()
    lock.write(f"the server with process id {os.getpid()}")
    lock.flush()
    return lock


def link_secret(home: Path) -> bytes:
    """The secret that signs links, made at first start and kept, so that links outlive a restart."""
    path = home / "link.key"
    with suppress(FileNotFoundError):
        if len(data := path.read_bytes()) >= LINK_KEY_BYTES:
            return data
        log.warning("%s is too short to be a key; a new one is made, links given out before are void", path.name)
        path.unlink()
    data = secrets.token_bytes(LINK_KEY_BYTES)
    part = path.with_name("link.key.part")  # moved when whole: a kill in between must not leave an empty key, which all know
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return data


def write_flyte_config(path: Path, endpoint: str, console: str) -> None:
    """Leaves a configuration for Flyte's clients: `pyflyte --config HOME/flyte.yaml …` or FLYTECTL_CONFIG.

    Without it they would look for the console, which is HTTP, behind the gRPC address.
    """
    text = f"admin:\n  endpoint: dns:///{endpoint}\n  insecure: true\nconsole:\n  endpoint: {console}\n"
    path.write_text(text, encoding="utf-8")
