"""One automaton for many terms: phrases and the anchors of patterns, the words of their context, the forms of concepts.

Terms are added with a meaning, folded in one call, and found in one pass over a folded text, in time linear in the text
and its hits (Aho and Corasick 1975), however many terms there are.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal, TypeVar

import ahocorasick_rs

from safeguard.errors import DataError
from safeguard.text.alphabet import BREAK, SPACE
from safeguard.text.normalize import fold

if TYPE_CHECKING:
    from safeguard.text.normalize import Folded

View = Literal["accented", "both", "plain"]
Meaning = TypeVar("Meaning")

_GAP = bytes([SPACE])
_BREAK = bytes([BREAK])


class Lexicon[Meaning]:
    """Terms with a meaning each; add them all, then find them.

    A term matches whole words within a sentence. In the view ``accented`` it matches as it is written; ``plain``, where
    the text is typed without accents, as written there; ``both``, either way. Text with accents is taken at its word:
    "các" is never the accent-less form of another. So all that is looked for is the text as it is written: a term
    without accents stands in it only where it is typed without.
    """

    def __init__(self) -> None:
        self._terms: list[tuple[str, View, Meaning]] = []
        self._automaton: ahocorasick_rs.BytesAhoCorasick | None = None
        # For each pattern of the automaton: whether it is of several words, and what it means.
        self._patterns: list[tuple[bool, tuple[Meaning, ...]]] = []

    def add(self, term: str, view: View, meaning: Meaning) -> None:
        """Add a term.

        Raises:
            ValueError: when terms have been looked for already.
        """
        if self._automaton is not None:
            raise ValueError("terms cannot be added to a lexicon in use")
        self._terms.append((term, view, meaning))

    def find(self, folded: Folded, first: int = 0, last: int | None = None) -> list[tuple[Meaning, int, int]]:
        """Every hit as its meaning and its symbols from ``begin`` up to but not ``end``.

        Args:
            first, last: the symbols among which to look, if not all: from one separator up to and with another.

        Raises:
            DataError: a term that cannot match, because nothing of it is left when folded or it spans sentences.
        """
        automaton = self._automaton or self.build()
        written = folded.accented[first:last].tobytes()
        # A term is looked for between two gaps; a break is a gap as well, but none within a term.
        gaps = written.replace(_BREAK, _GAP)
        return [
            (meaning, first + begin + 1, first + end - 1)
            for number, begin, end in automaton.find_matches_as_indexes(gaps, overlapping=True)
            for several_words, meanings in (self._patterns[number],)
            if not several_words or _BREAK not in written[begin + 1 : end - 1]
            for meaning in meanings
        ]

    def build(self) -> ahocorasick_rs.BytesAhoCorasick:
        """Fold the terms and build the automaton; :meth:`find` does so when it is needed."""
        meanings: dict[bytes, dict[Meaning, None]] = {}
        texts = list(dict.fromkeys(term for term, *_ in self._terms))
        folded = fold(texts)
        written, bare, edges = folded.accented.tobytes(), folded.plain.tobytes(), folded.edges.tolist()
        spans = dict(zip(texts, itertools.pairwise(edges), strict=True))
        for term, view, meaning in self._terms:
            first, last = spans[term]
            as_written, as_bare = written[first + 1 : last], bare[first + 1 : last]
            if not as_bare or _BREAK in as_bare:
                raise DataError(f"{term!r} cannot match: it is empty or spans sentences")
            for symbols in {"accented": (as_written,), "plain": (as_bare,), "both": (as_written, as_bare)}[view]:
                meanings.setdefault(_GAP + symbols + _GAP, {})[meaning] = None
        patterns = sorted(meanings)
        self._patterns = [(_GAP in pattern[1:-1], tuple(meanings[pattern])) for pattern in patterns]
        self._automaton = ahocorasick_rs.BytesAhoCorasick(patterns)
        return self._automaton
