"""Safe search: what tells search engines and video sites to leave out what is for adults (``rules/safesearch.toml``).

There are three ways, and a service takes one or several: a parameter of the address, a header, and the answer of a DNS.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, unquote_plus, urlsplit

import regex

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

Header = tuple[str, str]

_SLASHES: Final = regex.compile(r"/+")


class SafeSearch(StrEnum):
    """How much is left out. Services that know one strength only take it for both."""

    OFF = "off"
    MODERATE = "moderate"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who may sign in at Google and Microsoft: the domains of a school's own accounts; all where it names none.

    Attributes:
        microsoft_context: the id of the directory that asks for it; needed with ``microsoft``.
    """

    google: tuple[str, ...] = ()
    microsoft: tuple[str, ...] = ()
    microsoft_context: str = ""


ANY_ACCOUNT: Final = Accounts()


@dataclass(frozen=True, slots=True)
class _Service:
    paths: tuple[str, ...]
    parameter: tuple[str, str] | None
    headers: Mapping[str, tuple[Header, ...]]
    dns: Mapping[str, str]


@cache
def _services() -> tuple[Mapping[str, _Service], Mapping[str, tuple[str, ...]], Mapping[str, Any]]:
    """Services by host, headers about accounts by host, and the table of accounts."""
    path = rules_dir() / "safesearch.toml"
    table = load_toml(path)
    try:
        domains = table.pop("google_domains")["tld"].split()
        accounts: dict[str, Any] = table.pop("accounts")
        by_host: dict[str, _Service] = {}
        for row in table.values():
            parameter = next(iter(row.get("parameter", {}).items()), None)
            headers = {level: tuple(pairs.items()) for level, pairs in row.get("headers", {}).items()}
            service = _Service(tuple(row.get("paths", ())), parameter, MappingProxyType(headers), row.get("dns", {}))
            for host in row["hosts"]:
                for name in [host.format(tld=tld) for tld in domains] if "{tld}" in host else [host]:
                    by_host[name] = service
        of_accounts: dict[str, tuple[str, ...]] = {}
        for name, row in accounts.items():
            for host in row["hosts"]:
                of_accounts[host] = (*of_accounts.get(host, ()), name)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"{path}: {error}") from error
    return MappingProxyType(by_host), MappingProxyType(of_accounts), MappingProxyType(accounts)


def _named(host: str) -> str:
    return host.lower().rstrip(".")


def safe_url(url: str, level: SafeSearch) -> str:
    """The address with the parameter that makes the search safe; all else stays as it was, byte for byte.

    >>> safe_url("https://www.google.com.vn/search?q=m%C3%A8o&safe=off", SafeSearch.STRICT)
    'https://www.google.com.vn/search?q=m%C3%A8o&safe=active'
    """
    if level is SafeSearch.OFF:
        return url
    try:
        parts = urlsplit(url)
        service = _services()[0].get(_named(parts.hostname or ""))
    except ValueError:
        return url
    if service is None or service.parameter is None or not _is_below(parts.path, service.paths):
        return url
    name, value = service.parameter
    rest, mark, fragment = url.partition("#")
    before, _, query = rest.partition("?")
    # Whatever names the parameter goes, however it is written: the last of several might count, or the first.
    fields = query.split("&") if query else []
    kept = [field for field in fields if unquote_plus(field.partition("=")[0]).strip().lower() != name]
    return f"{before}?{'&'.join([*kept, f'{name}={value}'])}{mark}{fragment}"


def _is_below(path: str, places: tuple[str, ...]) -> bool:
    """Whether a path is one of some places or below it, as a server reads it."""
    read = _SLASHES.sub("/", unquote(path)).lower() or "/"
    return any(read == place or (place != "/" and read.startswith(f"{place}/")) for place in places)


def safe_headers(host: str, level: SafeSearch, accounts: Accounts = ANY_ACCOUNT) -> tuple[Header, ...]:
    """The headers that requests to a host are to have."""
    services, of_accounts, table = _services()
    host = _named(host)
    found: list[Header] = []
    if level is not SafeSearch.OFF and (service := services.get(host)) is not None:
        found += service.headers.get(level, ())
    names = {name for at, its in of_accounts.items() if f".{host}".endswith(f".{at}") for name in its}
    if "google" in names and accounts.google:
        found.append((table["google"]["header"], ",".join(accounts.google)))
    if "microsoft" in names and accounts.microsoft:
        found.append((table["microsoft"]["header"], ",".join(accounts.microsoft)))
        found.append((table["microsoft"]["context"], accounts.microsoft_context))
    return tuple(found)


def safe_answer(host: str, level: SafeSearch) -> str | None:
    """The name, or the IP address, that a DNS is to answer with in the place of a host's own."""
    service = _services()[0].get(_named(host))
    if level is SafeSearch.OFF or service is None:
        return None
    return service.dns.get(level) or service.dns.get(SafeSearch.STRICT)
