"""Weighted phrase packs: what people who know such pages would point at.

``rules/phrases/<language>/<category>.toml`` holds entries of phrases (or a few patterns) with a weight from 1 (a hint)
to 3 (almost proof), the view in which they count, words that must stand near and words near which they do not count.
One automaton finds the phrases of all packs in a folded text; patterns run through :mod:`regex` with a time limit.

A pack is checked when it is loaded: a phrase that cannot match, an unknown key or a wrong weight is an error that
names file and phrase, since a silent mistake here is a child unprotected or a lesson blocked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, Literal

import ahocorasick_rs
import numpy as np
import regex
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.taxonomy import Basis, Category, taxonomy
from safeguard.text import alphabet
from safeguard.text.alphabet import IS_WORD
from safeguard.text.normalize import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from safeguard.text.normalize import Folded

NEAR: Final = 12  # words: how far a needed or cancelling word reaches
_PATTERN_SECONDS: Final = 0.05  # for one pattern on one text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pattern(_Strict):
    """A regular expression on folded text.

    Attributes:
        anchors: whatever it matches holds one of these, as folded; a text without any need not be searched.
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
    view: Literal["accented", "both", "plain"] = "accented"
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
    needs: frozenset[int]
    cancelled_by: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Compiled:
    pattern: regex.Pattern[str]
    anchors: tuple[str, ...]
    plain: bool
    rule: int


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


def _fold_all(packs: Iterable[PhrasePack]) -> dict[str, tuple[bytes, bytes]]:
    """Every phrase and context word of the packs as symbols, with and without accents; folded in one call."""
    phrases: dict[str, None] = {}
    for pack in packs:
        phrases.update(dict.fromkeys(pack.cancelled_by))
        for entry in pack.entries:
            for group in (entry.phrases, entry.needs, entry.cancelled_by or ()):
                phrases.update(dict.fromkeys(group))
    folded = fold(list(phrases))
    accented, plain, edges = folded.accented.tobytes(), folded.plain.tobytes(), folded.edges.tolist()
    return {
        phrase: (accented[first + 1 : last], plain[first + 1 : last])
        for phrase, first, last in zip(phrases, edges[:-1], edges[1:], strict=True)
    }


@dataclass(slots=True)
class _Automaton:
    """Phrases of one view; a phrase may belong to several rules and be the context of others."""

    plain: bool
    rules: dict[bytes, list[int]] = field(default_factory=dict)
    context: dict[bytes, set[int]] = field(default_factory=dict)
    _patterns: list[bytes] = field(default_factory=list)
    _automaton: ahocorasick_rs.BytesAhoCorasick | None = None

    def build(self) -> None:
        self._patterns = sorted({*self.rules, *self.context})
        self._automaton = ahocorasick_rs.BytesAhoCorasick(self._patterns)

    def matches(self, symbols: bytes) -> Iterator[tuple[bytes, int, int]]:
        """Whole-word matches."""
        if self._automaton is None:
            return
        for index, first, last in self._automaton.find_matches_as_indexes(symbols, overlapping=True):
            if not (IS_WORD_BYTES[symbols[first - 1]] or IS_WORD_BYTES[symbols[last]]):
                yield self._patterns[index], first, last


IS_WORD_BYTES: Final = IS_WORD.tobytes()


class PhraseMatcher:
    """Finds the phrases of all packs in folded texts."""

    def __init__(self, packs: Iterable[PhrasePack]) -> None:
        self._rules: list[_Rule] = []
        self._patterns: list[_Compiled] = []
        self._accented = _Automaton(plain=False)
        self._plain = _Automaton(plain=True)
        self._context: dict[str, int] = {}
        packs = tuple(packs)
        self._symbols = _fold_all(packs)
        for pack in packs:
            self._add_pack(pack)
        self._accented.build()
        self._plain.build()

    def _add_pack(self, pack: PhrasePack) -> None:
        for number, entry in enumerate(pack.entries, start=1):
            rule = len(self._rules)
            cancelled_by = pack.cancelled_by if entry.cancelled_by is None else entry.cancelled_by
            self._rules.append(
                _Rule(
                    pack.category,
                    entry.weight,
                    f"phrases/{pack.name}#{number}",
                    frozenset(map(self._context_word, entry.needs)),
                    frozenset(map(self._context_word, cancelled_by)),
                )
            )
            for phrase in entry.phrases:
                accented, plain = self._symbols[phrase]
                if not plain or alphabet.BREAK in plain:
                    raise DataError(f"phrases/{pack.name}: {phrase!r} cannot match: it is empty or spans sentences")
                if entry.view != "plain":
                    self._accented.rules.setdefault(accented, []).append(rule)
                if entry.view != "accented" and (entry.view == "plain" or plain != accented):
                    self._plain.rules.setdefault(plain, []).append(rule)
            for pattern in entry.patterns:
                try:
                    compiled = regex.compile(rf"\b(?:{pattern.match})\b")
                except regex.error as error:
                    raise DataError(f"phrases/{pack.name}: pattern {pattern.match!r}: {error}") from error
                self._patterns.append(_Compiled(compiled, pattern.anchors, entry.view == "plain", rule))

    def _context_word(self, phrase: str) -> int:
        """Context words are looked for in both views: a warning counts however it is typed."""
        number = self._context.setdefault(phrase, len(self._context))
        self._accented.context.setdefault(self._symbols[phrase][0], set()).add(number)
        self._plain.context.setdefault(self._symbols[phrase][1], set()).add(number)
        return number

    def find(self, folded: Folded) -> list[PhraseHit]:
        """All hits whose context allows them, ordered by place."""
        accented, plain = folded.accented.tobytes(), folded.plain.tobytes()
        candidates: list[tuple[int, int, int]] = []
        context: dict[int, list[int]] = {}
        for automaton, symbols in ((self._accented, accented), (self._plain, plain)):
            for phrase, first, last in automaton.matches(symbols):
                # Text with accents is taken at its word: "các" is never the accent-less form of another.
                if automaton.plain and accented[first:last] != plain[first:last]:
                    continue
                for number in automaton.context.get(phrase, ()):
                    context.setdefault(number, []).append(first)
                candidates += ((rule, first, last) for rule in automaton.rules.get(phrase, ()))
        candidates += self._pattern_matches(folded)
        if not candidates:
            return []
        near = _Nearness(folded, context)
        texts = np.searchsorted(folded.edges, [first for _, first, _ in candidates], side="right") - 1
        hits = {
            PhraseHit(int(text), rule.category, rule.weight, rule.source, first, last)
            for text, (number, first, last) in zip(texts, candidates, strict=True)
            if near.allows(rule := self._rules[number], first)
        }
        return sorted(hits, key=lambda hit: (hit.first, hit.last, hit.source))

    def _pattern_matches(self, folded: Folded) -> Iterator[tuple[int, int, int]]:
        if not self._patterns:
            return
        views = {False: folded.show(), True: folded.show(plain=True)}
        for compiled in self._patterns:
            view = views[compiled.plain]
            if not any(anchor in view for anchor in compiled.anchors):
                continue
            try:
                for match in compiled.pattern.finditer(view, timeout=_PATTERN_SECONDS, concurrent=True):
                    yield compiled.rule, match.start(), match.end()
            except TimeoutError:  # a pattern too slow for this text: the other evidence decides
                continue


class _Nearness:
    """Answers whether context words stand near a place, by number of words within the same text."""

    def __init__(self, folded: Folded, context: dict[int, list[int]]) -> None:
        self._words = np.cumsum(~IS_WORD[folded.accented])
        self._edges = folded.edges
        self._context = {number: sorted(places) for number, places in context.items()}

    def allows(self, rule: _Rule, first: int) -> bool:
        if rule.needs and not self._any(rule.needs, first):
            return False
        return not (rule.cancelled_by and self._any(rule.cancelled_by, first))

    def _any(self, numbers: frozenset[int], first: int) -> bool:
        word = self._words[first]
        text = bisect_right(self._edges, first)
        low = max(int(np.searchsorted(self._words, word - NEAR)), int(self._edges[text - 1]))
        high = min(int(np.searchsorted(self._words, word + NEAR, side="right")), int(self._edges[text]))
        for number in numbers & self._context.keys():
            places = self._context[number]
            if bisect_left(places, low) < bisect_left(places, high):
                return True
        return False


def phrase_evidence(folded: Folded, hits: Iterable[PhraseHit]) -> dict[Category, float]:
    """How strongly hits in one text speak for each category: the weights of the different phrases, added."""
    weights: dict[Category, dict[bytes, int]] = {}
    for hit in hits:
        phrase = folded.accented[hit.first : hit.last].tobytes()
        found = weights.setdefault(hit.category, {})
        found[phrase] = max(hit.weight, found.get(phrase, 0))
    return {category: float(sum(found.values())) for category, found in weights.items()}
