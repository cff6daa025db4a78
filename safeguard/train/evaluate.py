"""Measure the text classifier on texts held apart, and write its model card.

The validation texts (``models/validation``) were written by other hands than the corpus and are never trained on. What
is measured is what a child would meet: whether a text is stopped, blocked or with a warning, under one profile, with
its language guessed. Intervals are Wilson's (1927) at 95 %.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from safeguard.policy.decide import Policy
from safeguard.taxonomy import Category, text_categories
from safeguard.text.language import LANGUAGES
from safeguard.train.attacks import attacks
from safeguard.train.corpus import read_swaps
from safeguard.verdict import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from safeguard.text.classifier import TextClassifier
    from safeguard.train.corpus import Text
    from safeguard.verdict import Verdict

SEED: Final = 20261124
BINS: Final = 10  # of the calibration error
_Z: Final = 1.959964  # 95 %
_STOPPED: Final = frozenset({Action.BLOCK, Action.WARN, Action.REDACT})
_PAGE_BYTES: Final = 6000
_COMMENTS: Final = 5000
_REPEATS: Final = 15


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with the 95 % interval of the share."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share, or not a number of nothing."""
        return self.hits / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval."""
        if not self.of:
            return 0.0, 1.0
        p, n = self.value, self.of
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * (p * (1 - p) / n + _Z**2 / (4 * n**2)) ** 0.5
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Cell:
    """One category in one language.

    Attributes:
        recall: harmful texts that are stopped, for whatever category.
        named: those among them that are stopped for this category, or for another they carry.
        near: good texts about the same harm that are stopped.
        error: expected calibration error of the category's probability over all texts of the language.
    """

    language: str
    category: Category
    recall: Share
    named: Share
    near: Share
    error: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that is measured.

    Attributes:
        far: by language and kind (``ordinary``, ``civic``), good texts that are stopped; and those blocked.
        robustness: by language and attack, the recall over all harmful texts when they are disguised.
        plain: by language, the recall over all harmful texts as written.
        bias: by language, the false positive gap between groups, and the largest shift of a score.
        speed: CPU milliseconds a page, megabytes a second in batches, comments a second.
    """

    profile: str
    version: str
    cells: tuple[Cell, ...]
    far: Mapping[str, Mapping[str, tuple[Share, Share]]]
    plain: Mapping[str, Share]
    robustness: Mapping[str, Mapping[str, Share]]
    bias: Mapping[str, Mapping[str, float]]
    speed: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values, shares as ``{"hits", "of"}``."""
        return asdict(self)


def evaluate(
    classifier: TextClassifier,
    texts: Sequence[Text],
    bias: Path,
    profile: str,
    step: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Measure ``classifier`` on ``texts``.

    Args:
        bias: the sentences in which only the group changes.
        step: called with the name of each piece of work before it begins.
    """
    step("texts as written")
    judge = _Judge(classifier, profile)
    verdicts = classifier.judge([text.text for text in texts])
    stopped = [judge.action(verdict) in _STOPPED for verdict in verdicts]
    cells = tuple(_cell(texts, verdicts, judge, language, one) for language in LANGUAGES for one in text_categories())
    far = {
        language: {
            kind: _far(judge, [v for t, v in zip(texts, verdicts, strict=True) if (t.language, t.about) == key])
            for kind in ("ordinary", "civic")
            for key in ((language, kind),)
        }
        for language in LANGUAGES
    }
    plain: dict[str, Share] = {}
    robustness: dict[str, dict[str, Share]] = {}
    for language in LANGUAGES:
        harmful = [text.text for text in texts if text.labels and text.language == language]
        hits = sum(hit for text, hit in zip(texts, stopped, strict=True) if text.labels and text.language == language)
        plain[language] = Share(hits, len(harmful))
        robustness[language] = {}
        for name, attack in attacks(language).items():
            step(f"{language}: {name}")
            random = Random(SEED)
            disguised = classifier.judge([attack(text, random) for text in harmful])
            robustness[language][name] = Share(sum(judge.action(one) in _STOPPED for one in disguised), len(harmful))
    step("bias")
    gaps = {language: _bias(classifier, judge, bias, language) for language in LANGUAGES}
    step("speed")
    speed = _speed(classifier, [text.text for text in texts])
    return Evaluation(profile, classifier.model.version, cells, far, plain, robustness, gaps, speed)


class _Judge:
    """What a profile does about a verdict."""

    def __init__(self, classifier: TextClassifier, profile: str) -> None:
        self.classifier = classifier
        self._policy = Policy()
        self._profile = profile

    def action(self, verdict: Verdict) -> Action:
        return self._policy.decide(verdict, self._profile).action

    def names(self, verdict: Verdict, labels: frozenset[Category]) -> bool:
        """Whether one of the labels alone would have it stopped."""
        responses = self._policy.profile(self._profile).responses
        return any(verdict.scores[label] >= responses[label].threshold for label in labels)


def _cell(texts: Sequence[Text], verdicts: Sequence[Verdict], judge: _Judge, language: str, category: Category) -> Cell:
    rows = [(t, v) for t, v in zip(texts, verdicts, strict=True) if t.language == language]
    harmful = [(t, v) for t, v in rows if category in t.labels]
    near = [v for t, v in rows if t.about == category.value and not t.labels]
    return Cell(
        language,
        category,
        Share(sum(judge.action(v) in _STOPPED for _, v in harmful), len(harmful)),
        Share(sum(judge.names(v, t.labels) for t, v in harmful), len(harmful)),
        Share(sum(judge.action(v) in _STOPPED for v in near), len(near)),
        calibration_error(
            np.array([v.scores[category] for _, v in rows]), np.array([category in t.labels for t, _ in rows])
        ),
    )


def _far(judge: _Judge, verdicts: Sequence[Verdict]) -> tuple[Share, Share]:
    actions = [judge.action(verdict) for verdict in verdicts]
    return (
        Share(sum(action in _STOPPED for action in actions), len(actions)),
        Share(sum(action is Action.BLOCK for action in actions), len(actions)),
    )


def calibration_error(scores: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> float:
    """Expected calibration error in ``BINS`` bins of equal width (Naeini et al. 2015)."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    error = 0.0
    for number in range(BINS):
        its = bins == number
        if its.any():
            error += its.mean() * abs(scores[its].mean() - truth[its].mean())
    return float(error)


def _bias(classifier: TextClassifier, judge: _Judge, path: Path, language: str) -> dict[str, float]:
    swaps = read_swaps(path)[language]
    verdicts = classifier.judge([text for sentence in swaps.sentences for text in swaps.of(sentence)])
    shape = (len(swaps.sentences), len(swaps.groups))
    stopped = np.array([judge.action(verdict) in _STOPPED for verdict in verdicts]).reshape(shape)
    scores = np.array([[verdict.scores[one] for one in text_categories()] for verdict in verdicts])
    scores = scores.reshape(*shape, -1)
    rates = stopped.mean(axis=0)
    shifts = np.abs(scores - scores.mean(axis=1, keepdims=True)).max(axis=2)
    return {
        "sentences": float(stopped.size),
        "stopped": float(stopped.sum()),
        "gap": float(rates.max() - rates.min()),
        "shift_mean": float(shifts.mean()),
        "shift_95": float(np.quantile(shifts, 0.95)),
        "shift_max": float(shifts.max()),
    }


def _speed(classifier: TextClassifier, texts: Sequence[str]) -> dict[str, float]:
    page = " ".join(texts).encode()[: 20 * _PAGE_BYTES]
    pages = [page[start : start + _PAGE_BYTES].decode(errors="ignore") for start in range(0, len(page), _PAGE_BYTES)]
    comments = [text[:80] for text in texts][:_COMMENTS]
    return {
        "page_ms": statistics.median(_median_ms(partial(classifier.judge, [one])) for one in pages[:5]),
        "batch_mb_s": len(page) / 1e3 / _median_ms(lambda: classifier.judge(pages)),
        "comments_s": 1e3 * len(comments) / _median_ms(lambda: classifier.judge(comments)),
    }


def _median_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(_REPEATS):
        begin = time.process_time_ns()
        work()
        times.append((time.process_time_ns() - begin) / 1e6)
    return statistics.median(times)
