from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.errors import InputError, TextError
from safeguard.taxonomy import Category
from safeguard.text.classifier import TextClassifier
from safeguard.text.explain import explain
from safeguard.text.normalize import fold

CLASSIFIER = TextClassifier()
BETS = "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn mỗi ngày"
LESSON = "Hôm nay cô giáo dạy về xác suất. " * 3


def test_the_words_that_decided_are_spans_of_the_text() -> None:
    text = f"Chào cả nhà! {BETS}"
    verdict, why = explain(CLASSIFIER, text)
    assert why.category is Category.GAMBLING
    assert why.score == verdict.scores[Category.GAMBLING]
    strongest = why.words[0]
    assert strongest.weight > 0
    assert "nạp đầu tặng" in strongest.text
    assert all(text[words.start : words.end] == words.text for words in why.words)
    assert [abs(words.weight) for words in why.words] == sorted((abs(w.weight) for w in why.words), reverse=True)
    assert why.phrases
    assert why.phrase_weight > 0


def test_without_the_words_that_decided_the_score_falls() -> None:
    text = f"{LESSON}{BETS}. {LESSON}"
    verdict, why = explain(CLASSIFIER, text, "vi")
    strongest = why.words[0]
    without = text[: strongest.start] + text[strongest.end :]
    assert CLASSIFIER.classify([without], "vi")[0].scores[why.category] < verdict.scores[why.category]


def test_a_disguise_is_explained_by_what_stands_in_the_text() -> None:
    text = "vào c.á c.ư.ợ.c nạp rút nhanh, nhà c@i uy tín"
    _, why = explain(CLASSIFIER, text)
    assert any("c.ư.ợ.c" in words.text for words in why.words)


def test_ideas_are_said_in_both_languages_and_a_warning_is_a_good_one() -> None:
    _, why = explain(CLASSIFIER, "Cảnh báo: đừng tin lời mời việc nhẹ lương cao", category=Category.TRAFFICKING)
    by_name = {idea.name: idea for idea in why.ideas}
    assert by_name["warning_voice"].good
    assert set(by_name["warning_voice"].reason) == {"vi", "en"}


def test_any_category_that_text_shows_can_be_explained_and_no_other() -> None:
    for category in CLASSIFIER.model.categories:
        assert explain(CLASSIFIER, BETS, category=category)[1].category is category
    with pytest.raises(InputError, match="lists alone"):
        explain(CLASSIFIER, BETS, category=Category.MALWARE)
    with pytest.raises(TextError):
        explain(CLASSIFIER, "")


@given(st.text(min_size=1, max_size=80).filter(lambda text: text.strip() and "\x00" not in text))
def test_any_text_can_be_explained(text: str) -> None:
    _, why = explain(CLASSIFIER, text)
    assert all(text[words.start : words.end] == words.text for words in why.words)
    assert np.isfinite(why.base)


@pytest.mark.parametrize("text", [BETS, LESSON * 120 + BETS * 20])
def test_what_no_word_says_does_not_depend_on_the_words(text: str) -> None:
    """The base of two texts with as many n-grams is the same: everything else is shared out to words."""
    model = CLASSIFIER.model
    folded = fold([text])
    added = model.attribute(folded, folded.edges, Category.GAMBLING, "vi").sum()
    column = model.categories.index(Category.GAMBLING)
    raw = model.raw(folded, folded.edges)
    logit = model.logits(raw, np.zeros_like(raw), "vi")[0, column]
    empty = model.logits(np.array([model._rest]), np.zeros((1, len(model.categories))), "vi")[0, column]
    full = model.logits(np.array([model._bias]), np.zeros((1, len(model.categories))), "vi")[0, column]
    assert min(empty, full) - 1e-9 <= logit - added <= max(empty, full) + 1e-9
