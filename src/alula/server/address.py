"""The addresses of the doors: read, checked and listened on."""

from __future__ import annotations

import ipaddress
import socket

import grpc.aio

from alula.errors import InvalidInput, Unavailable


def check_loopback(host: str, what: str) -> None:
    """Refuses an address that others can reach: there is no authentication yet, and whoever launches runs code.

    Raises:
        InvalidInput: not a loopback address.
    """
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        message = f"--{what} {host}: others could reach this server, and it has no authentication; listen on 127.0.0.1 or say --public"
        raise InvalidInput(message, code="PUBLIC_ADDRESS")


def parse_address(text: str, what: str) -> tuple[str, int]:
    """Splits HOST:PORT.

    Raises:
        InvalidInput: not of that form.
    """
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise InvalidInput(f'--{what} "{text}": expected HOST:PORT, for instance 127.0.0.1:8090')
    return host.strip("[]"), int(port)


def join(host: str, port: int) -> str:
    """HOST:PORT as `parse_address` and a URL take it: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(host: str, port: int, what: str) -> socket.socket:
    """A socket that listens; port 0 picks a free one.

    Raises:
        Unavailable: somebody else has the port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as e:
        found.close()
        raise _busy(what, host, port, str(e.strerror or e)) from e
    found.listen(512)
    return found


def bind(server: grpc.aio.Server, host: str, port: int) -> int:
    """Has a gRPC server listen once it is started; the port.

    Raises:
        Unavailable: somebody else has the port.
    """
    try:
        bound = server.add_insecure_port(join(host, port))
    except RuntimeError as e:
        raise _busy("grpc", host, port, "address already in use") from e
    if not bound:
        raise _busy("grpc", host, port, "address already in use")
    return int(bound)


def _busy(what: str, host: str, port: int, why: str) -> Unavailable:
    message = f"--{what} {join(host, port)} cannot be listened on: {why}; choose another port or 0 for a free one"
    return Unavailable(message, code="PORT_IN_USE")
