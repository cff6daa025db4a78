"""The trained text model: a linear layer over hashed n-grams, calibrated together with the phrase packs.

The artefact is a folder of plain arrays and a manifest: nothing is unpickled, weights are memory-mapped so that
processes share them, and a file whose sha256 is not the manifest's is refused.

For a text with the set of n-grams ``x``, the raw score of a category is ``w·x / |x|^0.6 + b``, drawn towards the mean
of good texts the fewer n-grams there are (:func:`shrink`), because a single word is hardly evidence of anything. The
calibrated probability is a logistic function of it and of the phrase evidence (Platt 1999), fitted for each language.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from safeguard.errors import DataError
from safeguard.resources import models_dir
from safeguard.taxonomy import Category
from safeguard.text.alphabet import IS_WORD
from safeguard.text.features import BITS, CHARACTERS, POWER, SCHEME, WORDS, ngrams, spans, worth_of_each

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from safeguard.text.alphabet import Positions
    from safeguard.text.normalize import Folded

Scores = npt.NDArray[np.float64]

WEIGHTS: Final = "weights.npy"
MANIFEST: Final = "manifest.json"
FEATURES: Final = {"bits": BITS, "characters": [CHARACTERS], "words": list(WORDS), "power": POWER, "scheme": SCHEME}


_HALF_AT: Final = 12  # n-grams, about two words: a raw score of so little counts half


def shrink(raw: Scores, counts: npt.NDArray[np.int64], rest: Scores) -> Scores:
    """Draw raw scores towards ``rest``, the score that good texts have on average, the fewer n-grams they rest on."""
    trust = (counts / (counts + _HALF_AT))[:, None]
    shrunk: Scores = trust * raw + (1 - trust) * rest
    return shrunk


@dataclass(frozen=True, slots=True)
class Calibration:
    """Per category: ``probability = sigmoid(model * raw + phrases * log1p(evidence) + bias)``."""

    model: Scores
    phrases: Scores
    bias: Scores


class TextModel:
    """The loaded model.

    Attributes:
        version: goes into the ``source`` of every finding.
        categories: the columns of all scores.
    """

    def __init__(
        self,
        version: str,
        categories: tuple[Category, ...],
        weights: npt.NDArray[np.int8],
        scale: Scores,
        bias: Scores,
        rest: Scores,
        calibration: Mapping[str, Calibration],
    ) -> None:
        self.version = version
        self.categories = categories
        self._weights = weights
        self._scale = scale
        self._bias = bias
        self._rest = rest
        self._calibration = calibration

    def raw(self, folded: Folded, edges: Positions) -> Scores:
        """Raw scores of texts.

        Args:
            edges: text ``i`` lies between ``edges[i]`` and ``edges[i + 1]``.

        Returns:
            An array of one row a text and one column a category.
        """
        buckets, bounds = ngrams(folded, edges)
        counts = np.diff(bounds)
        filled = counts > 0
        total = np.zeros((len(counts), len(self.categories)))
        if filled.any():
            rows = self._weights.take(buckets, axis=0)
            total[filled] = np.add.reduceat(rows, bounds[:-1][filled], axis=0, dtype=np.int32)
        raw = total * self._scale * worth_of_each(counts)[:, None] + self._bias
        return shrink(raw, counts, self._rest)

    def attribute(self, folded: Folded, edges: Positions, category: Category, language: str) -> Scores:
        """What each symbol of a text adds to the log-odds of a category in one language, or takes from them.

        The sum over the text, with a part that no symbol is to blame for, is the score of the model: an n-gram's
        weight is shared equally by the places where it stands, and by the letters that it covers there.

        Args:
            edges: the two separators between which the text lies.

        Returns:
            One value for every symbol of ``folded``.
        """
        column = self.categories.index(category)
        found, firsts, lasts = spans(folded, edges)
        buckets, which, times = np.unique(found, return_inverse=True, return_counts=True)
        count = len(buckets)
        trust = count / (count + _HALF_AT)
        worth = self._weights[buckets, column] * self._scale[column] * worth_of_each(np.array(count))
        worth *= trust * self._calibration[language].model[column]
        is_word = IS_WORD[folded.accented]
        letters = np.concatenate([[0], np.cumsum(is_word)])
        each = (worth / times)[which] / np.maximum(letters[lasts] - letters[firsts], 1)
        steps = np.zeros(len(is_word) + 1)
        np.add.at(steps, firsts, each)
        np.add.at(steps, lasts, -each)
        added: Scores = np.cumsum(steps[:-1]) * is_word
        return added

    def phrase_part(self, evidence: Scores, language: str) -> Scores:
        """What phrase evidence adds to the log-odds, in one language."""
        part: Scores = self._calibration[language].phrases * np.log1p(evidence)
        return part

    def logits(self, raw: Scores, evidence: Scores, language: str) -> Scores:
        """Calibrated log-odds of raw scores and phrase evidence (both one row a text) in one language."""
        calibration = self._calibration[language]
        logits: Scores = calibration.model * raw + self.phrase_part(evidence, language) + calibration.bias
        return logits

    def probabilities(self, raw: Scores, evidence: Scores, language: str) -> Scores:
        """As :meth:`logits`, as probabilities."""
        probabilities: Scores = 1 / (1 + np.exp(-np.clip(self.logits(raw, evidence, language), -50, 50)))
        return probabilities


def load_model(folder: Path | None = None) -> TextModel:
    """Load the model in ``folder`` (default: the shipped one).

    Raises:
        DataError: a file is missing, altered, or made for other features than this code computes.
    """
    folder = folder or models_dir() / "text"
    manifest = read_manifest(folder)
    weights_path = folder / WEIGHTS
    try:
        digest = hashlib.sha256(weights_path.read_bytes()).hexdigest()
        if digest != manifest["files"][WEIGHTS]:
            raise DataError(f"{weights_path} is not the file its manifest names: install safeguard again")
        weights = np.load(weights_path, mmap_mode="r", allow_pickle=False)
        if manifest["features"] != FEATURES:
            raise DataError(f"{folder} was trained for other features: {manifest['features']}, not {FEATURES}")
        categories = tuple(Category(name) for name in manifest["categories"])
        return TextModel(
            version=manifest["version"],
            categories=categories,
            weights=weights,
            scale=np.array(manifest["scale"]),
            bias=np.array(manifest["bias"]),
            rest=np.array(manifest["rest"]),
            calibration={
                language: Calibration(*(np.array(table[key]) for key in ("model", "phrases", "bias")))
                for language, table in manifest["calibration"].items()
            },
        )
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"the text model in {folder} cannot be loaded: {error}") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a model folder.

    Raises:
        DataError: there is none, or it is not JSON.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"the model in {folder} cannot be loaded: {error}") from error
    return manifest
