"""Training itself, on a small part of the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeguard.errors import DataError
from safeguard.resources import models_dir
from safeguard.taxonomy import Category
from safeguard.text.classifier import TextClassifier
from safeguard.text.model import MANIFEST, WEIGHTS, load_model
from safeguard.train.corpus import Text, read_corpus
from safeguard.train.fit import make_samples, train


@pytest.fixture(scope="module")
def corpus() -> list[Text]:
    few: dict[tuple[str, str, bool], list[Text]] = {}
    for text in read_corpus(models_dir() / "corpus"):
        few.setdefault((text.language, text.about, bool(text.labels)), []).append(text)
    return [text for texts in few.values() for text in texts[:4]]


def test_the_same_corpus_gives_the_same_bytes_whatever_the_jobs(corpus: list[Text], tmp_path: Path) -> None:
    steps: list[str] = []
    train(corpus, tmp_path / "a", version="t", jobs=1, step=steps.append)
    train(corpus, tmp_path / "b", version="t", jobs=2)
    for name in (WEIGHTS, MANIFEST):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert steps[0] == "fold and hash"
    assert steps[-1] == "write"
    verdict = TextClassifier(load_model(tmp_path / "a")).classify(["Nhà cái uy tín, nạp đầu tặng 100%"])[0]
    assert verdict.top is not None
    assert verdict.top[0] is Category.GAMBLING


def test_a_corpus_without_a_category_is_refused(corpus: list[Text], tmp_path: Path) -> None:
    lacking = [text for text in corpus if Category.DRUGS not in text.labels]
    with pytest.raises(DataError, match=r"no harmful .* texts about drugs"):
        train(lacking, tmp_path, version="t")
    assert not (tmp_path / WEIGHTS).exists()


def test_every_text_is_met_among_words_of_the_other_language(corpus: list[Text]) -> None:
    samples = make_samples(corpus)
    for group, text in enumerate(corpus):
        its = [sample.text for sample in samples if sample.group == group]
        assert its[0] == text.text
        if text.about != "ordinary":
            assert any(text.text in one and len(one) > len(text.text) for one in its[1:]), text.id
