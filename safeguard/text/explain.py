"""Say what decided about a text: the words that spoke for and against a category, the phrases, and the ideas.

The model is linear, so an explanation is no guess: the log-odds of the score are a base, plus what every word adds or
takes, plus what the phrases add.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from safeguard.errors import InputError
from safeguard.text.classifier import strongest, windows
from safeguard.text.concepts import ConceptMatcher
from safeguard.text.normalize import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeguard.taxonomy import Category
    from safeguard.text.classifier import TextClassifier
    from safeguard.text.model import Scores
    from safeguard.text.normalize import Folded
    from safeguard.verdict import Finding, Verdict

# Neighbouring words are one span if each says at least this share of what the strongest word says, the same way.
_COUNTS_FROM: Final = 0.15
_MOST_WORDS: Final = 20


@dataclass(frozen=True, slots=True)
class Words:
    """Words in a row that spoke for a category, or against it.

    Attributes:
        weight: what they add to the log-odds; negative where they speak against it.
        start, end: their span in the text as it was given, in code points.
        text: that span.
    """

    weight: float
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Idea:
    """A concept of ``rules/concepts`` that the text voices.

    Attributes:
        reason: by language, what a text with it does, as the end of a sentence that begins with "It".
        good: whether it is a voice of good texts, such as a warning.
    """

    name: str
    reason: Mapping[str, str]
    good: bool
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text has its score in a category.

    Attributes:
        score: the calibrated probability 0..1, as in the verdict.
        base: the log-odds without any evidence.
        words: what the words add, the strongest first, at most 20 spans; the score counts every word.
        phrases: the findings of the phrase packs, and ``phrase_weight`` what they add together.
        ideas: what the text does, in the order in which it does.
    """

    category: Category
    score: float
    language: str
    base: float
    words: tuple[Words, ...]
    phrases: tuple[Finding, ...]
    phrase_weight: float
    ideas: tuple[Idea, ...]


def explain(
    classifier: TextClassifier, text: str, language: str | None = None, category: Category | None = None
) -> tuple[Verdict, Explanation]:
    """The verdict on a text and why it has its score in ``category``, by default its strongest.

    Raises:
        TextError: it is no text that can be judged.
        InputError: a language for which there is no calibration, or a category that text cannot show.
    """
    verdict = classifier.classify([text], language)[0]
    model = classifier.model
    if category is None:
        category = max(model.categories, key=verdict.scores.__getitem__)
    elif category not in model.categories:
        raise InputError(f"{category} is known from lists alone: no text can be explained by it")
    column = model.categories.index(category)
    folded = fold([text])
    edges, _ = windows(folded)
    raw = model.raw(folded, edges)[:, column]
    count = strongest(len(raw))
    added = np.zeros(len(folded.accented))
    for window in np.argsort(raw, kind="stable")[-count:]:
        between = edges[window : window + 2]
        added += model.attribute(folded, between, category, verdict.language) / count
    evidence = classifier.evidence(folded, classifier.hits_by_text(folded))
    logits = model.logits(classifier.raw_by_text(folded), evidence, verdict.language)[0, column]
    phrase_weight = float(model.phrase_part(evidence, verdict.language)[0, column])
    return verdict, Explanation(
        category,
        verdict.scores[category],
        verdict.language,
        float(logits - added.sum()) - phrase_weight,
        _words(text, folded, added),
        tuple(
            finding
            for finding in verdict.findings
            if finding.category is category and finding.source.startswith("phrases/")
        ),
        phrase_weight,
        _ideas(text, folded),
    )


def _words(text: str, folded: Folded, added: Scores) -> tuple[Words, ...]:
    """The spans of the words that count, neighbours that speak the same way joined."""
    total = np.concatenate([[0.0], np.cumsum(added)])
    weights = total[folded.ends] - total[folded.begins]
    least = _COUNTS_FROM * np.abs(weights).max(initial=0.0)
    joined: list[tuple[int, int, float]] = []
    before = None
    for number in np.flatnonzero(np.abs(weights) >= max(least, 1e-9)).tolist():
        first, last, weight = int(folded.begins[number]), int(folded.ends[number]), float(weights[number])
        if before == number - 1 and joined[-1][2] * weight > 0:
            first, _, earlier = joined.pop()
            weight += earlier
        joined.append((first, last, weight))
        before = number
    joined.sort(key=lambda span: -abs(span[2]))
    spans = [(weight, *folded.span(0, first, last)) for first, last, weight in joined[:_MOST_WORDS]]
    return tuple(Words(weight, start, end, text[start:end]) for weight, start, end in spans)


@cache
def _concepts() -> ConceptMatcher:
    return ConceptMatcher()


def _ideas(text: str, folded: Folded) -> tuple[Idea, ...]:
    """Each concept once, where it is voiced first."""
    found: dict[str, Idea] = {}
    for hit in _concepts().find(folded):
        concept = hit.concept
        if concept.name not in found:
            start, end = folded.span(0, hit.first, hit.last)
            found[concept.name] = Idea(concept.name, concept.reason, concept.good, start, end, text[start:end])
    return tuple(found.values())
