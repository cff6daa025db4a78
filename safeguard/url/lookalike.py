"""Host names that pass for a bank's or a service's (``rules/brands.toml``): look-alike letters, names inside names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import idna
import regex

from safeguard.errors import AddressError, DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.text.normalize import fold
from safeguard.url.address import is_ip, normalise_host

if TYPE_CHECKING:
    from collections.abc import Mapping

# What reads like a letter in a small font; whole names are compared, so that "1" alone turns no word into another.
_ALIKE: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("3", "e"), ("5", "s"), ("i", "l"))
_SHORTEST: Final = 6  # letters of a name that may stand beside bait: shorter ones are parts of words
_STATE: Final = (".gov.vn", ".edu.vn")  # nobody else gets a name there
_PARTS: Final = regex.compile(r"[-_]+")


@dataclass(frozen=True, slots=True)
class Imitation:
    """A name that another passes for.

    Attributes:
        brand: the host that is imitated.
        certain: it is written in letters that only look alike, or holds the whole of the other's host: nobody does
            that by chance. Otherwise the name stands in a domain that is not known to be its owner's.
    """

    brand: str
    certain: bool


@cache
def _brands() -> tuple[Mapping[str, str], Mapping[str, str], frozenset[str], frozenset[str], frozenset[str]]:
    """Names and their hosts; what names look like; all own hosts; bait; names of houses in many countries."""
    path = rules_dir() / "brands.toml"
    table = load_toml(path)
    try:
        names = {name: hosts[0] for name, hosts in table["own"].items()}
        own = frozenset(normalise_host(host) for hosts in table["own"].values() for host in hosts)
        bait, world = frozenset(table["bait"]), frozenset(table["world"])
    except (AddressError, KeyError, TypeError, IndexError) as error:
        raise DataError(f"{path}: {error}") from error
    return names, {_look(name): name for name in names}, own, bait, world


def _look(label: str) -> str:
    for written, read in _ALIKE:
        label = label.replace(written, read)
    return label


def imitates(host: str) -> Imitation | None:
    """What a normalised host passes for; ``None`` where it is nobody's, or its own."""
    names, looks, own, bait, world = _brands()
    if is_ip(host) or "." not in host:
        return None
    labels = host.split(".")
    if any(".".join(labels[first:]) in own for first in range(len(labels))):
        return None
    if host.endswith(_STATE):
        return None
    if inside := [real for real in own if f".{real}." in f".{host}" and not _is_abroad(real, host)]:
        return Imitation(max(inside, key=len), certain=True)
    for place, label in enumerate(labels[:-1]):
        foreign = label.startswith("xn--")
        shown = _shown(label) if foreign else label
        name = looks.get(_look(shown))
        if name is not None:
            is_plain = not foreign and shown == name
            if is_plain and name in world and len(labels) - place - 1 <= 2 and len(labels[-1]) == 2:
                return None  # a house that is at home in many countries: shopee.co.th, google.ie
            return Imitation(names[name], certain=not is_plain)
        parts = frozenset(_PARTS.split(shown))
        for part in parts:
            name = looks.get(_look(part))
            if name is not None and len(name) >= _SHORTEST and not bait.isdisjoint(parts | {"-".join(sorted(parts))}):
                return Imitation(names[name], certain=foreign or part != name)
    return None


def _is_abroad(real: str, host: str) -> bool:
    """Whether a host is another's with the letters of a country after it: ``google.com`` and ``google.com.ar``."""
    return len(real.rpartition(".")[2]) > 2 and len(f".{host}".rpartition(f".{real}.")[2]) == 2


def _shown(label: str) -> str:
    """A label in letters as a hurried reader sees them: accents gone, Cyrillic and Greek read as Latin."""
    try:
        text = idna.decode(label)
    except idna.IDNAError:
        return label
    return "".join(fold([text]).show(plain=True).split())
