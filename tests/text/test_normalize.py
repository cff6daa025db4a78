from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.text import alphabet
from safeguard.text.normalize import fold


def folded(text: str) -> str:
    return fold([text]).show().strip("\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Nhà cái UY TÍN", "nhà cái uy tín"),
        ("Nạp rút 24/7. Cờ bạc!\n\nHết", "nạp rút 24 7\ncờ bạc\nhết"),
        ("một\ndòng", "một dòng"),
        ("c4s1no p0rn", "casino porn"),
        ("20.000đ, 18k, h2o, covid19, mp4", "20 000đ 18k h2o covid19 mp4"),
        ("c.ờ.b.ạ.c", "cờbạc"),
        ("c a s i n o", "casino"),
        ("a b c", "a b c"),
        ("đẹpppp quááá", "đẹp quá"),
        ("1000000", "1000000"),
        ("hoà thuý quý xoà", "hòa thúy quý xòa"),
        ("ｐｏｒｎ", "porn"),
        ("p\u200bo\u00adr\u2060n", "porn"),
        ("pоrn", "porn"),
        ("привет", "␣␣␣␣␣␣"),
        ("ﬁne", "fine"),
        ("🅲🅰🆂🅸🅽🅾", "casino"),
        ("z̸̢̛a̵l̶g̷o̸", "zalgo"),
    ],
)
def test_disguises_are_undone(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_decomposed_vietnamese_reads_as_composed() -> None:
    text = "Đường dây đánh bạc bị triệt phá ở Huế"
    assert folded(unicodedata.normalize("NFD", text)) == folded(text)


def test_the_plain_view_has_no_accents_and_the_same_length() -> None:
    view = fold(["Cờ bạc đỏ đen"])
    assert view.show(plain=True) == "\nco bac do den\n"
    assert len(view.plain) == len(view.accented)


def test_a_span_points_into_the_text_that_was_given() -> None:
    text = "Xin chào! c.ờ.b.ạ.c online"
    view = fold(["trước", text])
    place = view.show().index("cờbạc")
    start, end = view.span(1, place, place + 5)
    assert text[start:end] == "c.ờ.b.ạ.c"


@given(st.lists(st.text(max_size=80), max_size=6))
def test_together_as_alone(texts: list[str]) -> None:
    together = fold(texts)
    assert len(together.edges) == len(texts) + 1
    for number, text in enumerate(texts):
        first, last = together.edges[number], together.edges[number + 1]
        alone = fold([text])
        assert together.accented[first : last + 1].tolist() == alone.accented.tolist()


@given(st.text())
def test_invariants_of_any_text(text: str) -> None:
    view = fold([text])
    assert view.accented[0] == view.accented[-1] == alphabet.BREAK
    assert set(view.accented) <= set(range(1, alphabet.SIZE))
    inner = ~alphabet.IS_WORD[view.accented]
    assert not (inner[1:-2] & inner[2:-1]).any(), "two separators side by side"
    assert (np.diff(view.origin) >= 0).all()
    for place in range(1, len(view.accented) - 1):
        start, end = view.span(0, place, place + 1)
        assert 0 <= start < end <= len(text)


@given(st.text())
def test_folding_what_was_folded_changes_nothing(text: str) -> None:
    once = folded(text).replace("␣", "中").replace("\n", ". ")
    assert folded(folded(once).replace("␣", "中").replace("\n", ". ")) == folded(once)
