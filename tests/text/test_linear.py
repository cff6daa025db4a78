"""Judging is linear in the length of the text, whatever the text: counted in calls, so that no clock decides."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguard.text.classifier import TextClassifier

CLASSIFIER = TextClassifier()
SHORT, LONG = 2_000, 8_000  # characters
PIECES = [
    "a ", "a.", "c.a.s.i.n.o ", "ddijt ", "d9i5t ", "đ*t ", "f*ck ", "&amp;", "<b>", "<", "&", "\u0301",
    "a\u0301\u0301", "ﷺ", "🅰", "fu©k ", "о", "nhà cái uy tín ", "cảnh báo nhà cái uy tín, ",
    "giết sạch bọn kia ", "4", "!", "\n", "đc ko ", "x" * 9,
]  # fmt: skip


def calls(text: str) -> int:
    """How many functions are called, in Python and in C, to judge a text."""
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        CLASSIFIER.judge([text])
    finally:
        sys.setprofile(before)
    return counted


def grows_at_most_with_length(piece: str) -> bool:
    texts = [(piece * (size // len(piece) + 1))[:size] for size in (SHORT, LONG)]
    # The second time counts: the first may build a table that is needed from then on.
    short, long = (min(calls(text), calls(text)) for text in texts)
    return long <= short * (LONG / SHORT) * 1.1 + 2000  # what is done once a window


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_over_and_over(piece: str) -> None:
    assert grows_at_most_with_length(piece)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(PIECES) | st.text(min_size=1, max_size=6), min_size=1, max_size=8).map("".join))
def test_any_mixture_of_pieces(piece: str) -> None:
    assert grows_at_most_with_length(piece)
