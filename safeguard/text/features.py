"""Hashed n-grams of folded text: what the linear model sees.

Four letters in a row carry over to spellings that were never seen, words and pairs of words keep what a phrase means;
other lengths and longer phrases added nothing on texts by other hands (docs/decisions/0007). Letters are loaded from
memory as the number that their bytes are, and spread by multiplying (Dietzfelbinger et al. 1997): a few operations on
arrays instead of a dictionary look-up for every n-gram.

Digits are read as one and the same, so that "79" in one brand's name is "88" in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from safeguard.text.alphabet import IS_DIGIT, SYMBOL_OF
from safeguard.text.words import LONGEST, loads, word_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from safeguard.text.alphabet import Positions, Symbols
    from safeguard.text.normalize import Folded
    from safeguard.text.words import Keys

Buckets = npt.NDArray[np.intp]

BITS: Final = 18  # buckets: 2**18
CHARACTERS: Final = 4  # length of the character n-grams: what a number of 32 bits holds
WORDS: Final = (1, 2)  # lengths of the word n-grams
POWER: Final = 0.6  # 0.5 would keep the length of a random sum; more, and what is said in passing weighs less
SCHEME: Final = 2  # changes when the same n-gram gets another bucket

_ONE_DIGIT: Final = np.where(IS_DIGIT, SYMBOL_OF["0"], np.arange(256)).astype(np.uint8)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio (Knuth, TAOCP 6.4)
_NEXT: Final = np.uint64(0xD1342543DE82EF95)  # a multiplier of good spectrum (Steele and Vigna 2021)
_KINDS: Final = np.arange(8, dtype=np.uint64) * np.uint64(0xA24BAED4963EE407)  # keep n-grams of two sorts apart
_MAX_WORD: Final = 64  # symbols of a word that count


def worth_of_each(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """What each n-gram of a text counts, by how many different ones it has: less in a long text."""
    worth: npt.NDArray[np.float64] = np.maximum(counts, 1) ** -POWER
    return worth


def _bucket(keys: Keys, kind: int) -> Buckets:
    """Spread keys over the buckets."""
    buckets: Buckets = (((keys ^ _KINDS[kind]) * _MIX) >> np.uint64(64 - BITS)).astype(np.intp)
    return buckets


def ngrams(folded: Folded, edges: Positions) -> tuple[Buckets, Positions]:
    """The different n-grams of each text, as buckets.

    What a text repeats counts once: saying a thing a hundred times makes it neither more nor less harmful.

    Args:
        edges: increasing positions of separators in the accented view; text ``i`` lies between ``edges[i]`` and
            ``edges[i + 1]``.

    Returns:
        The buckets, those of text ``i`` at ``bounds[i]`` up to but not ``bounds[i + 1]``, and ``bounds``. An n-gram
        belongs to the text in which it begins and may hold the separators at both its ends.
    """
    buckets, places, _ = spans(folded, edges)
    if len(edges) == 2:
        kept = buckets[_one_of_each(buckets, buckets, 1 << BITS)]
        return kept, np.array([0, len(kept)])
    texts = np.repeat(np.arange(len(edges) - 1), np.diff(edges)).take(places - edges[0])
    keys = (texts << BITS) | buckets
    bits = max(8, len(keys).bit_length() + 1)
    spread = ((keys.astype(np.uint64) * _NEXT) >> np.uint64(64 - bits)).astype(np.intp)
    kept = _one_of_each(keys, spread, 1 << bits)
    texts = texts[kept]
    kept = kept[np.argsort(texts.astype(np.uint16) if len(edges) <= 1 << 16 else texts, kind="stable")]
    bounds = np.zeros(len(edges), dtype=np.int64)
    np.cumsum(np.bincount(texts, minlength=len(edges) - 1), out=bounds[1:])
    return buckets[kept], bounds


def _one_of_each(keys: Buckets, slots: Buckets, size: int) -> Positions:
    """Where one of each of the different keys stands: a hash table that all keys enter at once.

    Args:
        slots: where in a table of ``size`` each key would stand; equal keys have equal slots.
    """
    table = np.empty(size, dtype=np.int32)
    left = np.arange(len(keys), dtype=np.int32)
    chosen = []
    while left.size:
        here = slots if len(left) == len(slots) else slots[left]
        table[here] = left
        holder = table.take(here)
        holds = holder == left
        chosen.append(left[holds])
        lost = np.flatnonzero(~holds)
        left, holder = left[lost], holder[lost]
        left = left[keys[holder] != keys[left]]  # another key holds the slot: again, now that it is gone
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int32)


def spans(folded: Folded, edges: Positions) -> tuple[Buckets, Positions, Positions]:
    """Every occurrence of an n-gram.

    Returns:
        For each its bucket, and the symbols from ``first`` up to but not ``last`` that it was computed from.
    """
    codes = _ONE_DIGIT.take(folded.accented)
    kinds = [_character_ngrams(codes, edges), *_word_ngrams(codes, folded, edges)]
    buckets, firsts, lasts = (np.concatenate(column) for column in zip(*kinds, strict=True))
    return buckets, firsts, lasts


def _character_ngrams(codes: Symbols, edges: Positions) -> tuple[Buckets, Positions, Positions]:
    places = np.arange(edges[0], max(edges[0], edges[-1] + 2 - CHARACTERS))
    if len(edges) > 2:
        ends = np.repeat(edges[1:], np.diff(edges))[: len(places)]  # the edge that ends the text of each place
        places = places[places + (CHARACTERS - 1) <= ends]
    keys = loads(codes, CHARACTERS).take(places).astype(np.uint64)
    return _bucket(keys, 0), places, places + CHARACTERS


def _word_ngrams(codes: Symbols, folded: Folded, edges: Positions) -> Iterator[tuple[Buckets, Positions, Positions]]:
    bounds = np.searchsorted(folded.begins, edges)
    its = slice(bounds[0], bounds[-1])
    begins, ends = folded.begins[its], folded.ends[its]
    keys = _long_keys(codes, begins, ends - begins)
    yield _bucket(keys, 1), begins, ends
    together = np.ones(max(0, len(begins) - 1), dtype=np.bool_)
    last_words = bounds[1:-1] - bounds[0] - 1
    together[last_words[(last_words >= 0) & (last_words < len(together))]] = False
    pairs = keys[:-1][together] * _NEXT + keys[1:][together]
    yield _bucket(pairs, 2), begins[:-1][together], ends[1:][together]


def _long_keys(codes: Symbols, begins: Positions, sizes: Positions) -> Keys:
    """A number for each word, made of its first ``_MAX_WORD`` symbols."""
    keys = word_keys(codes, begins, sizes)
    for done in range(LONGEST, _MAX_WORD, LONGEST):
        longer = np.flatnonzero(sizes > done)
        if not longer.size:
            break
        keys[longer] = keys[longer] * _NEXT + word_keys(codes, begins[longer] + done, sizes[longer] - done)
    return keys
