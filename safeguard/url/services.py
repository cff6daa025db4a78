"""Well-known services that adults may close with one word (``rules/services.toml``)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from safeguard.errors import AddressError, DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.url.address import normalise_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeguard.url.address import Address


class Service(NamedTuple):
    """A service.

    Attributes:
        name: as in the configuration.
        title: as people call it.
    """

    name: str
    title: str


@cache
def services() -> Mapping[str, Service]:
    """All services by name."""
    return {service.name: service for service in _by_host().values()}


def service_of(address: Address) -> Service | None:
    """The service that an address belongs to: of several, the one whose domain is the longest."""
    by_host = _by_host()
    return next((by_host[host] for host in address.parents() if host in by_host), None)


@cache
def _by_host() -> Mapping[str, Service]:
    path = rules_dir() / "services.toml"
    try:
        return {
            normalise_host(host): Service(name, row["title"])
            for name, row in load_toml(path).items()
            for host in row["hosts"]
        }
    except (AddressError, KeyError, TypeError) as error:
        raise DataError(f"{path}: {error}") from error
