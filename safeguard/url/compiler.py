"""Compile lists of addresses into the database that is looked up.

Each list is read as a stream and sorted by itself, then all are merged: memory holds one list at a time. Entries that
would close what must stay open (a host that many unrelated people share, a helpline, a whole top-level domain) are held
back and named; a list is never thrown away for a few of them, because even good publishers have some.
"""

from __future__ import annotations

import heapq
import ipaddress
import itertools
import json
import os
import secrets
import shutil
import tempfile
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import marisa_trie
import numpy as np

from safeguard.errors import ListError
from safeguard.url.database import EXACT, HOSTS, LAYOUT, MANIFEST, POINTER, URLS, ListDatabase, key_of
from safeguard.url.formats import Entry, Format, Kind, ListReader
from safeguard.url.hosts import shipped_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from safeguard.taxonomy import Category

_WIDEST: Final = {4: 16, 6: 32}  # length of the widest network that a list may close, by version of IP
_SHOWN: Final = 20  # entries that were held back and are named in the manifest
_MOST_SETS: Final = 1 << 16
_KEPT: Final = 2  # compilations: that in force, and the one before it, which a process may still have open


@dataclass(frozen=True, slots=True)
class Source:
    """A list to compile.

    Attributes:
        name: goes into the ``source`` of findings.
        category: what is listed; ``None`` for a list of addresses to keep open.
        format: how it is written; told by its first lines where ``None``.
    """

    name: str
    category: Category | None
    path: Path
    format: Format | None = None


@dataclass(slots=True)
class Compiled:
    """What became of one list.

    Attributes:
        entries: that count.
        unsupported: lines that say more than an entry can hold, by reason.
        held_back: entries that would close what must stay open, the first of them by name.
        held_back_count: all of them.
    """

    name: str
    entries: int = 0
    unsupported: Counter[str] = field(default_factory=Counter)
    held_back: list[str] = field(default_factory=list)
    held_back_count: int = 0


@cache
def _must_stay_open() -> frozenset[str]:
    """Hosts that no list may close as a whole: the protected, the shared, and every domain that one of them lies in."""
    closed = set()
    for host in shipped_hosts("protected") | shipped_hosts("shared"):
        labels = host.split(".")
        closed |= {".".join(labels[first:]) for first in range(len(labels))}
    return frozenset(closed)


def is_held_back(entry: Entry) -> bool:
    """Whether an entry would close what must stay open.

    A protected host stays open with all its subdomains and paths; a shared one may have members and paths listed.
    """
    if entry.allow:
        return False
    if entry.kind is Kind.NETWORK:
        network = ipaddress.ip_network(entry.value)
        return network.prefixlen < _WIDEST[network.version]
    host = entry.value.partition("/")[0] if entry.kind is Kind.URL else entry.value
    if entry.kind is not Kind.URL and host in _must_stay_open():
        return True
    return any(parent in shipped_hosts("protected") for parent in _parents(host))


def _parents(host: str) -> Iterator[str]:
    yield host
    while "." in host:
        host = host.partition(".")[2]
        yield host


def compile_lists(
    sources: Iterable[Source], folder: Path, progress: Callable[[Source], None] = lambda _: None
) -> list[Compiled]:
    """Compile lists, and put them in force in one step.

    Args:
        folder: where lists are kept; the compilation becomes a folder in it.
        progress: is told of each list before it is read.

    Raises:
        ListError: a list cannot be read; what was in force stays so.
    """
    sources = list(sources)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".compile-") as scratch:
        work = Path(scratch)
        reports = []
        networks: dict[str, list[int]] = defaultdict(list)
        for number, source in enumerate(sources):
            progress(source)
            reports.append(_sort(number, source, work, networks))
        sets: dict[tuple[int, ...], int] = {}
        out = work / "out"
        out.mkdir()
        for name in (HOSTS, URLS):
            _build(name, work, len(sources), sets, out)
        tables = _network_tables(networks, sets)
        sizes = {path.name: path.stat().st_size for path in sorted(out.iterdir())}
        manifest: dict[str, Any] = {
            "layout": LAYOUT,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "sources": [
                {"name": source.name, "category": source.category, "entries": report.entries}
                for source, report in zip(sources, reports, strict=True)
            ],
            "sets": [list(key) for key in sets],
            "networks": tables,
            "sizes": sizes,
        }
        (out / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        ListDatabase(out)  # what cannot be opened is not put in force
        name = secrets.token_hex(8)  # never that of one that somebody has open
        out.rename(folder / name)
    _put_in_force(folder, name)
    return reports


def _sort(number: int, source: Source, work: Path, networks: dict[str, list[int]]) -> Compiled:
    """Write a list's keys to files of their own, sorted, each with the number of the list and whether it opens."""
    report = Compiled(source.name)
    reader = ListReader(source.path, source.format)
    keys: dict[str, list[str]] = {HOSTS: [], URLS: []}
    for entry in reader:
        if source.category is not None and is_held_back(entry):
            report.held_back_count += 1
            if len(report.held_back) < _SHOWN:
                report.held_back.append(entry.value)
            continue
        which = number << 1 | int(entry.allow)
        report.entries += 1
        if entry.kind is Kind.NETWORK:
            networks[entry.value].append(which)
            continue
        host, slash, path = entry.value.partition("/")
        key = key_of(host) + (EXACT if entry.kind is Kind.EXACT else slash + path)
        keys[URLS if entry.kind is Kind.URL else HOSTS].append(f"{key}\t{which}")
    report.unsupported = reader.unsupported
    for name, lines in keys.items():
        lines.sort()
        with (work / f"{name}.{number}").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
        lines.clear()
    return report


def _build(name: str, work: Path, sources: int, sets: dict[tuple[int, ...], int], out: Path) -> None:
    """Merge the sorted keys of all lists into a trie, and write which set of lists names each."""
    of_keys = array("H")
    merged = work / f"{name}.merged"
    with merged.open("w", encoding="utf-8", newline="\n") as file:
        for key, numbers in _merge(name, work, sources):
            file.write(f"{key}\n")
            of_keys.append(_number_of(numbers, sets))
    with merged.open(encoding="utf-8", newline="\n") as file:
        trie = marisa_trie.Trie(line[:-1] for line in file)
    trie.save(str(out / f"{name}.trie"))
    by_id = np.zeros(len(of_keys), dtype=np.uint16)
    with merged.open(encoding="utf-8", newline="\n") as file:
        for line, which in zip(file, of_keys, strict=True):
            by_id[trie[line[:-1]]] = which
    np.save(out / f"{name}.npy", by_id)


def _merge(name: str, work: Path, sources: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    files = [(work / f"{name}.{number}").open(encoding="utf-8", newline="\n") for number in range(sources)]
    try:
        for key, lines in itertools.groupby(heapq.merge(*files), lambda line: line.partition("\t")[0]):
            yield key, tuple(sorted({int(line.partition("\t")[2]) for line in lines}))
    finally:
        for file in files:
            file.close()


def _number_of(numbers: tuple[int, ...], sets: dict[tuple[int, ...], int]) -> int:
    number = sets.setdefault(numbers, len(sets))
    if number >= _MOST_SETS:
        raise ListError("these lists overlap in more ways than can be told apart: subscribe to fewer")
    return number


def _network_tables(networks: dict[str, list[int]], sets: dict[tuple[int, ...], int]) -> list[list[Any]]:
    tables: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for text, numbers in networks.items():
        network = ipaddress.ip_network(text)
        start = str(int(network.network_address))
        tables[network.version, network.prefixlen][start] = _number_of(tuple(sorted(set(numbers))), sets)
    return [[version, length, table] for (version, length), table in sorted(tables.items())]


def _put_in_force(folder: Path, name: str) -> None:
    """Point to a compilation by renaming a file, which is one step for whoever reads; then forget the oldest."""
    fresh = folder / f".{POINTER}-{os.getpid()}"
    fresh.write_text(f"{name}\n", encoding="utf-8")
    fresh.replace(folder / POINTER)
    compiled = sorted((path.parent for path in folder.glob(f"*/{MANIFEST}")), key=lambda path: path.stat().st_mtime_ns)
    for old in compiled[:-_KEPT]:
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)
