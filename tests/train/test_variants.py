from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from safeguard.train.variants import scrap, strip_accents, swap_letters, teen_code, variants


def test_accents_come_off() -> None:
    assert strip_accents("Đường đến trường, ĐẸP quá") == "Duong den truong, DEP qua"


def test_teen_code() -> None:
    assert teen_code("Mình không biết bạn nói gì", Random(1), share=1.0) != "Mình không biết bạn nói gì"
    assert teen_code("Mình không biết", Random(1), share=0.0) == "Mình không biết"


@given(st.text(max_size=80), st.integers())
def test_swapping_keeps_the_letters(text: str, seed: int) -> None:
    assert sorted(swap_letters(text, Random(seed), share=0.5)) == sorted(text)


@given(st.text(min_size=1, max_size=80).filter(lambda text: text.split()), st.integers())
def test_a_scrap_is_part_of_its_text(text: str, seed: int) -> None:
    words = scrap(text, Random(seed)).split()
    assert 1 <= len(words) <= 12
    assert " ".join(words) in " ".join(text.split())


def test_the_text_itself_comes_first_and_seeds_repeat() -> None:
    for language in ("vi", "en"):
        made = variants("Xin chào các bạn của tôi", language, Random(3))
        assert made[0] == "Xin chào các bạn của tôi"
        assert made == variants("Xin chào các bạn của tôi", language, Random(3))
