"""Addresses on which a server listens."""

from __future__ import annotations

import socket

from safeguard.errors import ListenError


def parse_listen(value: object) -> tuple[str, int]:
    """``HOST:PORT`` as a pair; an IPv6 host stands in brackets.

    Raises:
        ValueError: it has another form.
    """
    if isinstance(value, tuple):
        return value
    host, colon, port = str(value).rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{value!r} is not HOST:PORT, such as 127.0.0.1:8080")
    return host, int(port)


def authority(address: tuple[str, int]) -> str:
    """A pair as ``HOST:PORT``."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def bind(name: str, address: tuple[str, int]) -> socket.socket:
    """A socket bound to an address.

    Args:
        name: what is to listen there, for the message.

    Raises:
        ListenError: the address is taken or not ours.
    """
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(target)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ListenError(f"the {name} cannot listen on {authority(address)}: {reason}") from error
    return bound
