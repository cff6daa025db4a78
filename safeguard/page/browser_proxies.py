"""Recognise a proxy that runs inside a page by what its scripts hold and do (``rules/browser_proxies.toml``)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import regex
from ahocorasick_rs import AhoCorasick

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir

_ENOUGH: Final = 3  # different signs
_LOOKED_AT: Final = 1_000_000  # characters


@dataclass(frozen=True, slots=True)
class _Signatures:
    names: AhoCorasick
    signs: tuple[regex.Pattern[str], ...]


@cache
def _signatures() -> _Signatures:
    path = rules_dir() / "browser_proxies.toml"
    table = load_toml(path)
    try:
        names = AhoCorasick([name.lower() for name in table["names"]])
        return _Signatures(names, tuple(regex.compile(sign, regex.IGNORECASE) for sign in table["signs"].values()))
    except (KeyError, TypeError, AttributeError, regex.error) as error:
        raise DataError(f"{path}: {error}") from error


def is_browser_proxy(source: str) -> bool:
    """Whether a document's source, or a script, is that of a proxy inside a page.

    A name alone may be a lesson's or a manual's, so there must be two, or a name and something that such a page does;
    or else several of those things together.
    """
    source = source[:_LOOKED_AT]
    if not _might(source):
        return False
    signatures = _signatures()
    named = len({match[0] for match in signatures.names.find_matches_as_indexes(source.lower())})
    if named > 1:
        return True
    return sum(sign.search(source) is not None for sign in signatures.signs) >= (1 if named else _ENOUGH)


def _might(source: str) -> bool:
    """A look that costs next to nothing: there are scripts, and one of the words without which no such proxy works."""
    return any(word in source for word in ("serviceWorker", "fetch", "__uv", "Bare", "bare", "cramjet", "ammerhead"))
