"""Where the server is and which project and domain are meant: explicit, environment, per-user file, default."""

from __future__ import annotations

import getpass
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from alula.errors import InvalidInput
from alula.idl import user

DEFAULT_ADDRESS = "127.0.0.1:8089"
DEFAULT_PROJECT = "flytesnacks"
DEFAULT_DOMAIN = "development"
_KEYS = ("address", "project", "domain", "user")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """What a client needs to know.

    Attributes:
        address: `host:port` of the gRPC door.
        is_secure: TLS.
        is_default: nobody named an address; what runs without a server may then do so.
        user: who the server is told is asking; empty: it is told nothing.
    """

    address: str
    is_secure: bool
    is_default: bool
    project: str
    domain: str
    user: str = ""


def settings_path(environment: Mapping[str, str]) -> Path:
    """The per-user settings file: `ALULA_SETTINGS`, else `settings.toml` in the user's configuration folder."""
    named = environment.get("ALULA_SETTINGS")
    return Path(named) if named else Path(platformdirs.user_config_dir("alula")) / "settings.toml"


def _from_file(path: Path) -> dict[str, str]:
    try:
        found = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidInput(f"settings {path}: cannot be read ({error}); correct or remove the file") from error
    for key, value in found.items():
        if key not in _KEYS or not isinstance(value, str):
            raise InvalidInput(f'settings {path}: {key!r} is not a text setting; there are {", ".join(_KEYS)}, as in address = "host:8089"')
    return found


def load(address: str = "", project: str = "", domain: str = "", environment: Mapping[str, str] | None = None) -> ClientSettings:
    """Settles every setting.

    Args:
        address: as given by the caller; wins over everything.
        project: likewise.
        domain: likewise.
        environment: the process's if None.
    Raises:
        InvalidInput: an address without a port, a settings file that cannot be read.
    """
    env = os.environ if environment is None else environment
    file = _from_file(settings_path(env))
    named = address or env.get("ALULA_ADDRESS") or env.get("FLYTE_PLATFORM_URL") or file.get("address", "")
    target, is_secure = _target(named or DEFAULT_ADDRESS)
    return ClientSettings(
        address=target,
        is_secure=is_secure,
        is_default=not named,
        project=project or env.get("FLYTE_DEFAULT_PROJECT") or file.get("project") or DEFAULT_PROJECT,
        domain=domain or env.get("FLYTE_DEFAULT_DOMAIN") or file.get("domain") or DEFAULT_DOMAIN,
        user=_user(env.get("ALULA_USER") or file.get("user", "")),
    )


def _user(named: str) -> str:
    if named:
        if not user.is_name(named):
            raise InvalidInput(f"user {named[:40]!r}: expected {user.EXPECTED} (ALULA_USER, or user in the settings)")
        return named.strip()
    return user.of_account(account())  # nobody chose it for us: a strange one must not make every command fail


def account() -> str:
    """What the operating system calls the user; empty for an account without a name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def _target(named: str) -> tuple[str, bool]:
    scheme, separator, rest = named.partition("://")
    target = (rest if separator else named).strip("/")
    if separator and scheme not in ("http", "https", "grpc", "grpcs", "dns"):
        raise InvalidInput(f"server address {named!r}: unknown scheme {scheme!r}; write host:port, or https://host:port for TLS")
    is_secure = scheme in ("https", "grpcs") and bool(separator)
    if ":" not in target.rpartition("]")[2]:
        if not is_secure:
            raise InvalidInput(f"server address {named!r}: the port is missing; write {target}:8089")
        target += ":443"
    return target, is_secure
