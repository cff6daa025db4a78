"""From the scores of a page's pieces to the score of the page.

A page is not its worst line, and a short harmful post is lost among menus and comments if only the whole is judged. A
logistic regression, trained on pages (:mod:`safeguard.train.pages`) and the same for all categories, weighs four
things: the log-odds of the whole visible text; those of its strongest block; their mean over blocks, by length; and the
share of the text that lies in blocks which are harmful by themselves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from safeguard.errors import DataError
from safeguard.resources import models_dir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from safeguard.taxonomy import Category

Numbers = npt.NDArray[np.float64]

MANIFEST: Final = "manifest.json"
FEATURES: Final = ("whole", "strongest", "mean", "share")
_SMALLEST: Final = 1e-6  # probability: log-odds stay finite
MIN_WORDS: Final = 20  # of a block: the score of fewer is mostly noise
MAX_BLOCKS: Final = 300


def log_odds(probabilities: Numbers) -> Numbers:
    """The log-odds of probabilities, kept finite."""
    kept = np.clip(probabilities, _SMALLEST, 1 - _SMALLEST)
    odds: Numbers = np.log(kept / (1 - kept))
    return odds


def is_block(text: str) -> bool:
    """Whether a segment is long enough to be judged by itself."""
    return len(text.split(None, MIN_WORDS)) > MIN_WORDS - 1


def features(whole: Numbers, blocks: Numbers, lengths: Sequence[int], total: int) -> Numbers:
    """What is known of a page.

    Args:
        whole: the probability of each category for the whole text.
        blocks: the same for each block: one row a block.
        lengths: of the blocks, in characters.
        total: the length of the whole text.

    Returns:
        One row a category and one column for each of :data:`FEATURES`.
    """
    of_whole = log_odds(whole)
    if not len(blocks):
        return np.column_stack([of_whole, of_whole, of_whole, (of_whole > 0).astype(float)])
    odds = log_odds(blocks)
    weights = np.array(lengths, dtype=float)
    mean = weights @ odds / weights.sum()
    share = weights @ (odds > 0) / max(total, weights.sum())
    return np.column_stack([of_whole, odds.max(axis=0), mean, share])


@dataclass(frozen=True, slots=True)
class Aggregation:
    """The trained weights of the features."""

    version: str
    weights: Numbers
    bias: float

    def combine(
        self,
        whole: Mapping[Category, float],
        blocks: Sequence[Mapping[Category, float]],
        texts: Sequence[str],
        total: int,
    ) -> dict[Category, float]:
        """The calibrated score of each category for a page.

        Args:
            whole: the scores of the whole visible text.
            blocks: those of its blocks, whose texts are ``texts``.
            total: the length of the whole text.
        """
        categories = list(whole)
        table = np.array([[block[category] for category in categories] for block in blocks])
        known = features(np.array([whole[category] for category in categories]), table, list(map(len, texts)), total)
        scores = 1 / (1 + np.exp(-(known @ self.weights + self.bias)))
        return {
            category: score if whole[category] > 0 else 0.0
            for category, score in zip(categories, scores.tolist(), strict=True)
        }


def load_aggregation(folder: Path | None = None) -> Aggregation:
    """Load the weights in ``folder`` (default: the shipped ones).

    Raises:
        DataError: they are missing, damaged, or made for other features.
    """
    path = (folder or models_dir() / "page") / MANIFEST
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        if tuple(table["features"]) != FEATURES:
            raise DataError(f"{path}: made for other features than this version computes")
        weights = np.array(table["weights"], dtype=float)
        if weights.shape != (len(FEATURES),):
            raise DataError(f"{path}: not one weight for each feature")
        return Aggregation(str(table["version"]), weights, float(table["bias"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: {error}") from error
