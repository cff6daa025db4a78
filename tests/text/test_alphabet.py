from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from safeguard.text import alphabet
from safeguard.text.alphabet import DELETE, EXPAND, OTHER, SHOWN, SPACE


def shown(character: str) -> str:
    fold, _ = alphabet.tables()
    symbol = int(fold[ord(character)])
    return {EXPAND: "expand", OTHER: "other", SPACE: "space", DELETE: "delete"}.get(symbol) or SHOWN[symbol]


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("a", "a"),
        ("Z", "z"),
        ("Đ", "đ"),
        ("Ặ", "ặ"),
        ("ð", "đ"),
        ("０", "0"),
        ("ｐ", "p"),
        ("𝕡", "p"),
        ("🅰", "a"),
        ("🇻", "v"),
        ("ñ", "n"),
        ("ﬁ", "expand"),
        ("中", "other"),
        ("о", "other"),
        ("\u200b", "delete"),
        ("\u0301", "delete"),
        ("\ufe0f", "delete"),
        (",", "space"),
        ("\t", "space"),
        ("😀", "space"),
    ],
)
def test_one_symbol_for_each_code_point(character: str, expected: str) -> None:
    assert shown(character) == expected


def test_every_vietnamese_letter_is_itself_in_both_cases() -> None:
    for letter in SHOWN[4:]:
        assert shown(letter) == letter
        assert shown(letter.upper()) == letter


def test_strip_takes_the_accents_off_and_leaves_the_rest() -> None:
    for letter in SHOWN[4:]:
        plain = "d" if letter == "đ" else unicodedata.normalize("NFD", letter)[0]
        assert SHOWN[alphabet.STRIP[alphabet.SYMBOL_OF[letter]]] == plain


@pytest.mark.parametrize(("character", "twin"), [("о", "o"), ("а", "a"), ("ρ", "p"), ("ѕ", "s")])
def test_lookalikes(character: str, twin: str) -> None:
    _, alike = alphabet.tables()
    assert SHOWN[alike[ord(character)]] == twin


def test_the_stored_tables_have_an_entry_for_everything() -> None:
    fold, alike = alphabet.tables()
    assert len(fold) == len(alike) == alphabet.LIMIT + 3
    symbols = alphabet.symbols_of(np.array([0x20000, 0xE0001, 0x10FFFF], dtype=np.uint32))
    assert symbols.tolist() == [OTHER, DELETE, alphabet.EDGE]


def test_the_stored_tables_are_what_the_generator_makes() -> None:
    # Newer Unicode data adds letters; what the stored tables know must not change by it.
    fold, alike = alphabet.build_tables()
    stored_fold, stored_alike = alphabet.tables()
    assert np.mean(fold != stored_fold) < 0.05
    assert np.mean(alike != stored_alike) < 0.01
    assert (fold[:0x2000] == stored_fold[:0x2000]).mean() > 0.999
