"""Judge plain text: fold, find phrases, score windows with the model, calibrate, and say what decided."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import regex

from safeguard.errors import TextError
from safeguard.taxonomy import Category
from safeguard.text.language import check_language, guess_languages
from safeguard.text.model import TextModel, load_model
from safeguard.text.normalize import fold
from safeguard.text.phrases import PhraseHit, PhraseMatcher, load_packs, phrase_evidence
from safeguard.verdict import Finding, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeguard.text.alphabet import Positions
    from safeguard.text.model import Scores
    from safeguard.text.normalize import Folded

MAX_CHARACTERS: Final = 5_000_000  # of one text: more is refused, not silently cut
WINDOW: Final = 1500  # symbols: about 300 words of Vietnamese
# A long text is judged by the mean of its strongest windows, a third of them but never more than four: one bad passage
# does not condemn a long page, and filler cannot hide more than a page of harm.
_STRONGEST: Final = 1 / 3
_STRONGEST_AT_MOST: Final = 4
_SHOWN_FROM: Final = 0.5  # a category below this score gets no finding from the model
_NOTHING: Final = dict.fromkeys(Category, 0.0)
_MAX_FINDINGS: Final = 100
_SURROGATE: Final = regex.compile(r"\p{Cs}")
_BATCH_CHARACTERS: Final = 100_000  # folded at once: bounds memory, and what stays in the processor's cache


class TextClassifier:
    """Judges texts; loads the shipped packs and model unless given others. Safe to share between threads."""

    def __init__(self, model: TextModel | None = None, phrases: PhraseMatcher | None = None) -> None:
        self.model = model or load_model()
        self.phrases = phrases or PhraseMatcher(load_packs())
        self._column = {category: column for column, category in enumerate(self.model.categories)}

    def classify(self, texts: Sequence[str], language: str | None = None) -> list[Verdict]:
        """One verdict a text, the same as if each were judged alone.

        Args:
            language: ``vi``, ``en`` or ``None`` to guess it for each text.

        Raises:
            TextError: an item is not a string, is empty or binary, or has more than ``MAX_CHARACTERS``.
            InputError: a language for which there is no calibration.
        """
        check_language(language)
        if isinstance(texts, str):
            raise TextError("a sequence of texts is needed, not one text")
        for number, text in enumerate(texts):
            if (fault := _fault(text)) is not None:
                raise TextError(fault if len(texts) == 1 else f"text {number}: {fault}")
        return self.judge(texts, language)

    def judge(self, texts: Sequence[str], language: str | None = None) -> list[Verdict]:
        """As :meth:`classify`, for texts that are known to be sound or may be empty, as those of pages are."""
        verdicts: list[Verdict] = []
        for batch in _batches(texts):
            verdicts += self._classify_batch(batch, language)
        return verdicts

    def _classify_batch(self, texts: Sequence[str], language: str | None) -> list[Verdict]:
        folded = fold(texts)
        raw = self.raw_by_text(folded)
        hits = self.hits_by_text(folded)
        evidence = self.evidence(folded, hits)
        languages = [language] * len(texts) if language else guess_languages(folded)
        scores = np.zeros_like(raw)
        for one in set(languages):
            rows = [number for number, its in enumerate(languages) if its == one]
            scores[rows] = self.model.probabilities(raw[rows], evidence[rows], one)
        scores[np.diff(folded.words_of_texts()) == 0] = 0.0  # no words, no evidence
        return [
            self._verdict(text, folded, number, scores[number], hits.get(number, []), languages[number])
            for number, text in enumerate(texts)
        ]

    def raw_by_text(self, folded: Folded) -> Scores:
        """Raw model scores, one row a text: the mean of each category's strongest windows."""
        edges, owners = windows(folded)
        scores = self.model.raw(folded, edges)
        if len(scores) == len(folded.edges) - 1:
            return scores
        firsts = np.searchsorted(owners, np.arange(len(folded.edges)))
        rows = []
        for first, last in itertools.pairwise(firsts):
            rows.append(np.sort(scores[first:last], axis=0)[-strongest(last - first) :].mean(axis=0))
        return np.array(rows)

    def hits_by_text(self, folded: Folded) -> dict[int, list[PhraseHit]]:
        """The phrase hits of each text that has any."""
        hits: dict[int, list[PhraseHit]] = defaultdict(list)
        for hit in self.phrases.find(folded):
            hits[hit.text].append(hit)
        return hits

    def evidence(self, folded: Folded, hits: dict[int, list[PhraseHit]]) -> Scores:
        """Phrase evidence as the calibration takes it: one row a text, per window of its length."""
        table = np.zeros((len(folded.edges) - 1, len(self.model.categories)))
        for number, found in hits.items():
            size = float(folded.edges[number + 1] - folded.edges[number])
            windows = min(max(1.0, size / WINDOW * _STRONGEST), _STRONGEST_AT_MOST)
            for category, weight in phrase_evidence(folded, found).items():
                table[number, self._column[category]] = weight / windows
        return table

    def _verdict(
        self, text: str, folded: Folded, number: int, row: Scores, hits: Sequence[PhraseHit], language: str
    ) -> Verdict:
        scores = _NOTHING | dict(zip(self.model.categories, row.tolist(), strict=True))
        findings = []
        for hit in hits:
            start, end = folded.span(number, hit.first, hit.last)
            findings.append(Finding(hit.category, scores[hit.category], hit.source, start, end, text[start:end]))
        if row.max(initial=0.0) >= _SHOWN_FROM:
            findings += (
                Finding(category, score, f"model/text@{self.model.version}", 0, len(text), text)
                for category, score in scores.items()
                if score >= _SHOWN_FROM
            )
        if len(findings) > 1:
            findings.sort(key=lambda finding: (-finding.score, finding.start))
        return Verdict(MappingProxyType(scores), tuple(findings[:_MAX_FINDINGS]), Outcome.SCANNED, language)


def _fault(text: object) -> str | None:
    """Why a value is no text that can be judged, or ``None``."""
    if not isinstance(text, str):
        return f"not a text but {type(text).__name__}"
    if len(text) > MAX_CHARACTERS:
        return f"the text has {len(text):,} characters, more than the {MAX_CHARACTERS:,} that one call may judge"
    if not text or text.isspace():
        return "the text is empty"
    if "\x00" in text:
        return "the text is binary: it holds a NUL character"
    if not text.isascii() and _SURROGATE.search(text):
        return "the text is not valid Unicode: it holds half of a surrogate pair"
    return None


def _batches(texts: Sequence[str]) -> list[Sequence[str]]:
    batches: list[Sequence[str]] = []
    first = characters = 0
    for number, text in enumerate(texts):
        if characters and characters + len(text) > _BATCH_CHARACTERS:
            batches.append(texts[first:number])
            first, characters = number, 0
        characters += len(text) + 1
    if first < len(texts):
        batches.append(texts[first:])
    return batches


def strongest(windows: int) -> int:
    """How many of a text's windows count."""
    return min(math.ceil(windows * _STRONGEST), _STRONGEST_AT_MOST)


def windows(folded: Folded) -> tuple[Positions, Positions]:
    """Cut long texts at separators into windows of about ``WINDOW`` symbols.

    Returns:
        The edges of all windows, and for each window the number of its text.
    """
    sizes = np.diff(folded.edges)
    if not (sizes > WINDOW * 1.5).any():
        return folded.edges, np.arange(len(sizes))
    edges: list[int] = []
    owners: list[int] = []
    for number, (first, last) in enumerate(zip(folded.edges[:-1].tolist(), folded.edges[1:].tolist(), strict=True)):
        size = last - first
        parts = 1 if size <= WINDOW * 1.5 else round(size / WINDOW)
        wanted = first + np.arange(1, parts) * (size / parts)
        cuts = folded.ends[np.searchsorted(folded.ends, wanted, side="right") - 1].tolist()
        cuts = [first, *(cut for cut in dict.fromkeys(cuts) if first < cut < last)]
        edges += cuts
        owners += [number] * len(cuts)
    edges.append(int(folded.edges[-1]))
    return np.array(edges), np.array(owners)
