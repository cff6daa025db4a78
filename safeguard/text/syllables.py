"""Vietnamese syllables: which strings of letters are one, and what the keys of Telex and VNI spell.

Vietnamese is typed on a plain keyboard by adding keys to a syllable: Telex doubles letters and adds ``w`` and the tone
keys ``s f r x j``, VNI adds digits. Where no input method runs, or to slip past a filter, the raw keys are what is
sent: ``ddijt``, ``d9i5t``. A string is read as raw keys only where it spells a syllable that Vietnamese can have
(onset, rhyme and tone as in Đoàn Thiện Thuật, *Ngữ âm tiếng Việt*, 1977), which hardly any English word does.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import Final

_ONSETS: Final = ("", *"b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split())
_CODAS_OF: Final = {
    "a": " c ch i m n ng nh o p t u y",
    "ă": "c m n ng p t",
    "â": "c m n ng p t u y",
    "e": " c m n ng o p t",
    "ê": " ch m n nh p t u",
    "i": " a ch m n nh p t u",
    "iê": "c m n ng p t u",
    "o": " c i m n ng p t",
    "oa": " c ch i m n ng nh o p t y",
    "oă": "c m n ng t",
    "oe": " m n o t",
    "oo": "c ng",
    "ô": " c i m n ng p t",
    "ơ": " i m n p t",
    "u": " a c i m n ng p t",
    "uâ": "n ng t y",
    "uê": " ch n nh",
    "uô": "c i m n ng p t",
    "uơ": " ",
    "uy": " a ch n nh p t u",
    "uyê": "n t",
    "ư": " a c i m n ng t u",
    "ươ": "c i m n ng p t u",
    "y": " m n nh t u",
    "yê": "m n ng t u",
}
_STOPS: Final = ("c", "ch", "p", "t")  # after these only the tones sắc and nặng
_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT = "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"
_VOWELS: Final = frozenset("aăâeêioôơuưy")

_TELEX_TONES: Final = {"s": _ACUTE, "f": _GRAVE, "r": _HOOK, "x": _TILDE, "j": _DOT}
_TELEX_SHAPES: Final = {"a": "â", "e": "ê", "o": "ô"}  # by the letter typed twice in a row
_HORN: Final = {"u": "ư", "o": "ơ"}
_VNI_TONES: Final = {"1": _ACUTE, "2": _GRAVE, "3": _HOOK, "4": _TILDE, "5": _DOT}
_VNI_SHAPES: Final = {"6": _TELEX_SHAPES, "7": _HORN, "8": {"a": "ă"}}
_LONGEST: Final = 12  # keys of one syllable: "nghieengx" has nine


@cache
def _toneless() -> frozenset[str]:
    """Every syllable that onsets and rhymes can build, without its tone."""
    rhymes = {nucleus + coda for nucleus, codas in _CODAS_OF.items() for coda in codas.split(" ")}
    return frozenset(onset + rhyme for onset in _ONSETS for rhyme in rhymes) | {"gi"}


def is_syllable(word: str) -> bool:
    """Whether a lower-case NFC word can be a syllable of Vietnamese."""
    tone = ""
    letters = ""
    for letter in unicodedata.normalize("NFD", word):
        if letter in _TELEX_TONES.values():
            if tone:
                return False
            tone = letter
        else:
            letters += letter
    letters = unicodedata.normalize("NFC", letters)
    return letters in _toneless() and (not letters.endswith(_STOPS) or tone in ("", _ACUTE, _DOT))


Keys = tuple[tuple[str, int], ...]  # the letters of a syllable, each with the place of its key


@lru_cache(maxsize=16384)
def decode_telex(keys: str) -> Keys | None:
    """The syllable that ``keys`` (lower-case ASCII letters) spell in Telex, or ``None`` if they spell none.

    A word that spells itself (no key of it adds an accent) is none either.
    """
    if len(keys) > _LONGEST:
        return None
    letters: list[str] = []
    places: list[int] = []
    tone = ""
    for place, key in enumerate(keys):
        has_vowel = any(letter in _VOWELS for letter in letters)
        if has_vowel and key in _TELEX_TONES:
            if tone:
                return None
            tone = _TELEX_TONES[key]
        elif letters and letters[-1] == key and key in _TELEX_SHAPES and places[-1] == place - 1:
            letters[-1] = _TELEX_SHAPES[key]
        elif letters == ["d"] and key == "d":
            letters[-1] = "đ"
        elif has_vowel and key == "w":
            if not _add_horn(letters):
                return None
        else:
            letters.append(key)
            places.append(place)
    return _spelled(letters, places, tone, keys)


@lru_cache(maxsize=16384)
def decode_vni(keys: str) -> Keys | None:
    """The syllable that ``keys`` (lower-case ASCII letters and digits) spell in VNI, or ``None`` if they spell none."""
    if len(keys) > _LONGEST:
        return None
    letters: list[str] = []
    places: list[int] = []
    tone = ""
    for place, key in enumerate(keys):
        if not key.isdigit():
            letters.append(key)
            places.append(place)
        elif key in _VNI_TONES:
            if tone or not any(letter in _VOWELS for letter in letters):
                return None
            tone = _VNI_TONES[key]
        elif key == "9" and letters[:1] == ["d"]:
            letters[0] = "đ"
        elif key == "7" and _add_horn(letters, breve=False):
            continue
        else:
            shapes = _VNI_SHAPES.get(key, {})
            for index in range(len(letters) - 1, -1, -1):
                if letters[index] in shapes:
                    letters[index] = shapes[letters[index]]
                    break
            else:
                return None
    return _spelled(letters, places, tone, keys)


def _add_horn(letters: list[str], *, breve: bool = True) -> bool:
    """``uo`` to ``ươ``, else the last ``u`` or ``o`` (or ``a``, with ``breve``) to ``ư``, ``ơ`` (``ă``)."""
    for index in range(len(letters) - 1, -1, -1):
        letter = letters[index]
        if letter in _HORN or (breve and letter == "a"):
            letters[index] = _HORN.get(letter, "ă")
            if letter == "o" and index and letters[index - 1] == "u" and letters[:index] != ["q", "u"]:
                letters[index - 1] = "ư"
            return True
    return False


def _spelled(letters: list[str], places: list[int], tone: str, keys: str) -> Keys | None:
    toneless = "".join(letters)
    if toneless == keys or toneless not in _toneless():
        return None
    if tone:
        if toneless.endswith(_STOPS) and tone not in (_ACUTE, _DOT):
            return None
        carrier = _tone_carrier(letters)
        letters = [*letters]
        letters[carrier] = unicodedata.normalize("NFC", letters[carrier] + tone)
    return tuple(zip(letters, places, strict=True))


def _tone_carrier(letters: list[str]) -> int:
    """Which letter carries the tone, in the older spelling (``hòa``) that folded text is written in."""
    vowels = [index for index, letter in enumerate(letters) if letter in _VOWELS]
    onset_vowel = (letters[:2] == ["g", "i"] or letters[:2] == ["q", "u"]) and len(vowels) > 1
    vowels = vowels[1:] if onset_vowel else vowels
    for index in reversed(vowels):
        if letters[index] in "ăâêôơ":
            return index
    if len(vowels) == 1 or (len(vowels) == 2 and vowels[-1] == len(letters) - 1):
        return vowels[0]
    return vowels[1]
