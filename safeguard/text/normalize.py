"""Fold texts into the alphabet in which they are judged, undoing the usual disguises, and keep the way back.

The result has two views of the same length: as written, and without accents (Vietnamese is often typed without
them). Every symbol knows its code point in the text that the caller gave, so that a finding can point there.

Several texts are folded as one array, because the cost of a numpy call is the same for a comment and for a page.
Everything is linear in the length of the text.
"""

from __future__ import annotations

import html
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import regex

from safeguard.text import alphabet, disguises, teencode
from safeguard.text.alphabet import BREAK, EDGE, EDGE_CHARACTER, EXPAND, IS_WORD, SPACE
from safeguard.text.words import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from safeguard.text.alphabet import CodePoints, Positions, Symbols


# More combining marks than this on one letter are decoration ("zalgo"); Vietnamese needs two.
_MAX_MARKS = 8
_CLUSTER = regex.compile(r"\P{M}\p{M}+")

# What is left of HTML in texts that were cut out of pages. Only names that HTML has are tags, so that "a < b" and
# code stay what they are.
_ENTITY = regex.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,12}\d?);")
_INLINE = "a|abbr|b|bdi|bdo|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|tt|u|wbr"
_BLOCK = "blockquote|br|center|dd|div|dl|dt|h[1-6]|hr|img|li|ol|p|pre|table|tbody|td|th|thead|tr|ul"
_TAG = regex.compile(rf"</?(?:{_INLINE}|{_BLOCK})(?:\s[^<>{EDGE_CHARACTER}]{{0,500}}|/)?>", regex.IGNORECASE)
_INLINE_TAG = regex.compile(rf"</?(?:{_INLINE})\b", regex.IGNORECASE)

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


@dataclass(frozen=True, slots=True)
class Folded:
    """Texts in the alphabet of :mod:`safeguard.text.alphabet`, one after the other.

    Attributes:
        accented: symbols, one byte each. A ``BREAK`` stands before the first text, between any two and after the
            last; no other two separators stand side by side.
        plain: the same without accents.
        origin: for each symbol, the index in the joined texts where what it stands for begins.
        until: and the index after its end.
        edges: the positions of the ``BREAK`` before each text, and of the last: text ``i`` is
            ``accented[edges[i] + 1 : edges[i + 1]]``.
        begins: where each word begins, and ``ends`` where it ends (exclusive).
    """

    accented: Symbols
    plain: Symbols
    origin: Positions
    until: Positions
    edges: Positions
    begins: Positions
    ends: Positions

    def words_of_texts(self) -> Positions:
        """The words of text ``i`` are those from number ``[i]`` up to but not ``[i + 1]``."""
        return np.searchsorted(self.begins, self.edges)

    def span(self, text: int, first: int, last: int) -> tuple[int, int]:
        """Where the symbols ``first`` up to but not ``last`` come from: ``start, end`` in text number ``text``."""
        start = int(self.origin[self.edges[text]]) + 1
        return int(self.origin[first]) - start, int(self.until[last - 1]) - start

    def show(self, *, plain: bool = False) -> str:
        """A view as readable text of the same length."""
        return disguises.show(self.plain if plain else self.accented)


def fold(texts: Sequence[str]) -> Folded:
    """Fold texts; the result for each is the same whether it is folded alone or with others."""
    joined = EDGE_CHARACTER.join(["", *(text.replace(EDGE_CHARACTER, " ") for text in texts), ""])
    places = np.arange(len(joined) + 1, dtype=np.int64)
    origin, until = places[:-1], places[1:]
    for found, pattern, replace in (
        ("<" in joined, _TAG, _drop_tag),
        ("&" in joined, _ENTITY, _read_entity),
        (not unicodedata.is_normalized("NFC", joined), _CLUSTER, _compose),
    ):
        if found:
            joined, origin, until = _rewrite(joined, origin, until, pattern, replace)
    symbols, code_points = _symbols(joined)
    if (symbols == EXPAND).any():
        joined, origin, until = _rewrite(joined, origin, until, _expanding_characters(), _expand)
        symbols, code_points = _symbols(joined)
    symbols = disguises.undo_lookalikes(symbols, *alphabet.lookalikes(symbols, code_points))
    view = _drop(symbols, origin, until, np.flatnonzero(symbols == alphabet.DELETE))
    symbols, dropped = disguises.undo_vni(view[0])
    view = _drop(symbols, *view[1:], dropped)
    symbols = disguises.undo_obscured(disguises.undo_leet(view[0]))
    view = _drop(symbols, *view[1:], disguises.spaced_letters(symbols))
    view = _drop(*view, disguises.repeats(view[0]))
    symbols, dropped = disguises.undo_telex(view[0])
    symbols, origin, until = teencode.write_out(*_drop(symbols, *view[1:], dropped))
    symbols, kept, edges = _join_separators(symbols)
    symbols = _move_tones(symbols)
    return Folded(symbols, alphabet.STRIP.take(symbols), origin[kept], until[kept], edges, *runs(IS_WORD.take(symbols)))


def _drop(
    symbols: Symbols, origin: Positions, until: Positions, dropped: Positions
) -> tuple[Symbols, Positions, Positions]:
    """Leave symbols out; what is dropped after a symbol belongs to its source."""
    if not dropped.size:
        return symbols, origin, until
    kept = np.ones(len(symbols), dtype=np.bool_)
    kept[dropped] = False
    places = np.flatnonzero(kept)
    ends = np.append(places[1:], len(symbols)) - 1
    return symbols[places], origin[places], until[ends]


def _symbols(text: str) -> tuple[Symbols, CodePoints]:
    code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return alphabet.symbols_of(code_points), code_points


def _rewrite(
    text: str, origin: Positions, until: Positions, pattern: regex.Pattern[str], replace: Callable[[str], str]
) -> tuple[str, Positions, Positions]:
    """Replace every match; each character of a replacement comes from all that it replaces."""
    pieces: list[str] = []
    origins: list[Positions] = []
    untils: list[Positions] = []
    done = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        new = replace(match.group())
        pieces += (text[done:start], new)
        origins += (origin[done:start], np.full(len(new), origin[start]))
        untils += (until[done:start], np.full(len(new), until[end - 1]))
        done = end
    pieces.append(text[done:])
    return (
        "".join(pieces),
        np.concatenate([*origins, origin[done:]]),
        np.concatenate([*untils, until[done:]]),
    )


def _read_entity(entity: str) -> str:
    """The character that an HTML entity left in a text stands for; what is none stays as it is."""
    return html.unescape(entity).replace(EDGE_CHARACTER, " ") or " "


def _drop_tag(tag: str) -> str:
    """An HTML tag left in a text: nothing within a line, else the end of a line."""
    return "" if _INLINE_TAG.match(tag) else "\n"


def _compose(cluster: str) -> str:
    return unicodedata.normalize("NFC", cluster[: 1 + _MAX_MARKS])


def _expand(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


@cache
def _expanding_characters() -> regex.Pattern[str]:
    fold_table, _ = alphabet.tables()
    characters = "".join(map(chr, np.flatnonzero(fold_table == EXPAND)))
    return regex.compile(f"[{regex.escape(characters)}]")


def _join_separators(symbols: Symbols) -> tuple[Symbols, Positions, Positions]:
    """Read each run of separators as one: a ``BREAK`` where a sentence or paragraph ends, else a ``SPACE``.

    Returns:
        The symbols that stay, their places among the given ones, and the places of the edges among those that stay.
    """
    word = IS_WORD.take(symbols)
    firsts, _ = runs(~word)
    edges = np.flatnonzero(symbols == EDGE)
    # Only a run of several can be more than a space: a sign that ends a sentence counts before another separator.
    breaks = np.zeros(len(firsts), dtype=np.bool_)
    stops = np.flatnonzero((symbols[:-1] == alphabet.STOP) | (symbols[:-1] == alphabet.BANG))
    breaks[_run_of(firsts, stops[~word[stops + 1]])] = True
    newlines = np.flatnonzero(symbols == alphabet.NEWLINE)
    breaks[np.bincount(_run_of(firsts, newlines), minlength=len(firsts)) > 1] = True
    symbols = symbols.copy()
    symbols[firsts] = np.where(breaks, BREAK, SPACE)
    word[firsts] = True
    word[firsts[_run_of(firsts, edges)]] = False
    word[edges] = True
    symbols[edges] = EDGE
    kept = np.flatnonzero(word)
    symbols = symbols[kept]
    edges = np.flatnonzero(symbols == EDGE)
    symbols[edges] = BREAK
    return symbols, kept, edges


def _run_of(firsts: Positions, places: Positions) -> Positions:
    """The number of the run that each place is in."""
    return np.searchsorted(firsts, places, side="right") - 1


def _move_tones(symbols: Symbols) -> Symbols:
    """Write the tone of a final ``oa``, ``oe``, ``uy`` on its first vowel, as in ``hòa``."""
    second = np.flatnonzero(_TONED_SECOND.take(symbols))
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
