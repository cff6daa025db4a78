"""Read an address as the network will: one spelling for each host, so that a list entry cannot be walked around."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import idna
import regex

from safeguard.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_LENGTH: Final = 65_536  # characters; no server takes longer addresses
_SLASHES: Final = regex.compile(r"^(https?|wss?):/*(?=[^/])", regex.IGNORECASE)
_NUMBER: Final = regex.compile(r"0x[0-9a-f]*|\d+")
_DOTS: Final = dict.fromkeys((0x3002, 0xFF0E, 0xFF61), ".")  # full stops of other scripts part labels too (UTS 46)


@dataclass(frozen=True, slots=True)
class Address:
    """A normalised address.

    Attributes:
        scheme: ``http``, ``https``, ``ws`` or ``wss``.
        host: lower-case ASCII (punycode for other letters) without a trailing dot, or an IP address.
        port: ``None`` for the scheme's own.
        path: percent-decoded, with query, as a reader would see it.
    """

    scheme: str
    host: str
    port: int | None
    path: str

    def parents(self) -> Iterator[str]:
        """The host, and every domain that it lies in, the longest first; an IP address has none."""
        yield self.host
        if is_ip(self.host):
            return
        rest = self.host
        while "." in rest:
            rest = rest.partition(".")[2]
            yield rest


def is_ip(host: str) -> bool:
    """Whether a host is an IP address and not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def normalise_host(host: str) -> str:
    """One spelling for a host name.

    Raises:
        AddressError: it cannot be a host.
    """
    name = unquote(host).strip().strip("[]").translate(_DOTS).rstrip(".").lower()
    try:
        if not name.isascii():
            name = idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise AddressError(f"{host!r} is not a host name: {error}") from error
    if is_ip(name):
        address = ipaddress.ip_address(name)
        return str(getattr(address, "ipv4_mapped", None) or address)
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        # Browsers read what ends in a number as an IPv4 address in any of its old forms (url.spec.whatwg.org, 3.5), and
        # so does the C library: 0x7f.1 and 2130706433 are 127.0.0.1.
        try:
            return socket.inet_ntoa(socket.inet_aton(name))
        except OSError:
            raise AddressError(f"{host!r} is not an IP address") from None
    # Underscores and leading hyphens are not allowed in host names but resolve, so they are taken as they come.
    if not name or len(name) > 253 or any(not 0 < len(label) < 64 for label in name.split(".")):
        raise AddressError(f"{host!r} is not a host name")
    if any(character <= " " or character in '/?#@\\<>"' for character in name):
        raise AddressError(f"{host!r} is not a host name")
    return name


def parse_address(url: str) -> Address:
    """Read a URL, with or without its scheme.

    Raises:
        AddressError: it is not an address of the web.
    """
    if not isinstance(url, str):
        raise AddressError(f"not an address but {type(url).__name__}")
    text = url.strip()
    if not text or len(text) > _MAX_LENGTH:
        raise AddressError(f"not an address: {len(text)} characters")
    # As browsers read it (url.spec.whatwg.org): backslashes are slashes, and any number of them may follow the scheme.
    place = min((text.find(mark) for mark in "?#" if mark in text), default=len(text))
    text = text[:place].replace("\\", "/") + text[place:]
    text = _SLASHES.sub(r"\1://", text)
    if "://" not in text[:12]:
        text = f"http://{text.removeprefix('//')}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressError(f"{url[:200]!r} is not an address: {error}") from error
    if parts.scheme not in ("http", "https", "ws", "wss") or not host:
        raise AddressError(f"{url[:200]!r} is not an address of the web")
    path = unquote(parts.path + (f"?{parts.query}" if parts.query else ""))
    return Address(parts.scheme, normalise_host(host), port, path)
