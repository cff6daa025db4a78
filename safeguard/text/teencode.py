"""Writing teen-code out: ``đc`` is ``được``, ``ngta`` is ``người ta``. The forms are data: ``rules/teencode.toml``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.text.alphabet import EDGE, IS_ACCENTED, IS_WORD, SPACE, SYMBOL_OF
from safeguard.text.words import WordTable, count_within, runs

if TYPE_CHECKING:
    from safeguard.text.alphabet import Positions, Symbols


@cache
def _forms() -> tuple[WordTable, tuple[Symbols, ...]]:
    """The forms, and what each means as symbols."""
    meanings: dict[str, Symbols] = {}
    path = rules_dir() / "teencode.toml"
    for meaning, forms in load_toml(path)["forms"].items():
        symbols = np.array([SPACE if letter == " " else SYMBOL_OF[letter] for letter in meaning], dtype=np.uint8)
        for form in forms:
            if len(form) < 2:
                raise DataError(f"{path}: {form!r} is a single letter")
            if form in meanings:
                raise DataError(f"{path}: {form!r} stands twice")
            meanings[form] = symbols
    try:
        return WordTable(meanings), tuple(meanings.values())
    except ValueError as error:
        raise DataError(f"{path}: {error}") from error


def write_out(symbols: Symbols, origin: Positions, until: Positions) -> tuple[Symbols, Positions, Positions]:
    """Replace teen-code by what it means, in texts that are Vietnamese: some accent, or two such words or more."""
    firsts, lasts = runs(IS_WORD.take(symbols))
    forms, meanings = _forms()
    found, form = forms.find(symbols, firsts, lasts - firsts)
    if not found.size:
        return symbols, origin, until
    edges = np.flatnonzero(symbols == EDGE)
    texts = np.searchsorted(edges, firsts[found]) - 1
    several = np.bincount(texts, minlength=len(edges))[texts] > 1
    accented = (count_within(IS_ACCENTED.take(symbols), edges[:-1], edges[1:]) > 0)[texts]
    found, form = found[several | accented], form[several | accented]
    sources = np.arange(len(symbols))
    pieces: list[Symbols] = []
    came_from: list[Positions] = []
    came_until: list[Positions] = []
    done = 0
    for first, last, number in zip(firsts[found].tolist(), lasts[found].tolist(), form.tolist(), strict=True):
        meaning = meanings[number]
        pieces += (symbols[done:first], meaning)
        came_from += (sources[done:first], np.full(len(meaning), first))
        came_until += (sources[done:first], np.full(len(meaning), last - 1))
        done = last
    pieces.append(symbols[done:])
    begins = np.concatenate([*came_from, sources[done:]])
    ends = np.concatenate([*came_until, sources[done:]])
    return np.concatenate(pieces), origin[begins], until[ends]
