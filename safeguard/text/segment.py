"""Part letters that were joined into words again: ``sellweed`` is ``sell weed``.

What is spelled out letter by letter ("s e l l w e e d") loses the ends of its words. English is parted by a list of
known words (``rules/words.en.txt``: those of the training corpus that at least four texts have), into as few of them as
possible; Vietnamese by its syllables.
"""

from __future__ import annotations

from functools import cache

from safeguard.resources import rules_dir
from safeguard.text.syllables import is_syllable

_LONGEST_SYLLABLE = 7
_LONGEST_WORD = 14


def word_ends(letters: str) -> list[int]:
    """Where to cut letters that are several words, but for the end; empty if they are one word or none that is known.

    >>> word_ends("sellweed"), word_ends("càđộ"), word_ends("casino"), word_ends("qxzvw")
    ([4], [2], [], [])
    """
    return _english(letters) if letters.isascii() else _vietnamese(letters)


def _vietnamese(letters: str) -> list[int]:
    """After each syllable of accented Vietnamese, the longest first."""
    cuts = []
    done = 0
    while done < len(letters):
        for size in range(min(_LONGEST_SYLLABLE, len(letters) - done), 0, -1):
            if is_syllable(letters[done : done + size]):
                done += size
                break
        else:
            return []  # no syllables: a foreign word
        cuts.append(done)
    return cuts[:-1]


def _english(letters: str) -> list[int]:
    """The way through known words that has the fewest, by dynamic programming."""
    known = _english_words()
    # For each length: how few words make up so many letters, and where the last of them begins.
    fewest = [0] + [len(letters) + 1] * len(letters)
    begins = [0] * (len(letters) + 1)
    for end in range(1, len(letters) + 1):
        for begin in range(max(0, end - _LONGEST_WORD), end):
            if fewest[begin] + 1 < fewest[end] and letters[begin:end] in known:
                fewest[end], begins[end] = fewest[begin] + 1, begin
    if fewest[-1] > len(letters):
        return []
    cuts = []
    end = begins[-1]
    while end > 0:
        cuts.append(end)
        end = begins[end]
    return cuts[::-1]


@cache
def _english_words() -> frozenset[str]:
    return frozenset((rules_dir() / "words.en.txt").read_text(encoding="utf-8").split())
