"""Hashed n-grams of folded text: what the linear model sees.

Four letters in a row carry over to spellings that were never seen, words and pairs of words keep what a phrase means;
other lengths and longer phrases added nothing on texts by other hands (docs/decisions/0007). All are computed for all
places at once as polynomial hashes over the symbol array (Karp and Rabin 1987): ``n`` multiply-adds on arrays instead
of a dictionary look-up for every n-gram.

Digits are read as one and the same, so that "79" in one brand's name is "88" in the next.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from safeguard.text.alphabet import IS_DIGIT, IS_WORD, SYMBOL_OF
from safeguard.text.disguises import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from safeguard.text.alphabet import Positions, Symbols

Buckets = npt.NDArray[np.intp]

BITS: Final = 18  # buckets: 2**18
CHARACTERS: Final = (4,)  # lengths of the character n-grams
WORDS: Final = (1, 2)  # lengths of the word n-grams

_ONE_DIGIT: Final = np.where(IS_DIGIT, SYMBOL_OF["0"], np.arange(256)).astype(np.uint32)
_BASE: Final = np.uint32(0x01000193)  # the FNV prime
_MIX: Final = np.uint32(0x9E3779B1)  # 2**32 divided by the golden ratio: spreads over the high bits (Knuth, TAOCP 6.4)
_WORD_SEED: Final = np.uint32(0x85EBCA6B)
_MAX_WORD: Final = 64  # symbols of a word that count
_POWERS: Final = np.cumprod(np.full(_MAX_WORD, _BASE, dtype=np.uint32), dtype=np.uint32)


def _bucket(hashes: npt.NDArray[np.uint32], kind: int) -> Buckets:
    """Spread hashes over the buckets; ``kind`` keeps the same value of another sort of n-gram apart."""
    mixed = (hashes ^ np.uint32(kind * 0x27D4EB2F & 0xFFFFFFFF)) * _MIX
    return (mixed >> np.uint32(32 - BITS)).astype(np.intp)


def ngrams(symbols: Symbols, edges: Positions) -> tuple[Buckets, Positions]:
    """The different n-grams of each text, as buckets.

    What a text repeats counts once: saying a thing a hundred times makes it neither more nor less harmful.

    Args:
        symbols: a view of folded text.
        edges: increasing positions of separators; text ``i`` lies between ``edges[i]`` and ``edges[i + 1]``.

    Returns:
        The buckets, those of text ``i`` at ``bounds[i]`` up to but not ``bounds[i + 1]``, and ``bounds``. An n-gram
        belongs to the text in which it begins and may hold the separators at both its ends.
    """
    codes = _ONE_DIGIT[symbols]
    kinds = [kind[:2] for kind in (*_character_ngrams(codes, edges), *_word_ngrams(codes, symbols, edges))]
    texts = len(edges) - 1
    if len(symbols) >= _LONG * texts:
        return _distinct_of_each(kinds, edges)
    keys = [
        (np.searchsorted(edges, places, side="right") - 1).astype(np.uint64) << np.uint64(BITS)
        | buckets.astype(np.uint64)
        for buckets, places in kinds
    ]
    unique = np.sort(np.concatenate([np.empty(0, np.uint64), *keys]))
    first = np.ones(len(unique), dtype=np.bool_)
    first[1:] = unique[1:] != unique[:-1]
    unique = unique[first]
    bounds = np.searchsorted(unique, np.arange(texts + 1, dtype=np.uint64) << np.uint64(BITS))
    return (unique & np.uint64((1 << BITS) - 1)).astype(np.intp), bounds


_LONG: Final = 400  # symbols: for texts of more, a scratch array finds what is distinct faster than sorting
_scratch = threading.local()


def _distinct_of_each(kinds: list[tuple[Buckets, Positions]], edges: Positions) -> tuple[Buckets, Positions]:
    """Keep of each bucket the n-gram that was written last into an array with a place for every bucket."""
    last: npt.NDArray[np.int32] | None = getattr(_scratch, "last", None)
    if last is None:
        last = _scratch.last = np.empty(1 << BITS, dtype=np.int32)
    cuts = [np.searchsorted(places, edges) for _, places in kinds]
    found = []
    for text in range(len(edges) - 1):
        parts = [buckets[cut[text] : cut[text + 1]] for (buckets, _), cut in zip(kinds, cuts, strict=True)]
        its = np.concatenate(parts) if parts else np.empty(0, np.intp)
        numbers = np.arange(len(its), dtype=np.int32)
        last[its] = numbers
        found.append(its[last.take(its) == numbers])
    bounds = np.zeros(len(edges), dtype=np.int64)
    np.cumsum([len(its) for its in found], out=bounds[1:])
    return np.concatenate(found), bounds


def spans(symbols: Symbols, edges: Positions) -> tuple[Buckets, Positions, Positions]:
    """As :func:`ngrams` for one text, but with every occurrence and its place.

    Returns:
        For each n-gram its bucket, and the symbols from ``first`` up to but not ``last`` that it was computed from.
    """
    codes = _ONE_DIGIT[symbols]
    kinds = [*_character_ngrams(codes, edges), *_word_ngrams(codes, symbols, edges)]
    empty = np.empty(0, dtype=np.int64)
    buckets, firsts, lasts = (
        (np.concatenate([empty, *column]) for column in zip(*kinds, strict=True)) if kinds else (empty,) * 3
    )
    return buckets, firsts, lasts


def _character_ngrams(
    codes: npt.NDArray[np.uint32], edges: Positions
) -> Iterator[tuple[Buckets, Positions, Positions]]:
    first, size = int(edges[0]), int(edges[-1]) + 1
    several = len(edges) > 2
    ends = np.repeat(edges[1:], np.diff(edges)) if several else None  # for each place, the edge that ends its text
    hashes = codes[first:size]
    for length in range(2, max(CHARACTERS) + 1):
        if size - first < length:
            return
        hashes = hashes[:-1] * _BASE + codes[first + length - 1 : size]
        if length not in CHARACTERS:
            continue
        places = np.arange(first, size - length + 1)
        if ends is None:
            yield _bucket(hashes, length), places, places + length
        else:
            inside = places + (length - 1) <= ends[: len(places)]
            yield _bucket(hashes[inside], length), places[inside], places[inside] + length


def _word_ngrams(
    codes: npt.NDArray[np.uint32], symbols: Symbols, edges: Positions
) -> Iterator[tuple[Buckets, Positions, Positions]]:
    begins, ends = runs(IS_WORD[symbols])
    inside = (begins >= edges[0]) & (begins < edges[-1])
    begins, ends = begins[inside], ends[inside]
    if not begins.size:
        return
    hashes = _word_hashes(codes, begins, ends)
    yield _bucket(hashes, 101), begins, ends
    text = np.searchsorted(edges, begins, side="right")
    together = text[1:] == text[:-1]
    pairs = hashes[:-1] * _BASE + hashes[1:]
    yield _bucket(pairs[together], 102), begins[:-1][together], ends[1:][together]


def _word_hashes(codes: npt.NDArray[np.uint32], begins: Positions, ends: Positions) -> npt.NDArray[np.uint32]:
    """A polynomial hash of each word, of its first ``_MAX_WORD`` symbols."""
    sizes = np.minimum(ends - begins, _MAX_WORD)
    hashes = np.full(len(begins), _WORD_SEED)
    for place in range(int(sizes.max())):
        longer = np.flatnonzero(sizes > place)
        hashes[longer] += codes[begins[longer] + place] * _POWERS[place]
    return hashes
