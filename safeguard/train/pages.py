"""Train what makes one score of a page's pieces: pages composed of texts that the text model has not seen.

A composed page has a heading, menu entries and links (scraps of ordinary texts), a main part of one to three texts
about one thing, and sometimes comments under it. Its labels are those of its main part.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from safeguard.page.aggregate import FEATURES, MANIFEST, features, is_block
from safeguard.taxonomy import Category, text_categories
from safeguard.text.classifier import TextClassifier
from safeguard.text.language import LANGUAGES
from safeguard.text.model import load_model
from safeguard.train.fit import train
from safeguard.train.variants import scrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from safeguard.train.corpus import Text

Table = npt.NDArray[Any]

SEED: Final = 20261124
UNSEEN: Final = 5  # one text of so many is kept for pages
FAR_SHARE: Final = 40.0  # weight of pages that have nothing to do with a category: most of what children open
_FAR_PAGES: Final = 1500  # a language
_AT: Final = 0.65  # the threshold at which the report counts


@dataclass(frozen=True, slots=True)
class Composed:
    """A page made of texts.

    Attributes:
        about: the category that it is about, harmful or not; ``None`` where it is about no harm.
    """

    segments: tuple[str, ...]
    about: Category | None
    labels: frozenset[Category]


def compose(texts: Sequence[Text], random: Random) -> list[Composed]:
    """Pages whose main parts are those texts: every text of a category leads one, and ordinary ones lead others."""
    groups: dict[tuple[str, str, bool], list[Text]] = defaultdict(list)
    for text in texts:
        groups[text.language, text.about, bool(text.labels)].append(text)
    pages = []
    for language in LANGUAGES:
        ordinary = groups[language, "ordinary", False] + groups[language, "civic", False]
        good = [text for (its, _, harm), group in groups.items() if its == language and not harm for text in group]
        if not ordinary:
            continue
        for category in text_categories():
            for harm in (True, False):
                group = groups[language, category.value, harm]
                for text in group:
                    main = [text, *random.sample(group, min(random.choice((0, 0, 1, 2)), len(group)))]
                    pages.append(_page(list(dict.fromkeys(main)), ordinary, good, category, random))
        for _ in range(min(_FAR_PAGES, len(good))):
            main = random.sample(good, min(random.randint(1, 5), len(good)))
            pages.append(_page(main, ordinary, good, None, random))
    return pages


def _page(main: list[Text], ordinary: list[Text], good: list[Text], about: Category | None, random: Random) -> Composed:
    furniture = [scrap(random.choice(ordinary).text, random, 8) for _ in range(random.randint(2, 12))]
    comments = [text.text for text in random.sample(good, min(random.choice((0, 0, 1, 2)), len(good)))]
    title = " ".join(main[0].text.split()[:12]) if random.random() < 0.7 else furniture.pop()
    segments = [title, *furniture[:3], *(text.text for text in main), *comments, *furniture[3:]]
    labels = frozenset[Category]().union(*(text.labels for text in main))
    return Composed(tuple(dict.fromkeys(segments)), about, labels)


def train_pages(
    texts: Sequence[Text], folder: Path, *, version: str, jobs: int = 2, step: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Train a text model on four fifths of the texts, and fit the weights on pages made of the others.

    Raises:
        DataError: as :func:`safeguard.train.fit.train`.
    """
    unseen = [text for text in texts if _is_unseen(text)]
    with TemporaryDirectory() as scratch:
        seen = [text for text in texts if not _is_unseen(text)]
        train(seen, Path(scratch), version=version, jobs=jobs, step=step)
        step("pages")
        classifier = TextClassifier(load_model(Path(scratch)))
        return fit_pages(unseen, classifier, folder, version=version)


def _is_unseen(text: Text) -> bool:
    # By a digest of the name, so that a text stays on its side when others are added.
    return zlib.crc32(text.id.encode()) % UNSEEN == 0


def fit_pages(texts: Sequence[Text], classifier: TextClassifier, folder: Path, *, version: str) -> dict[str, Any]:
    """Fit the weights and write them to ``folder``.

    Args:
        texts: that ``classifier`` was not trained on; half of the pages made of them fit, the other half report.

    Returns:
        The manifest.
    """
    categories = text_categories()
    pages = compose(texts, Random(SEED))
    known = np.concatenate([_features(page, classifier, categories) for page in pages])
    target = np.array([category in page.labels for page in pages for category in categories])
    near = np.array([category is page.about for page in pages for category in categories])
    fits = np.repeat(np.arange(len(pages)) % 2 == 0, len(categories))
    trial = _fit(known[fits], target[fits], near[fits])
    report = {
        name: _rates(odds[~fits], target[~fits], near[~fits])
        for name, odds in (("pages", trial.decision_function(known)), ("whole text alone", known[:, 0]))
    }
    final = _fit(known, target, near)
    manifest: dict[str, Any] = {
        "version": version,
        "features": list(FEATURES),
        "weights": [round(float(weight), 4) for weight in final.coef_[0]],
        "bias": round(float(final.intercept_[0]), 4),
        "pages": len(pages),
        "report": report,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def _features(page: Composed, classifier: TextClassifier, categories: Sequence[Category]) -> Table:
    whole = "\n\n".join(page.segments)
    blocks = [segment for segment in page.segments if is_block(segment)]
    scores = [[verdict.scores[category] for category in categories] for verdict in classifier.judge([whole, *blocks])]
    return features(np.array(scores[0]), np.array(scores[1:]), list(map(len, blocks)), len(whole))


def _fit(known: Table, target: Table, near: Table) -> LogisticRegression:
    weights = np.ones(len(target))
    for group, share in ((target, 1.0), (near & ~target, 1.0), (~target & ~near, FAR_SHARE)):
        weights[group] *= share / max(1, int(np.count_nonzero(group)))
    weights *= len(target) / weights.sum()
    return LogisticRegression(C=10.0, max_iter=1000).fit(known, target, weights)


def _rates(odds: Table, target: Table, near: Table) -> dict[str, float]:
    """Recall, and false positives near the harm and far from it, of pairs of page and category."""
    stopped = odds > np.log(_AT / (1 - _AT))
    groups = {"recall": target, "near": near & ~target, "far": ~target & ~near}
    return {name: round(float(stopped[rows].mean()), 5) for name, rows in groups.items()}
