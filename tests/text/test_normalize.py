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
        ("c.ờ.b.ạ.c", "cờ bạc"),
        ("c.ờ b.ạ.c, l ồ n, t à i x ỉ u", "cờ bạc lồn tài xỉu"),
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
        ("c\u0430sino x\u043e\u0441 đĩa, Привет Минск", "casino xoc đĩa ␣␣␣␣␣␣ ␣␣␣␣␣"),
        ("f*ck, F**K you, đ*t, *nhấn mạnh*, 2*3", "fuck fuck you địt nhấn mạnh 2 3"),
        ("5ex pu55y p0rn0, 5kg 4G a4 1st", "sex pussy porno 5kg 4g a4 1st"),
        ("fu©k, 5€, © 2026, p⭕rn", "fuck 5 2026 porn"),
        ("ddijt mej tieesng Vieejt", "địt mẹ tiếng việt"),
        ("d9i5t me5 tie61ng Vie65t", "địt mẹ tiếng việt"),
        ("ddang choiw game owr nhaf", "đang chơi game ở nhà"),
        (
            "the Taj, beers, poor floor, add address, jinx, left next window of his law",
            "the taj beers poor floor add address jinx left next window of his law",
        ),
        ("A4, mp3, lop 9a6, B52, iphone6s, ps5", "a4 mp3 lop 9a6 b52 iphone6s ps5"),
        (
            "c&#7901; b&#x1ea1;c &amp; <b>ca</b>si<wbr>no<br/>List<String> a < b, AT&T",
            "cờ bạc casino list string a b at t",
        ),
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
    place = view.show().index("cờ bạc")
    start, end = view.span(1, place, place + 6)
    assert text[start:end] == "c.ờ.b.ạ.c"


@pytest.mark.parametrize(
    ("text", "word", "source"),
    [
        (unicodedata.normalize("NFD", "ở Việt Nam"), "việt", unicodedata.normalize("NFD", "Việt")),
        ("con ddijtj gif ddijt", "địt", "ddijt"),
        ("một tieengx", "tiễng", "tieengx"),
        ("xem p\u200bo\u200brn\u200b đi", "porn", "p\u200bo\u200brn\u200b"),
        ("chơi c&agrave;; nhé", "cà", "c&agrave;"),
        ("một z̸̢̛a̵l̶g̷o̸ hai", "zalgo", "z̸̢̛a̵l̶g̷o̸"),
        ("đẹpppp quá", "đẹp", "đẹpppp"),
    ],
)
def test_a_span_covers_all_that_a_word_was_written_with(text: str, word: str, source: str) -> None:
    view = fold([text])
    place = view.show().index(word)
    start, end = view.span(0, place, place + len(word))
    assert text[start:end] == source


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


def test_half_a_tag_in_one_text_does_not_swallow_the_next() -> None:
    folded = fold(["xin chào <a href='", "tạm biệt'> nhé"])
    assert len(folded.edges) == 3
    assert folded.show() == "\nxin chào a href\ntạm biệt nhé\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c.á c.ư.ợ.c đi", "cá cược đi"),
        ("t.h.i.s i.s a b.e.t.t.e.r w.o.r.d", "this is a better word"),
        ("w o r d\nn e x t", "word\nnext"),
        ("c\na\ns\ni\nn\no", "casino"),
        ("lớp 9 a.b c.d", "lớp 9 a b c d"),
    ],
)
def test_the_strongest_separator_parts_words(text: str, expected: str) -> None:
    assert fold([text]).show().strip("\n").replace("\n", " ") == expected.replace("\n", " ")
