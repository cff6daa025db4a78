from __future__ import annotations

import json
from pathlib import Path
from random import Random

from safeguard.page.aggregate import FEATURES, MANIFEST, load_aggregation
from safeguard.text.classifier import TextClassifier
from safeguard.train.corpus import Text, read_corpus
from safeguard.train.pages import compose, fit_pages

CORPUS = Path(__file__).parents[2] / "models" / "corpus"


def some(texts: list[Text], every: int) -> list[Text]:
    return texts[::every]


def test_composed_pages_carry_the_labels_of_their_main_part() -> None:
    texts = some(read_corpus(CORPUS), 23)
    labels = {text.text: text.labels for text in texts}
    pages = compose(texts, Random(1))
    assert {page.about for page in pages} >= {None, *(label for its in labels.values() for label in its)}
    for page in pages:
        found = frozenset().union(*(labels.get(segment, frozenset()) for segment in page.segments))
        assert found == page.labels
    assert compose(texts, Random(1)) == pages


def test_the_fit_writes_what_loads(tmp_path: Path) -> None:
    manifest = fit_pages(some(read_corpus(CORPUS), 41), TextClassifier(), tmp_path, version="9")
    assert json.loads((tmp_path / MANIFEST).read_text()) == manifest
    loaded = load_aggregation(tmp_path)
    assert loaded.version == "9"
    assert len(loaded.weights) == len(FEATURES)
    assert manifest["report"]["pages"]["recall"] > manifest["report"]["pages"]["near"]
