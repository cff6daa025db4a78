"""Words as numbers: where they stand in an array of symbols, and a table that finds known ones all at once.

A word of up to eight symbols is one number of 64 bits, loaded from memory as it stands, so that looking up all words of
a text is a handful of array operations.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from safeguard.text.alphabet import SYMBOL_OF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from safeguard.text.alphabet import Mask, Positions, Symbols

Keys = npt.NDArray[np.uint64]

LONGEST: Final = 8  # symbols that one key holds
_FIRST: Final = np.array([(1 << 8 * size) - 1 for size in range(LONGEST + 1)], dtype=np.uint64)  # masks by size


def runs(mask: Mask) -> tuple[Positions, Positions]:
    """Where runs of true begin, and where each ends (exclusive)."""
    padded = np.zeros(len(mask) + 2, dtype=np.bool_)
    padded[1:-1] = mask
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    return changes[::2], changes[1::2]


def count_within(mask: Mask, firsts: Positions, lasts: Positions) -> Positions:
    """How many are true within each run."""
    total = np.zeros(len(mask) + 1, dtype=np.int64)
    np.cumsum(mask, out=total[1:])
    return total[lasts] - total[firsts]


def begins_of(places: Positions, step: int = 1) -> Positions:
    """The numbers of those places that no other stands one ``step`` before: where rows of them begin."""
    first = np.ones(len(places), dtype=np.bool_)
    np.not_equal(places[1:] - places[:-1], step, out=first[1:])
    return first.nonzero()[0]


def holding(firsts: Positions, places: Positions) -> Positions:
    """The numbers of the runs that hold some of ``places``, each once, in order; every place is within some run."""
    numbers = np.searchsorted(firsts, places, side="right") - 1
    return numbers[begins_of(numbers, 0)]


def loads(symbols: Symbols, size: int) -> npt.NDArray[np.uint64] | npt.NDArray[np.uint32]:
    """For each place, the ``size`` (4 or 8) symbols from there on as one little-endian number; zeros after the end."""
    padded = np.concatenate([symbols, np.zeros(size, dtype=np.uint8)])
    return np.ndarray((len(symbols),), dtype=f"<u{size}", buffer=padded.data, strides=(1,))


def word_keys(symbols: Symbols, firsts: Positions, sizes: Positions) -> Keys:
    """The first ``LONGEST`` symbols of each word as a number."""
    keys: Keys = loads(symbols, LONGEST).take(firsts) & _FIRST.take(np.minimum(sizes, LONGEST))
    return keys


class WordTable:
    """Known words of up to ``LONGEST`` symbols, found in one look each.

    The table is a perfect hash: a multiplier is tried until no two words share a place (Fredman, Komlós and
    Szemerédi 1984).

    Raises:
        ValueError: a word is empty, too long, or holds what is no letter of the alphabet.
    """

    def __init__(self, words: Iterable[str]) -> None:
        keys = np.array([_key(word) for word in words], dtype=np.uint64)
        bits = max(8, 2 * len(keys).bit_length() - 2)  # about as many places as there are pairs of words
        self._shift = np.uint64(64 - bits)
        random = Random(len(keys))  # noqa: S311 - nothing secret
        while True:
            self._multiplier = np.uint64(random.getrandbits(64) | 1)
            places = self._places(keys)
            if len(np.unique(places)) == len(np.unique(keys)):
                break
        self._keys = np.append(keys, np.uint64(0))  # the key of no word
        self._number = np.full(1 << bits, len(keys), dtype=np.int32)
        self._number[places] = np.arange(len(keys))

    def _places(self, keys: Keys) -> Positions:
        with np.errstate(over="ignore"):
            return ((keys * self._multiplier) >> self._shift).astype(np.int64)

    def find(self, symbols: Symbols, firsts: Positions, sizes: Positions) -> tuple[Positions, Positions]:
        """Which of the words at ``firsts`` are known, and the number of each of those in the order they were given."""
        keys = word_keys(symbols, firsts, sizes)
        numbers = self._number.take(self._places(keys))
        found = np.flatnonzero((self._keys.take(numbers) == keys) & (sizes <= LONGEST))
        return found, numbers[found].astype(np.int64)


def _key(word: str) -> int:
    if not 0 < len(word) <= LONGEST or not all(letter in SYMBOL_OF for letter in word):
        raise ValueError(f"{word!r} is not a word of at most {LONGEST} letters")
    return int.from_bytes(bytes(SYMBOL_OF[letter] for letter in word), "little")
