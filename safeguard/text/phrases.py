"""Weighted phrase packs: what people who know such pages would point at.

``rules/phrases/<language>/<category>.toml`` holds entries of phrases (or a few patterns) with a weight from 1 (a hint)
to 3 (almost proof), the view in which they count, words that must stand near and words near which they do not count.
One automaton finds the phrases of all packs in a folded text; patterns run through :mod:`regex` with a time limit.

A pack is checked when it is loaded: a phrase that cannot match, an unknown key or a wrong weight is an error that
names file and phrase, since a silent mistake here is a child unprotected or a lesson blocked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
import regex
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.taxonomy import Basis, Category, taxonomy
from safeguard.text.alphabet import BREAK, IS_WORD
from safeguard.text.disguises import show
from safeguard.text.lexicon import Lexicon, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from safeguard.text.normalize import Folded

NEAR: Final = 12  # words: how far a needed or cancelling word reaches
PATTERN_SECONDS: Final = 0.05  # for one pattern on one text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pattern(_Strict):
    """A regular expression on folded text.

    Attributes:
        anchors: whatever it matches holds one of these as whole words, as folded; a sentence without any need not
            be searched.
    """

    match: str
    anchors: Annotated[tuple[str, ...], Field(min_length=1)]


class Entry(_Strict):
    """Phrases that share a weight and a context.

    Attributes:
        weight: 1 a hint, 2 strong together with one more, 3 by itself almost proof.
        view: ``accented`` matches as written; ``both`` also where the text carries no accents there; ``plain`` only so.
        needs: one of these must stand within ``NEAR`` words, else there is no hit.
        cancelled_by: one of these within ``NEAR`` words cancels the hit; ``None`` takes the pack's.
    """

    weight: Annotated[int, Field(ge=1, le=3)]
    view: View = "accented"
    phrases: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    needs: tuple[str, ...] = ()
    cancelled_by: tuple[str, ...] | None = None


class PhrasePack(_Strict):
    """One pack: the phrases of one category in one language, with where they come from."""

    language: Literal["vi", "en"]
    category: Category
    basis: Basis
    source: str
    date: date
    cancelled_by: tuple[str, ...] = ()
    entries: tuple[Entry, ...]

    @property
    def name(self) -> str:
        """``vi/gambling``"""
        return f"{self.language}/{self.category}"


@dataclass(frozen=True, slots=True)
class PhraseHit:
    """A phrase found in a folded text: symbols ``first`` up to but not ``last``."""

    text: int
    category: Category
    weight: int
    source: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Rule:
    category: Category
    weight: int
    source: str
    needs: frozenset[str]
    cancelled_by: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Pattern:
    """A compiled pattern; in a lexicon, the meaning of its anchors."""

    pattern: regex.Pattern[str]
    plain: bool
    rule: _Rule


def load_pack(path: Path) -> PhrasePack:
    """Read and check one pack.

    Raises:
        DataError: it is not a phrase pack, or its category has another basis.
    """
    try:
        pack = PhrasePack.model_validate(load_toml(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if pack.basis is not taxonomy()[pack.category].basis:
        raise DataError(f"{path}: basis {pack.basis} is not that of {pack.category}")
    return pack


def load_packs(folder: Path | None = None) -> tuple[PhrasePack, ...]:
    """All packs below ``folder`` (default: the shipped ones), in the order of their names."""
    folder = folder or rules_dir() / "phrases"
    packs = tuple(load_pack(path) for path in sorted(folder.glob("*/*.toml")))
    if not packs:
        raise DataError(f"no phrase packs in {folder}")
    return packs


class PhraseMatcher:
    """Finds the phrases of all packs in folded texts."""

    def __init__(self, packs: Iterable[PhrasePack]) -> None:
        self._phrases: Lexicon[_Rule | _Pattern] = Lexicon()
        self._context: Lexicon[str] = Lexicon()  # looked for only around a phrase that was found
        for pack in packs:
            for number, entry in enumerate(pack.entries, start=1):
                self._add(pack, entry, f"phrases/{pack.name}#{number}")

    def _add(self, pack: PhrasePack, entry: Entry, source: str) -> None:
        cancelled_by = pack.cancelled_by if entry.cancelled_by is None else entry.cancelled_by
        rule = _Rule(pack.category, entry.weight, source, frozenset(entry.needs), frozenset(cancelled_by))
        for word in rule.needs | rule.cancelled_by:
            self._context.add(word, "both", word)  # a warning counts however it is typed
        for phrase in entry.phrases:
            self._phrases.add(phrase, entry.view, rule)
        for pattern in entry.patterns:
            try:
                compiled = regex.compile(rf"\b(?:{pattern.match})\b")
            except regex.error as error:
                raise DataError(f"phrases/{pack.name}: pattern {pattern.match!r}: {error}") from error
            plain = entry.view == "plain"
            meaning = _Pattern(compiled, plain, rule)
            for anchor in pattern.anchors:
                self._phrases.add(anchor, "plain" if plain else "accented", meaning)

    def build(self) -> None:
        """Build what :meth:`find` needs, which otherwise does so at first use.

        Raises:
            DataError: a phrase that cannot match, because nothing of it is left when folded or it spans sentences.
        """
        self._phrases.build()
        self._context.build()

    def find(self, folded: Folded) -> list[PhraseHit]:
        """All hits whose context allows them, ordered by place."""
        candidates: list[tuple[_Rule, int, int]] = []
        anchored: dict[tuple[int, int, bool], dict[_Pattern, None]] = {}
        breaks = _Breaks(folded)
        for meaning, first, last in self._phrases.find(folded):
            if isinstance(meaning, _Rule):
                candidates.append((meaning, first, last))
            else:
                anchored.setdefault((*breaks.around(first, last), meaning.plain), {})[meaning] = None
        candidates += _pattern_matches(folded, anchored)
        if not candidates:
            return []
        edges = folded.edges.tolist()
        near = _Nearness(folded, self._context)
        hits = {
            PhraseHit(bisect_right(edges, first) - 1, rule.category, rule.weight, rule.source, first, last)
            for rule, first, last in candidates
            if near.allows(rule, first)
        }
        return sorted(hits, key=lambda hit: (hit.first, hit.last, hit.source))


class _Breaks:
    """Where sentences begin and end."""

    def __init__(self, folded: Folded) -> None:
        self._folded = folded
        self._places: list[int] | None = None

    def around(self, first: int, last: int) -> tuple[int, int]:
        """The breaks before and after the symbols from ``first`` to ``last``."""
        if self._places is None:
            self._places = np.flatnonzero(self._folded.accented == BREAK).tolist()
        return self._places[bisect_right(self._places, first) - 1], self._places[bisect_left(self._places, last)]


def _pattern_matches(
    folded: Folded, anchored: Mapping[tuple[int, int, bool], Mapping[_Pattern, None]]
) -> Iterator[tuple[_Rule, int, int]]:
    """What the patterns match in the sentences that hold one of their anchors."""
    for (begin, end, plain), patterns in anchored.items():
        view = show((folded.plain if plain else folded.accented)[begin : end + 1])
        for compiled in patterns:
            try:
                for match in compiled.pattern.finditer(view, timeout=PATTERN_SECONDS, concurrent=True):
                    yield compiled.rule, match.start() + begin, match.end() + begin
            except TimeoutError:  # a pattern too slow for this sentence: the other evidence decides
                continue


class _Nearness:
    """Answers whether context words stand near a place, by number of words within the same text."""

    def __init__(self, folded: Folded, context: Lexicon[str]) -> None:
        self._folded = folded
        self._context = context
        self._gaps = np.flatnonzero(~IS_WORD.take(folded.accented))
        self._around: dict[int, frozenset[str]] = {}

    def allows(self, rule: _Rule, first: int) -> bool:
        if not (rule.needs or rule.cancelled_by):
            return True
        if first not in self._around:
            self._around[first] = self._words_around(first)
        around = self._around[first]
        return bool(not rule.needs or rule.needs & around) and not rule.cancelled_by & around

    def _words_around(self, first: int) -> frozenset[str]:
        gap = int(np.searchsorted(self._gaps, first)) - 1
        text = bisect_right(self._folded.edges, first)
        low = max(int(self._gaps[max(gap - NEAR, 0)]), int(self._folded.edges[text - 1]))
        high = min(int(self._gaps[min(gap + NEAR + 1, len(self._gaps) - 1)]), int(self._folded.edges[text]))
        return frozenset(word for word, *_ in self._context.find(self._folded, low, high + 1))


def phrase_evidence(folded: Folded, hits: Iterable[PhraseHit]) -> dict[Category, float]:
    """How strongly hits in one text speak for each category: the weights of the different phrases, added."""
    weights: dict[Category, dict[bytes, int]] = {}
    for hit in hits:
        phrase = folded.accented[hit.first : hit.last].tobytes()
        found = weights.setdefault(hit.category, {})
        found[phrase] = max(hit.weight, found.get(phrase, 0))
    return {category: float(sum(found.values())) for category, found in weights.items()}
