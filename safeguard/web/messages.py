"""HTTP requests and responses as the filter sees them, whatever carried them here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from safeguard.taxonomy import Category

Headers = tuple[tuple[str, str], ...]


def header(headers: Headers, name: str, default: str = "") -> str:
    """The first value of a header, its name compared without case; ``default`` where it is absent."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return default


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for.

    Attributes:
        url: absolute, as the client means it: with the host name, never the address behind it.
        client: the client's IP address.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    client: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered.

    Attributes:
        body: as it went over the wire, content coding included.
        hints: categories that the address hints at; whoever judges the body is not told the address.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    hints: tuple[Category, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the filter answers in the server's place. ``body`` has no content coding."""

    status: int
    headers: Headers
    body: bytes
