"""The sets of hosts that ship in ``rules/hosts/``, in groups that each say why."""

from __future__ import annotations

from functools import cache

from safeguard.errors import AddressError, DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.url.address import normalise_host


@cache
def shipped_hosts(name: str) -> frozenset[str]:
    """The hosts of ``rules/hosts/<name>.toml``, of all its groups.

    Raises:
        DataError: it is missing or not what it should be.
    """
    path = rules_dir() / "hosts" / f"{name}.toml"
    try:
        return frozenset(normalise_host(host) for group in load_toml(path).values() for host in group["hosts"])
    except (AddressError, KeyError, TypeError) as error:
        raise DataError(f"{path}: {error}") from error
