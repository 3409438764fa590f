"""Who asks, the one place that decides it. While authentication is off that is what a caller says: a claim, not a proof."""

from __future__ import annotations

import ipaddress
import os
import pwd
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from starlette.types import Scope

from alula.errors import InvalidInput
from alula.idl import user

HEADER = "alula-user"


def decide(claim: str, *, is_loopback: bool) -> str:
    """The principal of a request.

    Args:
        claim: what the caller says, percent-encoded where it is not ASCII; empty: nothing.
        is_loopback: it comes from this machine.
    Returns:
        The claim; of who says nothing on this machine (a browser, Flyte's clients) the account that the server runs under, which is
        what it can do; of who says nothing elsewhere nobody.
    Raises:
        InvalidInput: the claim is no name.
    """
    if not claim:
        return own_account() if is_loopback else ""
    try:
        name = unquote(claim, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{HEADER}: {claim[:40]!r} given, expected a name in UTF-8, percent-encoded") from error
    if not user.is_name(name):
        raise InvalidInput(f"{HEADER}: {name[:40]!r} given, expected {user.EXPECTED}")
    return name.strip()


@lru_cache(maxsize=1)
def own_account() -> str:
    """Name of the account that this process runs under."""
    try:
        return user.of_account(pwd.getpwuid(os.geteuid()).pw_name)
    except KeyError:
        return str(os.geteuid())


def of_scope(scope: Scope) -> str:
    """Who makes an HTTP request."""
    claim = next((value for name, value in scope["headers"] if name.lower() == HEADER.encode()), b"")
    client = scope.get("client")
    return decide(claim.decode("latin-1"), is_loopback=client is not None and _is_loopback(client[0]))


def of_call(context: Any) -> str:
    """Who makes a gRPC call."""
    claim = next((value for name, value in context.invocation_metadata() or () if name == HEADER and isinstance(value, str)), "")
    kind, _, address = context.peer().partition(":")
    host = unquote(address).rpartition(":")[0].strip("[]")
    return decide(claim, is_loopback=kind == "unix" or _is_loopback(host))


@lru_cache(maxsize=1024)
def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
