from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.text.alphabet import IS_WORD
from safeguard.text.normalize import fold
from safeguard.text.words import LONGEST, WordTable, count_within, holding, runs

WORDS = st.text("abcdeđưăạ0189", min_size=1, max_size=LONGEST)


@given(st.lists(st.booleans()))
def test_runs_cover_what_is_true_and_no_more(bits: list[bool]) -> None:
    mask = np.array(bits, dtype=np.bool_)
    firsts, lasts = runs(mask)
    covered = np.zeros(len(mask), dtype=np.bool_)
    for first, last in zip(firsts, lasts, strict=True):
        assert first < last
        assert not covered[max(0, first - 1) : last].any(), "runs do not touch"
        covered[first:last] = True
    assert covered.tolist() == bits
    assert count_within(mask, firsts, lasts).tolist() == (lasts - firsts).tolist()


def test_the_runs_that_hold_places() -> None:
    firsts, _ = runs(np.array([0, 1, 1, 0, 1, 0, 0, 1, 1, 1], dtype=np.bool_))
    assert holding(firsts, np.array([1, 2, 8])).tolist() == [0, 2]
    assert holding(firsts, np.array([], dtype=np.int64)).tolist() == []


@given(st.lists(WORDS, unique=True, max_size=60), st.lists(WORDS, max_size=30))
def test_known_words_are_found_and_no_others(known: list[str], text: list[str]) -> None:
    folded = fold([" ".join([*known, *text])])
    firsts, lasts = runs(IS_WORD[folded.accented])
    shown = folded.show()
    words = [shown[first:last] for first, last in zip(firsts, lasts, strict=True)]
    found, number = WordTable(known).find(folded.accented, firsts, lasts - firsts)
    expected = {place: known.index(word) for place, word in enumerate(words) if word in known}
    assert dict(zip(found.tolist(), number.tolist(), strict=True)) == expected


@pytest.mark.parametrize("word", ["", "toolongaword", "two words", "Ω"])
def test_what_is_no_word_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="not a word"):
        WordTable([word])
