"""One automaton for all terms: phrases, the words of their context, the anchors of patterns, the forms of concepts.

Terms are added with a meaning, folded in one call, and found in both views of a folded text in one pass each, in time
linear in the text and its hits (Aho and Corasick 1975), however many terms there are.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal, TypeVar

import ahocorasick_rs

from safeguard.errors import DataError
from safeguard.text.alphabet import BREAK, SPACE
from safeguard.text.normalize import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from safeguard.text.normalize import Folded

View = Literal["accented", "both", "plain"]
Meaning = TypeVar("Meaning")

_GAP = bytes([SPACE])
_BREAK = bytes([BREAK])


class Lexicon[Meaning]:
    """Terms with a meaning each; add them all, then find them.

    A term matches whole words within a sentence. In the view ``accented`` it matches as it is written; ``plain``, where
    the text is typed without accents, as written there; ``both``, either way. Text with accents is taken at its word:
    "các" is never the accent-less form of another.
    """

    def __init__(self) -> None:
        self._terms: list[tuple[str, View, bool, Meaning]] = []
        self._found: tuple[_Automaton[Meaning], _Automaton[Meaning]] | None = None

    def add(self, term: str, view: View, meaning: Meaning, *, inside: bool = False) -> None:
        """Add a term; with ``inside`` it matches within words as well.

        Raises:
            ValueError: when terms have been looked for already.
        """
        if self._found is not None:
            raise ValueError("terms cannot be added to a lexicon in use")
        self._terms.append((term, view, inside, meaning))

    def find(self, folded: Folded) -> list[tuple[Meaning, int, int]]:
        """Every hit as its meaning and the symbols from ``first`` up to but not ``last``, the accented view first.

        Raises:
            DataError: a term that cannot match, because nothing of it is left when folded or it spans sentences.
        """
        accented, plain = self.build()
        written, bare = folded.accented.tobytes(), folded.plain.tobytes()
        hits = list(accented.find(written))
        hits += (hit for hit in plain.find(bare) if written[hit[1] : hit[2]] == bare[hit[1] : hit[2]])
        return hits

    def build(self) -> tuple[_Automaton[Meaning], _Automaton[Meaning]]:
        """Fold the terms and build the automata of both views; :meth:`find` does so when it is needed."""
        if self._found is None:
            accented: _Automaton[Meaning] = _Automaton()
            plain: _Automaton[Meaning] = _Automaton()
            texts = list(dict.fromkeys(term for term, *_ in self._terms))
            folded = fold(texts)
            written, bare, edges = folded.accented.tobytes(), folded.plain.tobytes(), folded.edges.tolist()
            spans = dict(zip(texts, itertools.pairwise(edges), strict=True))
            for term, view, inside, meaning in self._terms:
                first, last = spans[term]
                as_written, as_bare = written[first + 1 : last], bare[first + 1 : last]
                if not as_bare or _BREAK in as_bare:
                    raise DataError(f"{term!r} cannot match: it is empty or spans sentences")
                if view != "plain":
                    accented.add(as_written, meaning, inside=inside)
                if view == "plain" or (view == "both" and as_bare != as_written):
                    plain.add(as_bare, meaning, inside=inside)
            accented.build()
            plain.build()
            self._found = accented, plain
        return self._found


class _Automaton[Meaning]:
    """The terms of one view."""

    def __init__(self) -> None:
        self._meanings: dict[bytes, list[Meaning]] = {}
        self._words: list[tuple[int, list[Meaning]]] = []
        self._automaton: ahocorasick_rs.BytesAhoCorasick | None = None

    def add(self, symbols: bytes, meaning: Meaning, *, inside: bool) -> None:
        pattern = symbols if inside else _GAP + symbols + _GAP
        self._meanings.setdefault(pattern, []).append(meaning)

    def build(self) -> None:
        patterns = sorted(self._meanings)
        self._automaton = ahocorasick_rs.BytesAhoCorasick(patterns)
        self._words = [(int(pattern[:1] == _GAP), self._meanings[pattern]) for pattern in patterns]

    def find(self, symbols: bytes) -> Iterator[tuple[Meaning, int, int]]:
        if self._automaton is None or not self._words:
            return
        # A term is looked for between two gaps; a break is a gap as well, but none within a term.
        gaps = symbols.replace(_BREAK, _GAP)
        several = symbols.count(_BREAK) > 2  # more than those at the ends
        for index, first, last in self._automaton.find_matches_as_indexes(gaps, overlapping=True):
            gap, meanings = self._words[index]
            first, last = first + gap, last - gap
            if several and _BREAK in symbols[first:last]:
                continue
            for meaning in meanings:
                yield meaning, first, last
