"""Read lists of addresses in the formats that their publishers serve.

What a format can say and we cannot hold (a regular expression, a rule for one kind of request) is counted and left
out: a guess would block what nobody listed. A list is read as a stream, so memory does not depend on its size.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import ipaddress
import tarfile
import zlib
from collections import Counter
from enum import StrEnum
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast
from urllib.parse import unquote

import regex

from safeguard.errors import AddressError, ListError
from safeguard.url.address import is_ip, normalise_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAX_LINE: Final = 4096  # bytes; no entry is longer
MAX_DECODED: Final = 1 << 30  # bytes of a list without its compression: ten times the largest that is published
_CHUNK: Final = 1 << 16
_LOOKED_AT: Final = 300  # lines by which a format is told


class Kind(StrEnum):
    """What an entry holds for."""

    HOST = "host"  # a host with all its subdomains
    EXACT = "exact"  # a host alone
    URL = "url"  # a host, and paths that begin so
    NETWORK = "network"  # IP addresses


class Entry(NamedTuple):
    """One address of a list.

    Attributes:
        value: a normalised host; ``host/path`` for ``URL``; ``address/length`` for ``NETWORK``.
        allow: it opens what other entries of its list close.
    """

    kind: Kind
    value: str
    allow: bool = False


_Entries = tuple[Entry, ...]


class Format(StrEnum):
    """How a list is written."""

    HOSTS = "hosts"  # hosts(5): an address, then names
    DOMAINS = "domains"  # a name, a wildcard, a network or an address of the web on each line
    ADBLOCK = "adblock"  # AdGuard's and Adblock Plus's ||name^
    DNSMASQ = "dnsmasq"  # address=/name/
    UNBOUND = "unbound"  # local-zone: "name" …
    RPZ = "rpz"  # a zone of response policies (draft-vixie-dnsop-dns-rpz)
    CSV = "csv"  # a table with a column of hosts or addresses
    V2FLY = "v2fly"  # domain:name, full:name


class _Unsupported(Exception):  # noqa: N818 - it is no error: the line is counted
    """A line that says more than an entry can hold; the message is the reason to count it under."""


class ListReader:
    """The entries of one list, and what was left out of it.

    Attributes:
        format: as given, or as its first lines look.
        entries: how many have been read so far.
        unsupported: how many lines were left out, by reason.

    Raises:
        ListError: when read: it is no list (a web page, a file of bytes), or is damaged.
    """

    def __init__(self, path: Path, format: Format | None = None) -> None:  # noqa: A002 - the field's word
        self._path = path
        self.format = format
        self.entries = 0
        self.unsupported: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Entry]:
        try:
            with self._path.open("rb") as file:
                for part in _parts(file):
                    yield from self._read(part)
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            raise ListError(f"{self._path.name} cannot be read: {error}") from error

    def _read(self, lines: Iterator[bytes]) -> Iterator[Entry]:
        first = list(islice(lines, _LOOKED_AT))
        shape = self.format or _format_of(first, self._path.name)
        self.format = shape
        parse = _csv_parser(first) if shape is Format.CSV else _PARSERS[shape]
        for raw in chain(first, lines):
            if len(raw) > MAX_LINE:
                self.unsupported["too long"] += 1
                continue
            line = raw.decode("utf-8", "replace").strip().removeprefix("\ufeff")
            if not line:
                continue
            try:
                entries = parse(line)
            except _Unsupported as reason:
                self.unsupported[str(reason)] += 1
                continue
            self.entries += len(entries)
            yield from entries


# From a file to its lines


def _parts(file: io.BufferedReader) -> Iterator[Iterator[bytes]]:
    """The lists in a file: one, or those of an archive of squidGuard's (``category/domains``, ``category/urls``)."""
    stream: io.BufferedIOBase = file
    if file.peek(2)[:2] == b"\x1f\x8b":
        stream = io.BufferedReader(_Bounded(gzip.GzipFile(fileobj=file)))
    start = stream.peek(512)[:512] if isinstance(stream, io.BufferedReader) else b""
    if start[257:262] != b"ustar":
        yield _lines(cast("BinaryIO", stream))
        return
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.isfile() and member.name.rsplit("/", 1)[-1] in ("domains", "urls"):
                content = archive.extractfile(member)
                assert content is not None
                yield _lines(cast("BinaryIO", content))


class _Bounded(io.RawIOBase):
    """A stream that ends with an error when it turns out to be a bomb."""

    def __init__(self, inner: gzip.GzipFile) -> None:
        self._inner = inner
        self._left = MAX_DECODED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self._inner.read(min(len(view), _CHUNK))
        self._left -= len(data)
        if self._left < 0:
            raise ListError(f"a list decompresses to more than {MAX_DECODED >> 20} MiB")
        view[: len(data)] = data
        return len(data)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; of one that is too long, its start only, so that it can be counted."""
    read = stream.readline
    while line := read(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = read(_CHUNK)
            if len(line) < _CHUNK:
                break


# Which format


_ADDRESS_AND_NAME: Final = regex.compile(r"(?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]*:[0-9a-f:]+)\s+\S")
_LOOKS: Final = (
    (Format.ADBLOCK, regex.compile(r"\[Adblock|\|\||@@|/.+/$")),
    (Format.DNSMASQ, regex.compile(r"(?:address|server|local)=/")),
    (Format.UNBOUND, regex.compile(r"local-(?:zone|data):")),
    (Format.RPZ, regex.compile(r"\$TTL|\$ORIGIN|\S+\s+(?:\d+\s+)?(?:IN\s+)?(?:CNAME|SOA)\s", regex.IGNORECASE)),
    (Format.HOSTS, _ADDRESS_AND_NAME),
    (Format.V2FLY, regex.compile(r"~?(?:domain|full|keyword|regexp|include):")),
    (Format.CSV, regex.compile(r'(?:.*[,;\t])?\s*"?(?:host|domain|url)(?:[_ ]?name)?"?\s*[,;\t]', regex.IGNORECASE)),
    (Format.CSV, regex.compile(r'.*[,;\t]\s*"?(?:host|domain|url)(?:[_ ]?name)?"?$', regex.IGNORECASE)),
)


def _format_of(first: list[bytes], name: str) -> Format:
    """The format that the first lines look like.

    Raises:
        ListError: they are no list.
    """
    if b"\0" in b"".join(first):
        raise ListError(f"{name} is no list but a file of bytes")
    lines = [line.decode("utf-8", "replace").strip().removeprefix("\ufeff") for line in first]
    lines = [line for line in lines if line and line[0] not in "#!;"]
    if lines and regex.match(r"<(?:!doctype|html|head|\?xml|body|script)", lines[0], regex.IGNORECASE):
        raise ListError(f"{name} is a web page, not a list")
    for shape, look in _LOOKS:
        if any(look.match(line) for line in (lines[:1] if shape is Format.CSV else lines)):
            return shape
    return Format.DOMAINS


# One line


_NAME: Final = regex.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")


def _host(text: str, *, kind: Kind = Kind.HOST, allow: bool = False) -> Entry:
    """An entry for a host, as a list writes it."""
    name = text.lower().rstrip(".")
    if not (_NAME.fullmatch(name) and not name[-1].isdigit() and len(name) < 254):  # the usual case is decided fast
        try:
            name = normalise_host(text)
        except AddressError:
            raise _Unsupported("no host") from None
        if not is_ip(name) and not _NAME.fullmatch(name):
            raise _Unsupported("no domain")
    return Entry(kind, name, allow)


def _address(text: str, *, allow: bool = False) -> Entry:
    """An entry for what a plain line holds: a name, a wildcard, a network, or an address with a path."""
    text = regex.sub(r"^(?:https?|ftp)://", "", text, flags=regex.IGNORECASE)
    text = text.removeprefix("*.").removeprefix(".")
    host, slash, path = text.partition("/")
    if slash and path.isdigit() and is_ip(host.strip("[]")):
        # What names one address inside of a network is a path that looks like a length.
        with contextlib.suppress(ValueError):
            return Entry(Kind.NETWORK, str(ipaddress.ip_network(text)), allow)
    host = host.rpartition("@")[2]
    if not is_ip(host.strip("[]")):
        host = regex.sub(r":\d*$", "", host)
    if "*" in host:
        raise _Unsupported("wildcard inside")
    entry = _host(host, allow=allow)
    path = unquote(path.partition("#")[0]).rstrip("*")
    if not path:
        return entry
    if "*" in path or not path.isprintable():
        raise _Unsupported("wildcard inside")
    return Entry(Kind.URL, f"{entry.value}/{path}", allow)


def _domains(line: str) -> _Entries:
    if _NAME.fullmatch(line) and not line[-1].isdigit() and len(line) < 254:  # nearly all lines of nearly all lists
        return (Entry(Kind.HOST, line),)
    if line[0] in "#!;":
        return ()
    if _PREFIXED.match(line):
        return _v2fly(line)
    return (_address(line.split("#", 1)[0].split(None, 1)[0]),)


_PREFIXED: Final = regex.compile(r"~?(?:domain|full|keyword|regexp|include):")
_OWN_NAMES: Final = frozenset(
    "localhost localhost.localdomain local broadcasthost ip6-localhost ip6-loopback ip6-localnet ip6-mcastprefix "
    "ip6-allnodes ip6-allrouters ip6-allhosts 0.0.0.0".split()
)


def _hosts(line: str) -> _Entries:
    if line[0] in "#!":
        return ()
    fields = line.partition("#")[0].split()
    if len(fields) == 1 and not is_ip(fields[0]):  # some publishers mix both
        return (_host(fields[0]),)
    if len(fields) < 2 or not is_ip(fields[0].partition("%")[0]):
        raise _Unsupported("no host")
    if not (found := ipaddress.ip_address(fields[0].partition("%")[0])).is_loopback and not found.is_unspecified:
        raise _Unsupported("a redirection")
    return tuple(_host(name) for name in fields[1:] if name.lower() not in _OWN_NAMES)


# Modifiers that take nothing away from what a rule blocks.
_HARMLESS_OPTIONS: Final = frozenset({"important", "all", "document", "doc"})


def _adblock(line: str) -> _Entries:
    if line[0] in "!#[":
        if line.startswith(("##", "#@#", "#?#")):
            raise _Unsupported("a rule about parts of pages")
        return ()
    allow = line.startswith("@@")
    rule, _, options = line.removeprefix("@@").partition("$")
    if "##" in rule or "#@#" in rule or "#?#" in rule or "#$#" in line:
        raise _Unsupported("a rule about parts of pages")
    if options and not set(options.split(",")) <= _HARMLESS_OPTIONS:
        raise _Unsupported("an option")
    if rule.startswith("/") and rule.endswith("/"):
        raise _Unsupported("a regular expression")
    if not rule.startswith("||"):
        if rule.startswith("|") and rule.endswith("^") and _NAME.fullmatch(rule[1:-1].lower()):
            return (_host(rule[1:-1], kind=Kind.EXACT, allow=allow),)
        if is_ip(rule) or _NAME.fullmatch(rule.lower()):
            return (_host(rule, allow=allow),)
        raise _Unsupported("a pattern")
    rule = rule.removeprefix("||").removesuffix("|")
    if rule.endswith("^"):
        rule = rule[:-1]
    if "^" in rule:
        raise _Unsupported("a pattern")
    return (_address(rule, allow=allow),)


_DNSMASQ: Final = regex.compile(r"(address|server|local)=/(.+)/([^/]*)")


def _dnsmasq(line: str) -> _Entries:
    if line[0] in "#!":
        return ()
    match = _DNSMASQ.fullmatch(line.partition(" #")[0].strip())
    if match is None:
        raise _Unsupported("a directive")
    what, names, answer = match.groups()
    if answer == "#" and what == "server":
        return tuple(_host(name.removeprefix("*.").removeprefix("."), allow=True) for name in names.split("/"))
    stops = answer in ("", "#") or (is_ip(answer) and _is_nowhere(answer))
    if not stops:
        raise _Unsupported("a redirection")
    return tuple(_host(name.removeprefix("*.").removeprefix(".")) for name in names.split("/"))


def _is_nowhere(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return found.is_loopback or found.is_unspecified


_ZONE: Final = regex.compile(r'local-zone:\s*"?([^"\s]+)"?\s+"?(\w+)"?')
_DATA: Final = regex.compile(r"""local-data:\s*["']?(\S+?)\.?\s+(?:\d+\s+)?(?:IN\s+)?(A|AAAA)\s+([^\s"']+)""")
_OPENING_ZONES: Final = frozenset({"transparent", "always_transparent"})
_CLOSING_ZONES: Final = frozenset(
    "deny refuse static redirect inform_deny inform_redirect always_refuse always_nxdomain always_nodata always_deny "
    "always_null".split()
)


def _unbound(line: str) -> _Entries:
    if line[0] == "#" or line.rstrip(":") in ("server", "local-zone"):
        return ()
    if (zone := _ZONE.match(line)) is not None:
        name, what = zone.groups()
        if what in _OPENING_ZONES | _CLOSING_ZONES:
            return (_host(name, allow=what in _OPENING_ZONES),)
    if (data := _DATA.match(line)) is not None and is_ip(data.group(3)) and _is_nowhere(data.group(3)):
        return (_host(data.group(1), kind=Kind.EXACT),)
    raise _Unsupported("a directive")


_RECORD: Final = regex.compile(r"(\S+)\s+(?:\d+\s+)?(?:IN\s+)?(CNAME|A|AAAA|TXT|SOA|NS)\s+(\S+).*", regex.IGNORECASE)
_CLOSING_TARGETS: Final = frozenset({".", "*.", "rpz-drop.", "rpz-drop"})


def _rpz(line: str) -> _Entries:
    if line[0] in ";$@)" or line.partition(";")[0].strip().strip("()").replace(" ", "").isdigit():
        return ()
    match = _RECORD.fullmatch(line.partition(";")[0].strip())
    if match is None:
        raise _Unsupported("a directive")
    name, what, target = match.groups()
    what, name = what.upper(), name.rstrip(".").lower()
    if what in ("SOA", "NS", "TXT"):
        return ()
    allow = target.lower().rstrip(".") == "rpz-passthru"
    stops = target in _CLOSING_TARGETS or (what != "CNAME" and is_ip(target) and _is_nowhere(target))
    if not allow and not stops:
        raise _Unsupported("a redirection")
    if ".rpz-ip" in name:
        return (Entry(Kind.NETWORK, _rpz_network(name.partition(".rpz-ip")[0]), allow),)
    if ".rpz-" in name:
        raise _Unsupported("another trigger")
    wild = name.startswith("*.")
    return (_host(name.removeprefix("*."), kind=Kind.HOST if wild else Kind.EXACT, allow=allow),)


def _rpz_network(name: str) -> str:
    """``24.0.2.0.192`` stands for 192.0.2.0/24; in IPv6, ``zz`` stands for the longest run of zeros."""
    length, *labels = name.split(".")
    labels.reverse()
    text = ".".join(labels) if len(labels) == 4 and "zz" not in labels else _colons(labels)
    try:
        return str(ipaddress.ip_network(f"{text}/{length}", strict=False))
    except ValueError:
        raise _Unsupported("no network") from None


def _colons(labels: list[str]) -> str:
    text = ":".join("" if label == "zz" else label for label in labels)
    text = f":{text}" if text.startswith(":") else text
    return f"{text}:" if text.endswith(":") else text


_COLUMNS: Final = ("url", "domain", "host", "hostname", "domain_name", "fqdn", "address", "site")


def _csv_parser(first: list[bytes]) -> Callable[[str], _Entries]:
    """A parser for the column of addresses, which the first line names.

    Raises:
        ListError: it names none.
    """
    lines = [line.decode("utf-8", "replace").strip().removeprefix("\ufeff") for line in first]
    head = next((line for line in lines if line and line[0] != "#"), "")
    separator = max(",;\t", key=head.count)
    names = [name.strip().strip('"').lower() for name in head.split(separator)]
    column = next((names.index(name) for name in _COLUMNS if name in names), None)
    if column is None:
        raise ListError(f"the table has no column named {', '.join(_COLUMNS)}")

    def parse(line: str) -> _Entries:
        if line == head or line[0] == "#":
            return ()
        try:
            fields = next(csv.reader([line], delimiter=separator))
        except csv.Error:
            raise _Unsupported("a damaged row") from None
        if column >= len(fields) or not fields[column].strip():
            raise _Unsupported("a row without address")
        return (_address(fields[column].strip()),)

    return parse


def _v2fly(line: str) -> _Entries:
    if not _PREFIXED.match(line):
        return _domains(line)
    rule = line.partition("#")[0].split("@", 1)[0].split()[0]
    if rule.startswith("~") or rule.partition(":")[0] in ("keyword", "regexp", "include"):
        raise _Unsupported("a regular expression" if "regexp:" in rule else "a pattern")
    name, _, value = rule.rpartition(":")
    return (_host(value, kind=Kind.EXACT if name == "full" else Kind.HOST),)


_PARSERS: Final[dict[Format, Callable[[str], _Entries]]] = {
    Format.HOSTS: _hosts,
    Format.DOMAINS: _domains,
    Format.ADBLOCK: _adblock,
    Format.DNSMASQ: _dnsmasq,
    Format.UNBOUND: _unbound,
    Format.RPZ: _rpz,
    Format.V2FLY: _v2fly,
}
