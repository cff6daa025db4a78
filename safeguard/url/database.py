"""Which addresses are listed under which category: the compiled lists of an installation, and the seed that ships.

The compiled lists are a folder of files that are mapped into memory and shared by all processes: a trie of host names
with their labels turned round (``com.example.``), so that one walk finds a host and every domain it lies in; a trie of
hosts with paths; and for each key the number of the set of lists that name it. :mod:`safeguard.url.compiler` makes it.
"""

from __future__ import annotations

import ipaddress
import json
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import marisa_trie
import numpy as np

from safeguard.errors import DataError, ListError
from safeguard.resources import load_toml, rules_dir, state_dir
from safeguard.taxonomy import Category
from safeguard.url.address import normalise_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from safeguard.url.address import Address

POINTER: Final = "current"  # names the folder of the compiled lists in force
MANIFEST: Final = "manifest.json"
HOSTS: Final = "hosts"
URLS: Final = "urls"
LAYOUT: Final = 1  # changes when compiled lists of before can no longer be read
_IP: Final = "@"  # begins the key of an IP address
EXACT: Final = "!"  # ends the key of a host that is listed without its subdomains
_LOOK_EVERY: Final = 2.0  # seconds between two looks for newer lists
_AFTER_A_PATH: Final = frozenset("/?#&")


class Match(NamedTuple):
    """An entry that covers an address.

    Attributes:
        category: what its list is about; ``None`` where it is a list of addresses to keep open.
        source: the list's name.
        entry: the listed host, ``host/path`` or network.
    """

    category: Category | None
    source: str
    entry: str


class Database(Protocol):
    """What knows listed addresses."""

    def lookup(self, address: Address) -> list[Match]:
        """The entries that cover an address."""
        ...


def key_of(host: str) -> str:
    """The key of a host: its labels turned round, each with a full stop after it; of an IP address, itself.

    >>> key_of("www.example.com"), key_of("192.0.2.1")
    ('com.example.www.', '@192.0.2.1.')
    """
    if ":" in host or (host[-1].isdigit() and host.rpartition(".")[2].isdigit()):
        return f"{_IP}{host}."
    return ".".join(host.split(".")[::-1]) + "."


def host_of(key: str) -> str:
    """The host of a key."""
    key = key.removesuffix(EXACT).removesuffix(".")
    return key.removeprefix(_IP) if key.startswith(_IP) else ".".join(key.split(".")[::-1])


class ListDatabase:
    """Compiled lists. Immutable; may be shared between threads.

    Args:
        folder: of one compilation.

    Raises:
        ListError: it is damaged, or was made by another version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if self.manifest["layout"] != LAYOUT:
                raise ListError(f"the lists in {folder} were made by another version: run safeguard lists update")
            for name, size in self.manifest["sizes"].items():
                if (folder / name).stat().st_size != size:
                    raise ListError(f"{folder / name} is damaged: run safeguard lists update")
            self._hosts, self._of_hosts = _open(folder, HOSTS)
            self._urls, self._of_urls = _open(folder, URLS)
            sources = [
                (source["name"], Category(source["category"]) if source["category"] else None)
                for source in self.manifest["sources"]
            ]
            # A set of lists: for each its name and category, and whether the entry opens what the list closes.
            self._sets = [
                [(*sources[number >> 1], bool(number & 1)) for number in numbers] for numbers in self.manifest["sets"]
            ]
            self._networks: list[tuple[int, int, dict[int, int]]] = [
                (version, length, {int(start): which for start, which in table.items()})
                for version, length, table in self.manifest["networks"]
            ]
        except (OSError, KeyError, ValueError, TypeError, IndexError, RuntimeError) as error:
            raise ListError(f"the lists in {folder} cannot be read: {error}") from error

    def __len__(self) -> int:
        """How many different entries there are."""
        return len(self._hosts) + len(self._urls) + sum(len(table) for _, _, table in self._networks)

    def lookup(self, address: Address) -> list[Match]:
        """The entries that cover an address, after what the lists' own exceptions leave of them."""
        return self.match(address.host, address.path)

    def match(self, host: str, path: str = "/") -> list[Match]:
        """As :meth:`lookup`, for a normalised host and the path with its query."""
        key = key_of(host)
        found = [(entry, self._of_hosts[self._hosts[entry]]) for entry in self._hosts.prefixes(key + EXACT)]
        if len(self._urls) and path not in ("", "/"):
            found += self._match_path(key, path)
        if self._networks and key.startswith(_IP):
            found += self._match_networks(host)
        return self._resolve(found) if found else []

    def _match_path(self, key: str, path: str) -> Iterator[tuple[str, int]]:
        # Lists name a host with or without its first label ("www"); the path must go on where the listed one ends.
        for place in (len(key), key.rfind(".", 0, -1) + 1):
            whole = key[:place] + path
            for entry in self._urls.prefixes(whole):
                if len(entry) == len(whole) or entry[-1] in _AFTER_A_PATH or whole[len(entry)] in _AFTER_A_PATH:
                    yield entry, self._of_urls[self._urls[entry]]

    def _match_networks(self, host: str) -> Iterator[tuple[str, int]]:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return
        for version, length, table in self._networks:
            if version == address.version:
                shift = address.max_prefixlen - length
                start = int(address) >> shift << shift
                if (which := table.get(start)) is not None:
                    yield f"{type(address)(start)}/{length}", which

    def _resolve(self, found: list[tuple[str, int]]) -> list[Match]:
        """What is left when lists make exceptions of themselves."""
        matches: list[Match] = []
        excepted: set[str] = set()
        for entry, which in found:
            for source, category, opens in self._sets[which]:
                if opens:
                    excepted.add(source)
                else:
                    matches.append(Match(category, source, show(entry)))
        return [match for match in matches if match.source not in excepted]

    def entries(self) -> Iterator[tuple[str, list[tuple[str, Category | None, bool]]]]:
        """Every entry with the lists that name it: name, category, and whether it opens."""
        for trie, of in ((self._hosts, self._of_hosts), (self._urls, self._of_urls)):
            for entry in trie.iterkeys():
                yield entry, self._sets[of[trie[entry]]]
        for version, length, table in self._networks:
            make = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
            for start, which in table.items():
                yield f"{make(start)}/{length}", self._sets[which]


def show(entry: str) -> str:
    """A key as a list would write it."""
    host, slash, path = entry.partition("/")
    return entry if slash and not host.endswith(".") else host_of(host) + slash + path


def _open(folder: Path, name: str) -> tuple[Any, Any]:
    trie = marisa_trie.Trie()
    trie.mmap(str(folder / f"{name}.trie"))
    # A view of the mapped memory gives Python numbers, several times as fast as an array does.
    return trie, memoryview(np.load(folder / f"{name}.npy", mmap_mode="r" if len(trie) else None, allow_pickle=False))


def lists_folder() -> Path:
    """Where the lists of this installation are kept."""
    return state_dir() / "lists"


class CurrentLists:
    """The compiled lists in force: newer ones are taken up within seconds, and damaged ones never.

    Args:
        folder: where lists are kept; it may be empty. Default: :func:`lists_folder`.
        told: is given one sentence when lists cannot be opened; those before stay in force.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._pointer = (folder or lists_folder()) / POINTER
        self._clock = clock
        self._told = told
        self._next_look = -1.0
        self._stamp: object = None
        self.database: ListDatabase | None = None

    def lookup(self, address: Address) -> list[Match]:
        """The entries that cover an address; none where there are no lists."""
        if self._clock() >= self._next_look:
            self.refresh()
        return self.database.lookup(address) if self.database is not None else []

    def refresh(self) -> None:
        """Take up newer lists, if there are any."""
        self._next_look = self._clock() + _LOOK_EVERY
        try:
            status = self._pointer.stat()
        except OSError:
            return
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            name = self._pointer.read_text(encoding="utf-8").strip()
            self.database = ListDatabase(self._pointer.parent / name)
        except (ListError, OSError, UnicodeDecodeError) as error:
            self._told(str(error))


class SeedDatabase:
    """The hosts of a TOML file with their categories; an entry holds for all subdomains too."""

    def __init__(self, hosts: Mapping[str, frozenset[Category]], source: str) -> None:
        self.hosts = hosts
        self._source = source

    def lookup(self, address: Address) -> list[Match]:
        """The most specific entry that covers an address: a match for each of its categories."""
        for host in address.parents():
            if (categories := self.hosts.get(host)) is not None:
                return [Match(category, self._source, host) for category in sorted(categories)]
        return []


def load_seed(path: Path | None = None) -> SeedDatabase:
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
    return SeedDatabase(hosts, "hosts/seed")
