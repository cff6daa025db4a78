from __future__ import annotations

from pathlib import Path

import pytest
from components import require_folder

from safeguard.resources import models_dir
from safeguard.train.corpus import Text, identity_texts, read_corpus, read_swaps
from safeguard.train.duplicates import near_duplicates


def text(number: int, words: str) -> Text:
    return Text(id=str(number), language="en", about="scam", labels=frozenset(), style="chat", text=words)


def test_the_same_in_slightly_other_words_is_found() -> None:
    first = text(1, "You have won a new phone, click the link below to claim it before midnight tonight")
    second = text(2, "you have WON a new phone! click the link below to claim it before noon tonight")
    third = text(3, "the library is closed on friday because of the school festival and the rain")
    assert [(a.id, b.id) for a, b, _ in near_duplicates([first, second, third])] == [("2", "1")]
    assert [(a.id, b.id) for a, b, _ in near_duplicates([second, third], [first])] == [("2", "1")]


@pytest.fixture(scope="module")
def folders() -> tuple[Path, Path]:
    corpus, validation = models_dir() / "corpus", models_dir() / "validation"
    require_folder(corpus)  # it is no part of an installed package
    return corpus, validation


def test_nothing_that_is_measured_on_was_trained_on(folders: tuple[Path, Path]) -> None:
    corpus, validation = (read_corpus(folder) for folder in folders)
    assert [(a.id, b.id) for a, b, _ in near_duplicates(validation, corpus)] == []


def test_no_sentence_that_measures_bias_is_trained_on(folders: tuple[Path, Path]) -> None:
    corpus, validation = (
        {sentence for swaps in read_swaps(path).values() for sentence in swaps.sentences}
        for path in (folders[0] / "identity.toml", folders[1] / "bias.toml")
    )
    assert not corpus & validation
    assert {one.language for one in identity_texts(folders[0] / "identity.toml")} == {"vi", "en"}
