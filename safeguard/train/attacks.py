"""Ways in which a text is disguised from filters, to measure what each costs; never to train on.

Each takes a text and a source of chance and gives the same text as a person could still read it.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import regex

from safeguard.train.variants import strip_accents, teen_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    Attack = Callable[[str, Random], str]

_WORD: Final = regex.compile(r"\p{L}[\p{L}\p{M}]+")
_SHARE: Final = 0.5  # of the words are disguised, where a text stays readable only if not all are

_HOMOGLYPHS: Final = str.maketrans("aceiopxyABEKMHOPCTX", "асеіорхуАВЕКМНОРСТХ")
_LEET: Final = str.maketrans("aeiosAEIOS", "431054310$")
_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_BOXES: Final = {ord("a") + n: 0x1F170 + n for n in range(26)}
_TELEX: Final = {"\u0302": None, "\u0306": "w", "\u031b": "w"}  # circumflex doubles its letter
_VNI: Final = {"\u0302": "6", "\u0306": "8", "\u031b": "7"}
_TONES: Final = ("\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
_OTHER_TONGUE: Final = {
    "vi": ("Good afternoon everyone, here is what I found.", "See you tomorrow and say hello to the others."),
    "en": ("Chào cả nhà, mình vừa đọc được cái này.", "Mai gặp lại nhé, chúc mọi người một ngày vui."),
}


def _of_words(change: Callable[[str], str], share: float = _SHARE) -> Attack:
    def attack(text: str, random: Random) -> str:
        return _WORD.sub(lambda match: change(match.group()) if random.random() < share else match.group(), text)

    return attack


def _telex(word: str) -> str:
    return _keys(word, _TELEX, "sfrxj", "d")


def _vni(word: str) -> str:
    return _keys(word, _VNI, "12345", "9")


def _keys(word: str, shapes: Mapping[str, str | None], tones: str, stroke: str) -> str:
    """A syllable as typed without an input method: shapes behind their letters, the tone at the end."""
    keys, tone = "", ""
    for letter in unicodedata.normalize("NFD", word):
        if letter in shapes:
            keys += shapes[letter] or keys[-1].lower()
        elif letter in _TONES:
            tone = tones[_TONES.index(letter)]
        elif letter in "đĐ":
            keys += ("d" if letter == "đ" else "D") + stroke
        else:
            keys += letter
    return keys + tone


def _without_accents(text: str, _: Random) -> str:
    return strip_accents(text)


def _mixed(language: str) -> Attack:
    before, after = _OTHER_TONGUE[language]

    def attack(text: str, _: Random) -> str:
        return f"{before} {text} {after}"

    return attack


def attacks(language: str) -> Mapping[str, Attack]:
    """The attacks that make sense in a language, by name."""
    common: dict[str, Attack] = {
        "dots between letters": _of_words(".".join),
        "spaces between letters": _of_words(lambda word: " ".join(word) if len(word) > 3 else word),
        "zero-width characters": _of_words("\u200b".join),
        "look-alike letters": _of_words(lambda word: word.translate(_HOMOGLYPHS)),
        "digits for letters": _of_words(lambda word: word[0] + word[1:-1].translate(_LEET) + word[-1]),
        "full-width letters": _of_words(lambda word: word.translate(_FULL_WIDTH)),
        "letters in boxes": _of_words(lambda word: word.lower().translate(_BOXES)),
        "letters repeated": _of_words(lambda word: word + 3 * word[-1]),
        "HTML entities": _of_words(lambda word: "".join(f"&#{ord(letter)};" for letter in word)),
        "mixed languages": _mixed(language),
    }
    if language == "vi":
        return MappingProxyType(
            {
                "without accents": _without_accents,
                "teen-code": lambda text, random: teen_code(text, random, 0.9),
                "raw Telex keys": _of_words(_telex, 1.0),
                "raw VNI keys": _of_words(_vni, 1.0),
                **common,
            }
        )
    return MappingProxyType(common)
