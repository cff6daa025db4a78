"""The addresses inside an address: translators, caches and viewers show what others serve (``rules/wrappers.toml``)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import regex

from safeguard.errors import AddressError, DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.url.address import parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEPTH: Final = 3  # a translation of an archived copy of a translation
_MAX_FIELDS: Final = 50
_PREFIXES: Final = regex.compile(r"^(?:cache:(?:[\w-]{12}:)?|view-source:|ssl:)+", regex.IGNORECASE)
_SCHEME: Final = regex.compile(r"^(https?):/*", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Wrapper:
    hosts: regex.Pattern[str]
    parameters: frozenset[str]
    under: regex.Pattern[str] | None
    path: regex.Pattern[str] | None
    encoded: bool


@cache
def _wrappers() -> tuple[_Wrapper, ...]:
    path = rules_dir() / "wrappers.toml"
    try:
        return tuple(
            _Wrapper(
                regex.compile(row["hosts"]),
                frozenset(row.get("parameters", ())),
                regex.compile(row["under"]) if "under" in row else None,
                regex.compile(row["path"], regex.DOTALL) if "path" in row else None,
                row.get("encoded", False),
            )
            for row in load_toml(path).values()
        )
    except (KeyError, TypeError, regex.error) as error:
        raise DataError(f"{path}: {error}") from error


def unwrap(url: str) -> tuple[str, ...]:
    """The addresses that an address leads through or to, the outermost first; none where it is only itself.

    >>> unwrap("https://web.archive.org/web/2020/http://example.com/a")
    ('http://example.com/a',)
    """
    found: list[str] = []
    layer = [url]
    for _ in range(_DEPTH):
        layer = [inner for outer in layer for inner in _inside(outer) if inner not in found]
        if not layer:
            break
        found += dict.fromkeys(layer)
    return tuple(found)


def _inside(url: str) -> Iterator[str]:
    try:
        host = parse_address(url).host
        parts = urlsplit(url if "://" in url[:12] else f"http://{url}")
        fields = parse_qsl(parts.query, max_num_fields=_MAX_FIELDS)
    except (AddressError, ValueError):
        return
    for wrapper in _wrappers():
        match = wrapper.hosts.fullmatch(host)
        if match is None or (wrapper.under is not None and not wrapper.under.match(parts.path)):
            continue
        if wrapper.encoded:
            name = match.group("inner").replace("--", "\0").replace("-", ".").replace("\0", "-")
            yield from _sound(f"http://{name}{parts.path}")
        for field, value in fields:
            if field in wrapper.parameters:
                yield from _sound(value)
        if wrapper.path is not None and (inner := wrapper.path.match(parts.path)) is not None:
            query = f"?{parts.query}" if parts.query else ""
            yield from _sound(unquote(inner.group(1)) + query)


def _sound(text: str) -> Iterator[str]:
    """An address, if the text is one: with a scheme, or with a dot in what would be the host."""
    text = _SCHEME.sub(r"\1://", _PREFIXES.sub("", text.strip()))
    if "://" not in text and "." not in text.partition("/")[0]:
        return
    try:
        parse_address(text)
    except AddressError:
        return
    yield text
