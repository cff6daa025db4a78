"""Fold texts into the alphabet in which they are judged, undoing the usual disguises, and keep the way back.

The result has two views of the same length: as written, and without accents (Vietnamese is often typed without
them). Every symbol knows its code point in the text that the caller gave, so that a finding can point there.

Several texts are folded as one array, because the cost of a numpy call is the same for a comment and for a page.
Everything is linear in the length of the text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import regex

from safeguard.text import alphabet
from safeguard.text.alphabet import BREAK, EDGE, EDGE_CHARACTER, EXPAND, IS_LETTER, IS_WORD, OTHER, SPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from safeguard.text.alphabet import Symbols

Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Digits and signs that stand for letters when letters enclose them ("c4s1no"), at most this many in a row, so that
# sizes, codes and prices stay what they are.
_MAX_LEET_RUN = 2
_LEET = np.zeros(256, dtype=np.uint8)
for _sign, _letter in zip("0134578", "oieastb", strict=True):
    _LEET[alphabet.SYMBOL_OF[_sign]] = alphabet.SYMBOL_OF[_letter]
for _code, _letter in ((alphabet.AT, "a"), (alphabet.DOLLAR, "s"), (alphabet.BANG, "i"), (alphabet.BAR, "l")):
    _LEET[_code] = alphabet.SYMBOL_OF[_letter]

# Letters parted by one sign each are a disguise from this many letters on ("c.a.s.i.n.o"): with spaces one more,
# since "a b c" also stands in lists.
_MIN_DOTTED = 3
_MIN_SPACED = 4

# More combining marks than this on one letter are decoration ("zalgo"); Vietnamese needs two.
_MAX_MARKS = 8
_CLUSTER = regex.compile(r"\P{M}\p{M}+")

# The tone of a final "oa", "oe", "uy" is written on either vowel ("hoà", "hòa"): symbols of the toned second vowel,
# and what the pair becomes when the first carries the tone.
_TONED_SECOND = np.zeros(256, dtype=np.bool_)
_UNTONED = np.arange(256, dtype=np.uint8)
_TONED_O = np.zeros(256, dtype=np.uint8)
_TONED_U = np.zeros(256, dtype=np.uint8)
for _vowel in "aey":
    for _tone in ("\u0300", "\u0301", "\u0303", "\u0309", "\u0323"):
        _symbol = alphabet.SYMBOL_OF[unicodedata.normalize("NFC", _vowel + _tone)]
        _TONED_SECOND[_symbol] = True
        _UNTONED[_symbol] = alphabet.SYMBOL_OF[_vowel]
        _TONED_O[_symbol] = alphabet.SYMBOL_OF[unicodedata.normalize("NFC", "o" + _tone)]
        _TONED_U[_symbol] = alphabet.SYMBOL_OF[unicodedata.normalize("NFC", "u" + _tone)]
_A, _E, _O, _Q, _U, _Y = (alphabet.SYMBOL_OF[letter] for letter in "aeoquy")

_SHOW = dict(enumerate(alphabet.SHOWN))


@dataclass(frozen=True, slots=True)
class Folded:
    """Texts in the alphabet of :mod:`safeguard.text.alphabet`, one after the other.

    Attributes:
        accented: symbols, one byte each. A ``BREAK`` stands before the first text, between any two and after the
            last; no other two separators stand side by side.
        plain: the same without accents.
        origin: for each symbol, the index of its code point in the joined texts.
        edges: the positions of the ``BREAK`` before each text, and of the last: text ``i`` is
            ``accented[edges[i] + 1 : edges[i + 1]]``.
    """

    accented: Symbols
    plain: Symbols
    origin: Positions
    edges: Positions

    def span(self, text: int, first: int, last: int) -> tuple[int, int]:
        """Where the symbols ``first`` up to but not ``last`` come from: ``start, end`` in text number ``text``."""
        start = int(self.origin[self.edges[text]]) + 1
        return int(self.origin[first]) - start, int(self.origin[last - 1]) + 1 - start

    def show(self, *, plain: bool = False) -> str:
        """A view as readable text of the same length."""
        symbols = self.plain if plain else self.accented
        return symbols.tobytes().decode("latin-1").translate(_SHOW)


def fold(texts: Sequence[str]) -> Folded:
    """Fold texts; the result for each is the same whether it is folded alone or with others."""
    joined = EDGE_CHARACTER.join(["", *(text.replace(EDGE_CHARACTER, " ") for text in texts), ""])
    origin = np.arange(len(joined), dtype=np.int64)
    if not unicodedata.is_normalized("NFC", joined):
        joined, origin = _rewrite(joined, origin, _CLUSTER, _compose)
    symbols, alike = _symbols(joined)
    if (symbols == EXPAND).any():
        joined, origin = _rewrite(joined, origin, _expanding_characters(), _expand)
        symbols, alike = _symbols(joined)
    symbols = _undo_lookalikes(symbols, alike)
    seen = np.flatnonzero(symbols)  # DELETE is 0
    symbols, origin = symbols[seen], origin[seen]
    symbols = _undo_leet(symbols)
    kept = _undo_spacing(symbols) & _undo_repeats(symbols)
    if not kept.all():
        symbols, origin = symbols[kept], origin[kept]
    symbols, origin, edges = _join_separators(symbols, origin)
    symbols = _move_tones(symbols)
    return Folded(symbols, alphabet.STRIP[symbols], origin, edges)


def _symbols(text: str) -> tuple[Symbols, Symbols]:
    return alphabet.symbols_of(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32))


def _rewrite(
    text: str, origin: Positions, pattern: regex.Pattern[str], replace: Callable[[str], str]
) -> tuple[str, Positions]:
    """Replace every match, keeping track of where each character came from: a replacement, from the match's start."""
    pieces: list[str] = []
    origins: list[Positions] = []
    done = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        new = replace(match.group())
        pieces += (text[done:start], new)
        origins += (origin[done:start], np.full(len(new), origin[start]))
        done = end
    pieces.append(text[done:])
    origins.append(origin[done:])
    return "".join(pieces), np.concatenate(origins)


def _compose(cluster: str) -> str:
    return unicodedata.normalize("NFC", cluster[: 1 + _MAX_MARKS])


def _expand(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


@cache
def _expanding_characters() -> regex.Pattern[str]:
    fold_table, _ = alphabet.tables()
    characters = "".join(map(chr, np.flatnonzero(fold_table == EXPAND)))
    return regex.compile(f"[{regex.escape(characters)}]")


def _undo_lookalikes(symbols: Symbols, alike: Symbols) -> Symbols:
    """Read Cyrillic ``о`` as ``o`` where the text is Latin otherwise; a Russian text stays one of other letters."""
    disguised = alike != 0
    if not disguised.any():
        return symbols
    run = np.cumsum(symbols == EDGE)
    latin = np.bincount(run, weights=IS_LETTER[symbols])
    foreign = np.bincount(run, weights=symbols == OTHER)
    return np.where(disguised & (latin > foreign)[run], alike, symbols)


def _undo_leet(symbols: Symbols) -> Symbols:
    """Read a sign as the letter it stands for where letters enclose it."""
    leet = _LEET[symbols] != 0
    if not leet.any():
        return symbols
    firsts, lasts = _runs(leet)
    enclosed = IS_LETTER[symbols[firsts - 1]] & IS_LETTER[symbols[lasts]] & (lasts - firsts <= _MAX_LEET_RUN)
    inside = np.zeros(len(symbols) + 1, dtype=np.int8)
    inside[firsts[enclosed]] += 1
    inside[lasts[enclosed]] -= 1
    return np.where(np.cumsum(inside[:-1]) > 0, _LEET[symbols], symbols)


def _undo_spacing(symbols: Symbols) -> Mask:
    """Which symbols stay when letters that stand alone are joined to the word they spell: ``c.a.s.i.n.o``."""
    kept = np.ones(len(symbols), dtype=np.bool_)
    word = IS_WORD[symbols]
    alone = np.zeros(len(symbols), dtype=np.bool_)
    alone[1:-1] = IS_LETTER[symbols[1:-1]] & ~word[:-2] & ~word[2:]
    between = np.zeros(len(symbols), dtype=np.bool_)
    between[1:-1] = alone[:-2] & alone[2:] & (symbols[1:-1] != EDGE)
    if np.count_nonzero(between) < _MIN_DOTTED - 1:
        return kept
    for parity in (0, 1):
        firsts, lasts = _runs(between[parity::2])
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
            separators = slice(parity + 2 * first, parity + 2 * last - 1, 2)
            spaced = bool((symbols[separators] == SPACE).any())
            if last - first + 1 >= (_MIN_SPACED if spaced else _MIN_DOTTED):
                kept[separators] = False
    return kept


def _undo_repeats(symbols: Symbols) -> Mask:
    """Which symbols stay when a letter written three times or more is read once: ``đẹpppp``."""
    kept = np.ones(len(symbols), dtype=np.bool_)
    if len(symbols) < 3:
        return kept
    same = np.zeros(len(symbols) + 1, dtype=np.bool_)
    same[1:-1] = (symbols[1:] == symbols[:-1]) & IS_LETTER[symbols[1:]]
    kept[1:] = ~(same[1:-1] & (same[:-2] | same[2:]))
    return kept


def _join_separators(symbols: Symbols, origin: Positions) -> tuple[Symbols, Positions, Positions]:
    """Read each run of separators as one: a ``BREAK`` where a sentence or paragraph ends, else a ``SPACE``."""
    word = IS_WORD[symbols]
    edge = symbols == EDGE
    firsts, lasts = _runs(~word)
    ends_sentence = np.zeros(len(symbols), dtype=np.bool_)
    ends_sentence[:-1] = ((symbols[:-1] == alphabet.STOP) | (symbols[:-1] == alphabet.BANG)) & ~word[1:]
    has_edge = _count(edge, firsts, lasts) > 0
    breaks = (_count(ends_sentence, firsts, lasts) > 0) | (_count(symbols == alphabet.NEWLINE, firsts, lasts) > 1)
    symbols = symbols.copy()
    symbols[firsts] = np.where(breaks, BREAK, SPACE)
    kept = word | edge
    kept[firsts[~has_edge]] = True
    symbols[edge] = EDGE
    symbols, origin = symbols[kept], origin[kept]
    edges = np.flatnonzero(symbols == EDGE)
    symbols[edges] = BREAK
    return symbols, origin, edges


def _move_tones(symbols: Symbols) -> Symbols:
    """Write the tone of a final ``oa``, ``oe``, ``uy`` on its first vowel, as in ``hòa``."""
    second = np.flatnonzero(_TONED_SECOND[symbols])
    if not second.size:
        return symbols
    vowel = _UNTONED[symbols[second]]
    before = symbols[second - 1]
    final = ~IS_WORD[symbols[second + 1]]
    after_o = final & (before == _O) & (vowel != _Y)
    after_u = final & (before == _U) & (vowel == _Y) & (symbols[second - 2] != _Q)
    symbols = symbols.copy()
    for chosen, toned in ((second[after_o], _TONED_O), (second[after_u], _TONED_U)):
        symbols[chosen - 1] = toned[symbols[chosen]]
        symbols[chosen] = _UNTONED[symbols[chosen]]
    return symbols


def _runs(mask: Mask) -> tuple[Positions, Positions]:
    """Where runs of true begin, and where each ends (exclusive)."""
    padded = np.zeros(len(mask) + 2, dtype=np.int8)
    padded[1:-1] = mask
    steps = np.diff(padded)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def _count(mask: Mask, firsts: Positions, lasts: Positions) -> Positions:
    """How many are true within each run."""
    total = np.zeros(len(mask) + 1, dtype=np.int64)
    np.cumsum(mask, out=total[1:])
    return total[lasts] - total[firsts]
