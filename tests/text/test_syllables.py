from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.text.syllables import Keys, decode_telex, decode_vni, is_syllable


def spelled(keys: Keys | None) -> str | None:
    return None if keys is None else "".join(letter for letter, _ in keys)


@pytest.mark.parametrize(
    ("keys", "syllable"),
    [
        ("ddijt", "địt"),
        ("tieesng", "tiếng"),
        ("tieengs", "tiếng"),
        ("nguwowif", "người"),
        ("nguowif", "người"),
        ("dduowngf", "đường"),
        ("vieejt", "việt"),
        ("hoaf", "hòa"),
        ("quys", "quý"),
        ("quar", "quả"),
        ("giaf", "già"),
        ("gif", "gì"),
        ("cawcj", "cặc"),
        ("muaf", "mùa"),
        ("ddi", "đi"),
        ("toan", None),  # spells itself
        ("left", None),  # a stop allows only two of the tones
        ("window", None),
        ("address", None),
        ("ddddd", None),
        ("x" * 40, None),
    ],
)
def test_telex(keys: str, syllable: str | None) -> None:
    assert spelled(decode_telex(keys)) == syllable


@pytest.mark.parametrize(
    ("keys", "syllable"),
    [
        ("d9i5t", "địt"),
        ("tie61ng", "tiếng"),
        ("vie65t", "việt"),
        ("d9uo7ng2", "đường"),
        ("nguo7i2", "người"),
        ("ma8t5", "mặt"),
        ("co6ng", "công"),
        ("h2o", None),
        ("k9", None),
        ("mp4", None),
        ("covid19", None),
        ("c4s1no", None),
        ("g8", None),
    ],
)
def test_vni(keys: str, syllable: str | None) -> None:
    assert spelled(decode_vni(keys)) == syllable


@pytest.mark.parametrize("word", ["nghiêng", "khuya", "quốc", "giếng", "yêu", "ổ", "xoong", "thuở", "ươm", "uống"])
def test_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["casino", "bánhh", "mấc̀", "xyz", "càc", "ngghe", ""])
def test_no_syllables(word: str) -> None:
    assert not is_syllable(word)


@given(st.text(alphabet="abcdeghiklmnopqrstuvxyfwj", max_size=14))
def test_what_telex_spells_is_a_syllable_and_keeps_the_order_of_its_keys(keys: str) -> None:
    decoded = decode_telex(keys)
    if decoded is not None:
        assert is_syllable("".join(letter for letter, _ in decoded))
        places = [place for _, place in decoded]
        assert places == sorted(set(places))


@given(st.text(alphabet="abcdeghiklmnopqrstuvxy0123456789", max_size=14))
def test_what_vni_spells_is_a_syllable(keys: str) -> None:
    decoded = decode_vni(keys)
    if decoded is not None:
        assert is_syllable("".join(letter for letter, _ in decoded))
