"""The small alphabet in which text is judged: one byte a letter.

Vietnamese and English need about a hundred letters, so a folded text is a byte string: a phrase automaton and n-gram
hashes run on it at memory speed, and a position in it is a position in an array. Every code point of Unicode maps to

* a letter of the alphabet: lower-cased, full-width and styled letters to plain ones, letters with foreign accents to
  their base letter, Vietnamese letters to themselves;
* a look-alike of such a letter (Cyrillic ``о`` for ``o``, ``©`` for ``c``), in a table of its own, because whether
  ``о`` is an evasion or Russian depends on the text around it;
* ``OTHER`` for the letters of scripts we do not judge, ``DELETE`` for what no reader sees, or a separator.

The tables are built by :func:`build_tables` from Unicode's own data and TR39's confusables and are stored beside this
file as ``fold.bin``, so that every Python, whatever its Unicode version, folds as the model was trained.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

Symbols = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
CodePoints = npt.NDArray[np.uint32]

_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VIETNAMESE = "".join(
    letter
    for vowel in _VOWELS
    for tone in _TONES
    if not (letter := unicodedata.normalize("NFC", vowel + tone)).isascii()
)

DELETE: Final = 0
SPACE: Final = 1
BREAK: Final = 2  # the end of a sentence or paragraph: no phrase reaches across it
OTHER: Final = 3
_LETTERS: Final = "0123456789abcdefghijklmnopqrstuvwxyzđ" + _VIETNAMESE
FIRST_LETTER: Final = 4
SIZE: Final = FIRST_LETTER + len(_LETTERS)
# Only while folding: punctuation that can also stand for a letter or end a sentence.
STOP, BANG, AT, DOLLAR, BAR, STAR, NEWLINE, EXPAND, EDGE = range(SIZE, SIZE + 9)
EDGE_CHARACTER: Final = "\U0010ffff"  # a code point that Unicode reserves for uses like this: it parts joined texts

# What a symbol is shown as; separators as a space or line break.
SHOWN: Final = "\u2400 \n\u2423" + _LETTERS

SYMBOL_OF: Final = {letter: FIRST_LETTER + index for index, letter in enumerate(_LETTERS)}


def _class_table(symbols: str) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[[SYMBOL_OF[symbol] for symbol in symbols]] = True
    return table


IS_DIGIT: Final = _class_table("0123456789")
IS_LETTER: Final = _class_table(_LETTERS[10:])
IS_ACCENTED: Final = _class_table("đ" + _VIETNAMESE)
IS_WORD: Final = IS_DIGIT | IS_LETTER
IS_WORD[OTHER] = True


def _base(letter: str) -> str:
    return "d" if letter == "đ" else unicodedata.normalize("NFD", letter)[0]


# symbol -> the same letter without its accents
STRIP: Final = np.arange(256, dtype=np.uint8)
for _letter in "đ" + _VIETNAMESE:
    STRIP[SYMBOL_OF[_letter]] = SYMBOL_OF[_base(_letter)]

# Code points from LIMIT on share three entries: rare CJK (OTHER), tags and selectors (DELETE), the edge between texts.
LIMIT: Final = 0x20000
_TABLE_SIZE: Final = LIMIT + 3
_FILE: Final = Path(__file__).with_name("fold.bin")

_PUNCTUATION = {"!": BANG, "@": AT, "$": DOLLAR, "|": BAR, "*": STAR, "\n": NEWLINE}
_STOPS = ".?;:…。！？；："
_SAME_SHAPE = {
    "ð": "đ",
    "ɖ": "đ",
    "ƌ": "đ",
    "ø": "o",
    "ł": "l",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "ß": "s",
}  # no decomposition
# Signs that people type for a letter; read so only between letters.
_SIGNS = dict(zip("©®€¢£¥§×¡⭕❌✖✝➕", "creclysxioxxtt", strict=True))
_INVISIBLE = "\u115f\u1160\u3164\uffa0\u2800"  # blank letters: Hangul fillers, empty braille


def _enclosed_letter(code: int) -> str | None:
    """Letters in boxes and circles that Unicode does not decompose: ``🅰``, ``🅐`` and the flag letters ``🇦``."""
    for first in (0x1F150, 0x1F170, 0x1F1E6):
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    return None


def _fold_code_point(code: int) -> int:
    character = chr(code)
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    if character in _STOPS:
        return STOP
    if character in _INVISIBLE:
        return DELETE
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me", "Cs"):
        return DELETE
    letter = _enclosed_letter(code) or unicodedata.normalize("NFKC", character).lower()
    letter = unicodedata.normalize("NFC", letter)
    letter = _SAME_SHAPE.get(letter, letter)
    if len(letter) > 1 and letter.isalnum():
        return EXPAND
    if letter in SYMBOL_OF:
        return SYMBOL_OF[letter]
    if letter in _PUNCTUATION or letter in _STOPS:
        return _PUNCTUATION.get(letter, STOP)
    base = unicodedata.normalize("NFKD", letter)[:1]
    if base in SYMBOL_OF:
        return SYMBOL_OF[base]
    if category == "Nd":
        return SYMBOL_OF[str(unicodedata.digit(character))]
    return OTHER if category[0] in "LN" or category == "Mc" else SPACE


def build_tables() -> tuple[Symbols, Symbols]:
    """Compute the fold table and the look-alike table; needs the development package ``confusable-homoglyphs``.

    Returns:
        Two arrays of one byte a code point (the last three entries stand for everything above ``LIMIT``): the symbol,
        and the Latin letter it resembles or 0.
    """
    from confusable_homoglyphs import confusables  # development only: the tables are shipped

    fold = np.zeros(_TABLE_SIZE, dtype=np.uint8)
    alike = np.zeros(_TABLE_SIZE, dtype=np.uint8)
    for code in range(LIMIT):
        fold[code] = _fold_code_point(code)
        if fold[code] == SPACE and chr(code) in _SIGNS:
            alike[code] = SYMBOL_OF[_SIGNS[chr(code)]]
        if fold[code] != OTHER:
            continue
        for entry in confusables.confusables_data.get(chr(code), ()):
            twin = unicodedata.normalize("NFKC", entry["c"]).lower()
            if twin in SYMBOL_OF and twin.isalpha():
                alike[code] = SYMBOL_OF[twin]
                break
        if alike[code] == 0 and (lower := chr(code).lower()) != chr(code) and len(lower) == 1:
            alike[code] = alike[ord(lower)] if ord(lower) < code else 0
    fold[LIMIT:] = OTHER, DELETE, EDGE
    return fold, alike


def write_tables() -> None:
    """Write ``fold.bin`` anew (``python -m safeguard.text.alphabet``)."""
    fold, alike = build_tables()
    _FILE.write_bytes(fold.tobytes() + alike.tobytes())


def symbols_of(code_points: CodePoints) -> Symbols:
    """The symbol of each code point."""
    return tables()[0].take(_within(code_points))


def lookalikes(symbols: Symbols, code_points: CodePoints) -> tuple[Positions, Symbols]:
    """Where code points stand that resemble a letter, and the letter for each; ``symbols`` are theirs."""
    places = np.flatnonzero((symbols == OTHER) | ((symbols == SPACE) & (code_points > 0x7F)))
    alike = tables()[1][_within(code_points[places])]
    found = alike != 0
    return places[found], alike[found]


def _within(code_points: CodePoints) -> CodePoints:
    """Code points as indices of the tables."""
    if code_points.size and code_points.max() >= LIMIT:
        high = np.where(code_points >= 0xE0000, LIMIT + 1, LIMIT)
        high[code_points == ord(EDGE_CHARACTER)] = LIMIT + 2
        return np.where(code_points >= LIMIT, high, code_points).astype(np.uint32)
    return code_points


@cache
def tables() -> tuple[Symbols, Symbols]:
    """The fold table and the look-alike table, as :func:`build_tables` returns them."""
    data = np.frombuffer(_FILE.read_bytes(), dtype=np.uint8)
    return data[:_TABLE_SIZE], data[_TABLE_SIZE:]


if __name__ == "__main__":
    write_tables()
