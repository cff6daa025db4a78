"""Write listed hosts in the formats of other filters, so that a router or a district's DNS can use them.

DNS answers for names only: listed paths and networks are left out there, and the last line says how many.
"""

from __future__ import annotations

import ipaddress
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from safeguard.url.database import EXACT, show
from safeguard.url.formats import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from safeguard.taxonomy import Category
    from safeguard.url.database import ListDatabase, SeedDatabase

    Listed = tuple[Kind, str]  # what an entry holds for, and the host, ``host/path`` or network


class Export(StrEnum):
    """A format to write."""

    RPZ = "rpz"
    DNSMASQ = "dnsmasq"
    UNBOUND = "unbound"
    ADGUARD = "adguard"
    HOSTS = "hosts"
    SQUID = "squid"
    PAC = "pac"


def listed(lists: ListDatabase | None, seed: SeedDatabase, categories: Collection[Category]) -> Iterator[Listed]:
    """What is closed for any of some categories: of the compiled lists, and of the seed.

    Left out is what a list of open addresses names itself, and subdomains of a host that is closed whole.
    """
    closed = {host for host, about in seed.hosts.items() if not about.isdisjoint(categories)}
    yield from ((Kind.HOST, host) for host in sorted(closed))
    if lists is None:
        return
    for entry, names in lists.entries():
        if any(category is None for _, category, _ in names):
            continue
        if not any(category in categories and not opens for _, category, opens in names):
            continue
        text = show(entry)
        if _is_network(text):
            yield Kind.NETWORK, text
        elif "/" in text:
            yield Kind.URL, text
        elif entry.endswith(EXACT):
            yield Kind.EXACT, text
        elif text not in closed and not _is_covered(text, lists, categories):
            yield Kind.HOST, text


def _is_covered(host: str, lists: ListDatabase, categories: Collection[Category]) -> bool:
    """Whether a domain that a host lies in is closed already."""
    above = host.partition(".")[2]
    return bool(above) and any(match.category in categories for match in lists.match(above))


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return "/" in text


def write(entries: Iterable[Listed], form: Export) -> Iterator[str]:
    """The lines of a file in that format; the last counts what the format cannot say, if there is such."""
    left_out = 0
    head, line, foot, mark = _WRITERS[form]
    yield from head
    for kind, value in entries:
        if (written := line(kind, value)) is None:
            left_out += 1
        else:
            yield written
    yield from foot
    if left_out:
        yield f"{mark} {left_out} entries cannot be said in this format and are left out"


def _is_name(kind: Kind, value: str) -> bool:
    return kind in (Kind.HOST, Kind.EXACT) and ":" not in value and not value[-1].isdigit()


def _rpz(kind: Kind, value: str) -> str | None:
    if not _is_name(kind, value):
        return None
    return f"{value} CNAME ." if kind is Kind.EXACT else f"{value} CNAME .\n*.{value} CNAME ."


def _dnsmasq(kind: Kind, value: str) -> str | None:
    return f"address=/{value}/" if kind is Kind.HOST and _is_name(kind, value) else None


def _unbound(kind: Kind, value: str) -> str | None:
    if not _is_name(kind, value):
        return None
    return f'local-zone: "{value}." always_nxdomain' if kind is Kind.HOST else f'local-data: "{value}. A 0.0.0.0"'


def _adguard(kind: Kind, value: str) -> str | None:
    if kind is Kind.NETWORK:
        return None
    return f"|{value}^" if kind is Kind.EXACT else f"||{value}^"


def _hosts(kind: Kind, value: str) -> str | None:
    return f"0.0.0.0 {value}" if _is_name(kind, value) else None


def _squid(kind: Kind, value: str) -> str | None:
    if kind in (Kind.URL, Kind.NETWORK):
        return None
    return f".{value}" if kind is Kind.HOST and _is_name(kind, value) else value


def _pac(kind: Kind, value: str) -> str | None:
    return f"{json.dumps(value)}:1," if kind is Kind.HOST else None


_PAC_END: Final = (
    "};",
    "function FindProxyForURL(url, host) {",
    "  host = host.toLowerCase();",
    "  for (var at = 0; at >= 0; at = host.indexOf('.', at) + 1 || -1)",
    "    if (listed.hasOwnProperty(host.substring(at))) return 'PROXY 127.0.0.1:9';",
    "  return 'DIRECT';",
    "}",
)
_WRITERS: Final[
    dict[Export, tuple[tuple[str, ...], Callable[[Kind, str], str | None], tuple[str, ...], str]]
] = {
    Export.RPZ: (
        ("$TTL 300", "@ SOA localhost. root.localhost. 1 3600 900 604800 300", "@ NS localhost."), _rpz, (), ";",
    ),
    Export.DNSMASQ: ((), _dnsmasq, (), "#"),
    Export.UNBOUND: (("server:",), _unbound, (), "#"),
    Export.ADGUARD: (("! Title: safeguard",), _adguard, (), "!"),
    Export.HOSTS: ((), _hosts, (), "#"),
    Export.SQUID: (("# acl closed dstdomain \"FILE\"",), _squid, (), "#"),
    Export.PAC: (("var listed = {",), _pac, _PAC_END, "//"),
}  # fmt: skip
