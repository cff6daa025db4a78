"""Hashed n-grams of folded text: what the linear model sees.

Character n-grams carry over to spellings that were never seen, word n-grams keep what a phrase means. Both are
computed for all places at once as polynomial hashes over the symbol array (Karp and Rabin 1987): ``n`` multiply-adds
on arrays instead of a dictionary look-up for every n-gram, which makes them some fifty times cheaper than
scikit-learn's ``HashingVectorizer`` on a page of 6 KB.

Digits are read as one and the same, so that "79" in one brand's name is "88" in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from safeguard.text.alphabet import IS_DIGIT, IS_WORD, SYMBOL_OF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from safeguard.text.alphabet import Positions, Symbols

Buckets = npt.NDArray[np.uint32]

BITS: Final = 17  # buckets: 2**17
CHARACTERS: Final = (3, 4, 5)  # lengths of the character n-grams
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
    return mixed >> np.uint32(32 - BITS)


def ngrams(symbols: Symbols, edges: Positions) -> tuple[Buckets, Positions]:
    """The different n-grams of each text, as buckets.

    What a text repeats counts once: saying a thing a hundred times makes it neither more nor less harmful.

    Args:
        symbols: a view of folded text.
        edges: increasing positions of separators; text ``i`` lies between ``edges[i]`` and ``edges[i + 1]``.

    Returns:
        The buckets, those of text ``i`` at ``bounds[i]`` up to but not ``bounds[i + 1]`` in increasing order, and
        ``bounds``. An n-gram belongs to the text in which it begins and may hold the separators at both its ends.
    """
    codes = _ONE_DIGIT[symbols]
    keys = []
    for buckets, places in (*_character_ngrams(codes, edges), *_word_ngrams(codes, symbols, edges)):
        text = np.searchsorted(edges, places, side="right") - 1 if len(edges) > 2 else np.zeros(len(places), np.int64)
        keys.append((text << BITS) | buckets)
    unique = np.sort(np.concatenate([np.empty(0, np.int64), *keys]))
    first = np.ones(len(unique), dtype=np.bool_)
    first[1:] = unique[1:] != unique[:-1]
    unique = unique[first]
    bounds = np.searchsorted(unique, np.arange(len(edges)) << BITS)
    return (unique & ((1 << BITS) - 1)).astype(np.uint32), bounds


def _character_ngrams(codes: npt.NDArray[np.uint32], edges: Positions) -> Iterator[tuple[Buckets, Positions]]:
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
            yield _bucket(hashes, length), places
        else:
            inside = places + (length - 1) <= ends[: len(places)]
            yield _bucket(hashes[inside], length), places[inside]


def _word_ngrams(
    codes: npt.NDArray[np.uint32], symbols: Symbols, edges: Positions
) -> Iterator[tuple[Buckets, Positions]]:
    word = IS_WORD[symbols]
    word[: edges[0]] = word[edges[-1] :] = False
    begins = np.flatnonzero(word[1:] & ~word[:-1]) + 1
    if not begins.size:
        return
    number = np.cumsum(word & ~np.concatenate([[False], word[:-1]])) - 1
    place = np.minimum(np.arange(len(symbols)) - begins[np.maximum(number, 0)], _MAX_WORD - 1)
    terms = np.where(word, codes * _POWERS[place], np.uint32(0))
    hashes = np.add.reduceat(terms, begins).astype(np.uint32) + _WORD_SEED
    yield _bucket(hashes, 101), begins
    text = np.searchsorted(edges, begins, side="right")
    together = text[1:] == text[:-1]
    pairs = hashes[:-1] * _BASE + hashes[1:]
    yield _bucket(pairs[together], 102), begins[:-1][together]
