from __future__ import annotations

import pytest

from safeguard.text.normalize import fold


def folded(text: str) -> str:
    return fold([text]).show().strip("\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ngta nói đc mà", "người ta nói được mà"),
        ("e thik a lun", "e thích a luôn"),
        ("k ko 20k 3kg, bt", "k ko 20k 3kg bt"),  # several meanings, or a unit: as typed
        ("Real Madrid vs Arsenal", "real madrid vs arsenal"),  # one such word in a text that is no Vietnamese
        ("wá đẹp, wá xink", "quá đẹp quá xinh"),
    ],
)
def test_teen_code_is_written_out_where_it_means_one_thing(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_the_words_written_out_come_from_the_form() -> None:
    text = "thôi, ngta biết rồi"
    view = fold([text])
    place = view.show().index("người ta")
    for first, last in ((place, place + 8), (place, place + 5), (place + 6, place + 8)):
        start, end = view.span(0, first, last)
        assert text[start:end] == "ngta"
