"""Tell Vietnamese from English, with or without accents: the two languages for which scores are calibrated."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from safeguard.errors import InputError
from safeguard.text import alphabet
from safeguard.text.alphabet import IS_ACCENTED, IS_LETTER
from safeguard.text.words import WordTable

if TYPE_CHECKING:
    from safeguard.text.normalize import Folded

LANGUAGES: Final = ("vi", "en")

# Words that one language uses all the time and the other hardly ever, as they look without accents; teen-code included.
_VIETNAMESE: Final = (
    "anh bac bai bao biet cac cai chi cua cung dang day den deu duoc giup hoac khi khong lai lam len minh moi muon "
    "nay nen neu ngay nguoi nha nhe nhieu nhu nhung noi oi qua rang rat roi sau se tai thay thoi tien toi trong truoc "
    "tren tu va vay viec voi vua ko hok khum dc cx vs bn mik iu nhen luon em ban xin uy tin vao choi"
)
_ENGLISH: Final = (
    "the of and is you that it he was for are with as his they be this have from or by but not what all were we when "
    "your there use each which she how their if will up other about out many then them these some her would into time "
    "has look more see than been who its did get our just no my in on at to"
)


def check_language(language: str | None) -> None:
    """Refuse a language for which there is no calibration; ``None`` stands for guessing it.

    Raises:
        InputError: it is neither ``vi`` nor ``en``.
    """
    if language not in (None, *LANGUAGES):
        raise InputError(f"unknown language {language!r}: choose vi, en or none to have it guessed")


@cache
def _known() -> WordTable:
    """The words of both languages, the Vietnamese ones first."""
    return WordTable((*_VIETNAMESE.split(), *_ENGLISH.split()))


_ONLY_IN_ENGLISH: Final = len(_VIETNAMESE.split())  # number of the first English word
_ACCENTED_SHARE: Final = 0.08  # of the letters: Vietnamese prose has about 0.25, English full of loan words 0.05
# Letters that no other language with Latin letters has in its everyday words: those beyond Latin-1.
_ONLY_VIETNAMESE: Final = alphabet.IS_ACCENTED & np.array(
    [code < alphabet.SIZE and ord(alphabet.SHOWN[code]) > 0xFF for code in range(256)]
)
_ONLY_SHARE: Final = 0.02  # of the letters: a name in English prose is less
_MOSTLY: Final = 0.10  # of the letters: no text that is half English has so many
_MOSTLY_ACCENTED: Final = 0.18
_ENGLISH_SHARE: Final = 0.15  # of the words: English prose has about 0.4 of those above


def guess_languages(folded: Folded) -> list[str]:
    """``vi`` or ``en`` for each text: of which there are more words; ``en`` where nothing tells."""
    bounds = folded.words_of_texts()
    words = np.diff(bounds)
    text_of = np.repeat(np.arange(len(words)), words)
    known, number = _known().find(folded.accented, folded.begins, folded.ends - folded.begins)
    is_english = number >= _ONLY_IN_ENGLISH
    english = np.bincount(text_of[known[is_english]], minlength=len(words))
    vietnamese = np.bincount(text_of[known[~is_english]], minlength=len(words))
    letters, only, accented = (
        np.add.reduceat(table.take(folded.accented), folded.edges[:-1], dtype=np.int64)
        for table in (IS_LETTER, _ONLY_VIETNAMESE, IS_ACCENTED)
    )
    surely = (only > _MOSTLY * letters) | (accented > _MOSTLY_ACCENTED * letters)
    # Vietnamese words beside others: a Vietnamese text has hardly any of the words that English cannot do without.
    partly = (only > _ONLY_SHARE * letters) | (accented > _ACCENTED_SHARE * letters)
    is_vietnamese = surely | np.where(partly, english <= _ENGLISH_SHARE * words, vietnamese > english)
    return ["vi" if one else "en" for one in is_vietnamese.tolist()]
