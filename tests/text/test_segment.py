from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.text.normalize import fold
from safeguard.text.segment import word_ends


def parted(letters: str) -> list[str]:
    cuts = [0, *word_ends(letters), len(letters)]
    return [letters[first:last] for first, last in itertools.pairwise(cuts)]


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("sellweed", ["sell", "weed"]),
        ("together", ["together"]),
        ("gotohell", ["go", "to", "hell"]),
        ("xqzvsell", ["xqzvsell"]),  # not all of it is known
        ("càđộbóngđá", ["cà", "độ", "bóng", "đá"]),
        ("đxyz", ["đxyz"]),
        ("a", ["a"]),
    ],
)
def test_words_are_parted(letters: str, words: list[str]) -> None:
    assert parted(letters) == words


@given(st.text("abdehotđàộ", max_size=60))
def test_cuts_lie_within_and_grow(letters: str) -> None:
    cuts = word_ends(letters)
    assert cuts == sorted(set(cuts))
    assert all(0 < cut < len(letters) for cut in cuts)


def test_spelled_words_are_told_apart() -> None:
    assert fold(["we s e l l w e e d here"]).show().strip() == "we sell weed here"
