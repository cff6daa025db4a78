"""Train the text model: a multi-label linear model over hashed n-grams, calibrated for each language.

The steps, all seeded so that the same corpus gives the same bytes:

1. every text in the ways it is typed (:mod:`safeguard.train.variants`), folded and hashed as at run time;
2. raw scores of texts that the model has not seen, by cross-validation grouped by text, with the phrase evidence, give
   the calibration: a logistic regression per category and language (Platt 1999);
3. the final weights from all texts, rounded to one byte each.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from io import BytesIO
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from safeguard.errors import DataError
from safeguard.taxonomy import Category, text_categories
from safeguard.text.language import LANGUAGES
from safeguard.text.model import FEATURES, MANIFEST, WEIGHTS, shrink
from safeguard.text.normalize import fold
from safeguard.text.phrases import PhraseMatcher, load_packs, phrase_evidence
from safeguard.train.variants import scrap, variants
from safeguard.train.vectorizer import NgramVectorizer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from scipy.sparse import csr_matrix

    from safeguard.text.model import Scores
    from safeguard.train.corpus import Text

Column = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SEED: Final = 20261123
FOLDS: Final = 5
STRENGTH: Final = 30.0  # inverse of the L2 penalty, chosen by cross-validation on the corpus
FAR_SHARE: Final = 20.0  # weight of texts that have nothing to do with a category, when it is calibrated
SCRAPS: Final = 2  # of each typed form of a good text about no harm
_AROUND: Final = 30  # words of another language at most, before or after a text
_BEFORE: Final = 0.5
_NO_SCRAPS: Final = frozenset({"identity", *(category.value for category in Category)})
_AS_TYPED: Final = frozenset({"vihos", "davidson"})  # real comments: their forms are as people type
_CLIP: Final = 99.99  # percentile of the weights that one byte must hold; beyond it they are clipped


@dataclass(frozen=True, slots=True)
class Sample:
    """One typed form of a corpus text."""

    text: str
    language: str
    group: int
    labels: frozenset[Category]


def make_samples(corpus: Sequence[Text]) -> list[Sample]:
    """Every text in the ways it is typed, once among everyday words of the other language, and scraps of the good ones.

    The scraps teach that a few words without evidence are nothing: a menu entry, a greeting, a caption.
    """
    random = Random(SEED)
    everyday = {
        language: [text.text for text in corpus if text.about == "ordinary" and text.language != language]
        for language in LANGUAGES
    }
    samples = []
    for group, text in enumerate(corpus):
        if text.about in _AS_TYPED:
            samples.append(Sample(text.text, text.language, group, text.labels))
            continue
        forms = dict.fromkeys(variants(text.text, text.language, random))
        if everyday[text.language]:
            around = scrap(random.choice(everyday[text.language]), random, _AROUND)
            forms[f"{around}. {text.text}" if random.random() < _BEFORE else f"{text.text} {around}"] = None
        if text.about not in _NO_SCRAPS:
            forms |= dict.fromkeys(scrap(form, random) for form in list(forms) for _ in range(SCRAPS))
        samples += [Sample(form, text.language, group, text.labels) for form in forms]
    return samples


def evidence_of(texts: Sequence[str], categories: Sequence[Category]) -> Scores:
    """The phrase evidence of texts: one row a text, one column a category."""
    matcher = PhraseMatcher(load_packs())
    table = np.zeros((len(texts), len(categories)))
    for number, text in enumerate(texts):
        folded = fold([text])
        for category, weight in phrase_evidence(folded, matcher.find(folded)).items():
            table[number, categories.index(category)] = weight
    return table


def _fit_one(matrix: csr_matrix, target: Mask) -> tuple[Column, float]:
    model = LogisticRegression(
        C=STRENGTH, solver="liblinear", class_weight={0: 1.0, 1: 4.0}, random_state=SEED, max_iter=200
    )
    with threadpool_limits(
        1
    ):  # sums in one order, so that the same corpus gives the same bits on any number of processors
        model.fit(matrix, target)
    return model.coef_[0], float(model.intercept_[0])


def _calibrate(raw: Column, evidence: Column, target: Mask, near: Mask) -> tuple[float, float, float]:
    """Fit one category's calibration in one language.

    The groups weigh what a child's day weighs rather than what the corpus holds of each: harmful texts and good ones
    about the same harm alike, all other texts several times as much.
    """
    weights = np.ones(len(raw))
    for group, share in ((target, 1.0), (near & ~target, 1.0), (~target & ~near, FAR_SHARE)):
        weights[group] *= share / max(1, int(np.count_nonzero(group)))
    weights *= len(raw) / weights.sum()
    features = np.column_stack([raw, np.log1p(evidence)])
    model = LogisticRegression(C=10.0, max_iter=1000).fit(features, target, weights)
    slope, phrases = model.coef_[0]
    if phrases < 0:  # phrases may speak for a category, never against it
        model = LogisticRegression(C=10.0, max_iter=1000).fit(features[:, :1], target, weights)
        slope, phrases = model.coef_[0][0], 0.0
    return float(slope), float(phrases), float(model.intercept_[0])


def train(
    corpus: Sequence[Text],
    folder: Path,
    *,
    version: str,
    sources: Mapping[str, str] = MappingProxyType({}),
    jobs: int = 2,
    step: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Train on ``corpus`` and write weights and manifest to ``folder``.

    Args:
        sources: what the manifest names as sources besides the corpus, with a digest each.
        step: called with the name of each piece of work before it begins.

    Returns:
        The manifest.

    Raises:
        DataError: a category has no harmful or no good text in one of the languages.
    """
    categories = text_categories()
    samples = make_samples(corpus)
    step("fold and hash")
    vectorizer = NgramVectorizer()
    matrix = vectorizer.fit_transform([sample.text for sample in samples])
    evidence = evidence_of([sample.text for sample in samples], categories)
    targets = np.array([[category in sample.labels for category in categories] for sample in samples])
    groups = np.array([sample.group for sample in samples])
    languages = np.array([sample.language for sample in samples])
    for language in LANGUAGES:
        for column, category in enumerate(categories):
            if len(set(targets[languages == language, column])) < 2:
                raise DataError(f"the corpus has no harmful {language} texts about {category}, or nothing else")

    raw = np.zeros(targets.shape)
    about = np.array([corpus[sample.group].about for sample in samples])
    counts = np.diff(matrix.indptr)
    for number, (seen, unseen) in enumerate(GroupKFold(FOLDS).split(matrix, groups=groups), start=1):
        step(f"fold {number} of {FOLDS}")
        fitted = Parallel(n_jobs=jobs)(
            delayed(_fit_one)(matrix[seen], targets[seen, column]) for column in range(len(categories))
        )
        for column, (weights, bias) in enumerate(fitted):
            raw[unseen, column] = matrix[unseen] @ weights + bias

    step("calibrate")
    rest = raw[~targets.any(axis=1)].mean(axis=0)
    raw = shrink(raw, counts, rest)
    calibration = {}
    for language in LANGUAGES:
        rows = languages == language
        parameters = [
            _calibrate(raw[rows, column], evidence[rows, column], targets[rows, column], about[rows] == category.value)
            for column, category in enumerate(categories)
        ]
        calibration[language] = {
            key: [row[index] for row in parameters] for index, key in enumerate(("model", "phrases", "bias"))
        }

    report = _cross_validated(corpus, samples, raw, evidence, targets, categories, calibration)

    step("fit all")
    fitted = Parallel(n_jobs=jobs)(delayed(_fit_one)(matrix, targets[:, column]) for column in range(len(categories)))
    weights = np.array([weights for weights, _ in fitted]).T * vectorizer.worth_[:, None]
    scale = np.percentile(np.abs(weights[np.any(weights != 0, axis=1)]), _CLIP, axis=0) / 127
    rounded = np.clip(np.round(weights / scale), -127, 127).astype(np.int8)

    step("write")
    folder.mkdir(parents=True, exist_ok=True)
    weights_file = BytesIO()
    np.save(weights_file, np.ascontiguousarray(rounded), allow_pickle=False)  # a row in one piece of memory
    _write(folder / WEIGHTS, weights_file.getvalue())
    manifest: dict[str, Any] = {
        "version": version,
        "features": FEATURES,
        "categories": [category.value for category in categories],
        "scale": [float(value) for value in scale],
        "bias": [bias for _, bias in fitted],
        "rest": [float(value) for value in rest],
        "calibration": calibration,
        "corpus": {"texts": len(corpus), "samples": len(samples), "sha256": _digest(corpus), "sources": dict(sources)},
        "cross_validation": report,
        "files": {WEIGHTS: hashlib.sha256(weights_file.getvalue()).hexdigest()},
    }
    _write(folder / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def _write(path: Path, data: bytes) -> None:
    """Put a file in place at once, so that no reader meets half of it."""
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(data)
    draft.replace(path)


def _digest(corpus: Sequence[Text]) -> str:
    digest = hashlib.sha256()
    for text in corpus:
        digest.update(text.model_dump_json(include={"id", "text"}).encode())
        digest.update(" ".join(sorted(text.labels)).encode())
    return digest.hexdigest()


def _cross_validated(
    corpus: Sequence[Text],
    samples: Sequence[Sample],
    raw: Scores,
    evidence: Scores,
    targets: npt.NDArray[np.bool_],
    categories: Sequence[Category],
    calibration: dict[str, dict[str, list[float]]],
) -> dict[str, Any]:
    """How the model does on texts that it has not seen, per language and category, at a probability of one half.

    ``recall`` of its harmful texts in every typed form, ``near`` false positives on the good texts about the same
    harm, ``far`` false positives on all other texts; each as a share with the number of samples behind it.
    """
    report: dict[str, Any] = {}
    about = np.array([corpus[sample.group].about for sample in samples])
    harmless = ~targets.any(axis=1)
    languages = np.array([sample.language for sample in samples])
    for language, table in calibration.items():
        of_language = languages == language
        for column, category in enumerate(categories):
            parameters = [table[key][column] for key in ("model", "phrases", "bias")]
            logit = parameters[0] * raw[:, column] + parameters[1] * np.log1p(evidence[:, column]) + parameters[2]
            flagged = logit > 0
            rows = {
                "recall": targets[:, column] & of_language,
                "near": harmless & (about == category.value) & of_language,
                "far": harmless & (about != category.value) & of_language,
            }
            report.setdefault(language, {})[category.value] = {
                name: {"share": round(float(flagged[chosen].mean()), 4), "of": int(chosen.sum())}
                for name, chosen in rows.items()
            }
    return report
