"""Which hosts are listed under which category: today the small seed list that ships in ``rules/hosts/``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.taxonomy import Category
from safeguard.url.address import normalise_host

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from safeguard.url.address import Address


class HostDatabase:
    """Hosts with their categories; an entry holds for all subdomains too."""

    def __init__(self, hosts: Mapping[str, frozenset[Category]], source: str) -> None:
        self._hosts = hosts
        self.source = source

    def lookup(self, address: Address) -> tuple[str, frozenset[Category]] | None:
        """The entry that covers an address, most specific first: the listed host and its categories."""
        for host in address.parents():
            if (categories := self._hosts.get(host)) is not None:
                return host, categories
        return None


def load_seed(path: Path | None = None) -> HostDatabase:
    """Load the seed list.

    Raises:
        DataError: it names an unknown category or something that is no host.
    """
    path = path or rules_dir() / "hosts" / "seed.toml"
    hosts: dict[str, frozenset[Category]] = {}
    try:
        for name, table in load_toml(path).items():
            for host in table["hosts"]:
                key = normalise_host(host)
                hosts[key] = hosts.get(key, frozenset()) | {Category(name)}
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: {error}") from error
    return HostDatabase(hosts, "hosts/seed")
