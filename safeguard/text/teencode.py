"""Writing teen-code out: ``đc`` is ``được``, ``ngta`` is ``người ta``. The forms are data: ``rules/teencode.toml``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.text.alphabet import EDGE, IS_ACCENTED, IS_WORD, SPACE, SYMBOL_OF
from safeguard.text.disguises import count_within, runs

if TYPE_CHECKING:
    from safeguard.text.alphabet import Positions, Symbols

_LONGEST: Final = 8  # symbols of a form: as many as a key of 64 bits holds


@cache
def _forms() -> tuple[npt.NDArray[np.uint64], tuple[Symbols, ...]]:
    """The forms as keys in increasing order, and what each means as symbols."""
    meanings: dict[int, Symbols] = {}
    path = rules_dir() / "teencode.toml"
    for meaning, forms in load_toml(path)["forms"].items():
        symbols = np.array([SPACE if letter == " " else SYMBOL_OF[letter] for letter in meaning], dtype=np.uint8)
        for form in forms:
            if not 2 <= len(form) <= _LONGEST or not all(letter in SYMBOL_OF for letter in form):
                raise DataError(f"{path}: {form!r} is not a word of two to {_LONGEST} letters")
            key = int.from_bytes(bytes(SYMBOL_OF[letter] for letter in form), "little")
            if key in meanings:
                raise DataError(f"{path}: {form!r} stands twice")
            meanings[key] = symbols
    keys = np.array(sorted(meanings), dtype=np.uint64)
    return keys, tuple(meanings[int(key)] for key in keys)


def write_out(symbols: Symbols, origin: Positions, until: Positions) -> tuple[Symbols, Positions, Positions]:
    """Replace teen-code by what it means, in texts that are Vietnamese: some accent, or two such words or more."""
    firsts, lasts = runs(IS_WORD[symbols])
    sizes = lasts - firsts
    short = sizes <= _LONGEST
    firsts, lasts, sizes = firsts[short], lasts[short], sizes[short]
    padded = np.concatenate([symbols, np.zeros(_LONGEST, dtype=np.uint8)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, _LONGEST)[firsts]
    keys = np.where(np.arange(_LONGEST) < sizes[:, None], windows, 0).astype(np.uint8).view("<u8").ravel()
    forms, meanings = _forms()
    index = np.minimum(np.searchsorted(forms, keys), len(forms) - 1)
    found = np.flatnonzero(forms[index] == keys)
    if not found.size:
        return symbols, origin, until
    edges = np.flatnonzero(symbols == EDGE)
    texts = np.searchsorted(edges, firsts[found]) - 1
    several = np.bincount(texts, minlength=len(edges))[texts] > 1
    accented = (count_within(IS_ACCENTED[symbols], edges[:-1], edges[1:]) > 0)[texts]
    found = found[several | accented]
    sources = np.arange(len(symbols))
    pieces: list[Symbols] = []
    came_from: list[Positions] = []
    came_until: list[Positions] = []
    done = 0
    for number in found.tolist():
        first, last = int(firsts[number]), int(lasts[number])
        meaning = meanings[index[number]]
        pieces += (symbols[done:first], meaning)
        came_from += (sources[done:first], np.full(len(meaning), first))
        came_until += (sources[done:first], np.full(len(meaning), last - 1))
        done = last
    pieces.append(symbols[done:])
    begins = np.concatenate([*came_from, sources[done:]])
    ends = np.concatenate([*came_until, sources[done:]])
    return np.concatenate(pieces), origin[begins], until[ends]
