"""The sets of hosts that ship in ``rules/hosts/``, in groups that each say why."""

from __future__ import annotations

from functools import cache

from safeguard.errors import AddressError, DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.url.address import normalise_host


@cache
def shipped_hosts(name: str, group: str | None = None) -> frozenset[str]:
    """The hosts of ``rules/hosts/<name>.toml``: of one of its groups, or of all.

    Raises:
        DataError: it is missing or not what it should be.
    """
    path = rules_dir() / "hosts" / f"{name}.toml"
    try:
        groups = load_toml(path)
        chosen = groups.values() if group is None else [groups[group]]
        return frozenset(normalise_host(host) for one in chosen for host in one["hosts"])
    except (AddressError, KeyError, TypeError) as error:
        raise DataError(f"{path}: {error}") from error
