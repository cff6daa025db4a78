"""Tell Vietnamese from English, with or without accents: the two languages for which scores are calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from safeguard.errors import InputError
from safeguard.text import alphabet
from safeguard.text.alphabet import BREAK, SPACE

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


def _as_symbols(words: str) -> frozenset[bytes]:
    return frozenset(bytes(alphabet.SYMBOL_OF[letter] for letter in word) for word in words.split())


_VIETNAMESE_WORDS: Final = _as_symbols(_VIETNAMESE)
_ENGLISH_WORDS: Final = _as_symbols(_ENGLISH)
_ACCENTED_SHARE: Final = 0.08  # of the letters: Vietnamese prose has about 0.25, English full of loan words 0.05
# Letters that no other language with Latin letters has in its everyday words: those beyond Latin-1.
_ONLY_VIETNAMESE: Final = alphabet.IS_ACCENTED & np.array(
    [code < alphabet.SIZE and ord(alphabet.SHOWN[code]) > 0xFF for code in range(256)]
)
_ONLY_SHARE: Final = 0.02  # of the letters: a name in English prose is less
_MOSTLY: Final = 0.10  # of the letters: no text that is half English has so many
_MOSTLY_ACCENTED: Final = 0.18
_ENGLISH_SHARE: Final = 0.15  # of the words: English prose has about 0.4 of those above
_SAMPLE: Final = 4096  # symbols


def guess_language(folded: Folded, text: int = 0) -> str:
    """``vi`` or ``en`` for text number ``text``: of which there are more words; ``en`` where nothing tells."""
    first, last = int(folded.edges[text]) + 1, int(folded.edges[text + 1])
    symbols = folded.accented[first : min(last, first + _SAMPLE)]
    letters = np.count_nonzero(alphabet.IS_LETTER[symbols])
    only = np.count_nonzero(_ONLY_VIETNAMESE[symbols])
    accented = np.count_nonzero(alphabet.IS_ACCENTED[symbols])
    if only > _MOSTLY * letters or accented > _MOSTLY_ACCENTED * letters:
        return "vi"
    words = symbols.tobytes().replace(bytes([BREAK]), bytes([SPACE])).split(bytes([SPACE]))
    vietnamese = sum(word in _VIETNAMESE_WORDS for word in words)
    english = sum(word in _ENGLISH_WORDS for word in words)
    if only > _ONLY_SHARE * letters or accented > _ACCENTED_SHARE * letters:
        # Vietnamese words beside others: a Vietnamese text has hardly any of the words that English cannot do without.
        return "en" if english > _ENGLISH_SHARE * len(words) else "vi"
    return "vi" if vietnamese > english else "en"
