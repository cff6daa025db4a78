"""Undoing how words are hidden from filters: look-alikes, digits and signs for letters, spacing, repeats, raw keys.

Every function takes and returns symbols of :mod:`safeguard.text.alphabet` for whole batches of texts, and looks at
single words only where a cheap test on the arrays has found something. Each is linear in the length of the text.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from safeguard.resources import load_toml, rules_dir
from safeguard.text import alphabet
from safeguard.text.alphabet import EDGE, IS_ACCENTED, IS_DIGIT, IS_LETTER, IS_WORD, OTHER, SHOWN, SPACE, SYMBOL_OF
from safeguard.text.syllables import decode_telex, decode_vni, is_syllable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from safeguard.text.alphabet import Mask, Positions, Symbols
    from safeguard.text.syllables import Keys

# Digits and signs that stand for letters when letters enclose them ("c4s1no"), at most this many in a row, so that
# sizes, codes and prices stay what they are.
_MAX_LEET_RUN: Final = 2
_LEET: Final = np.zeros(256, dtype=np.uint8)
for _sign, _letter in zip("0134578", "oieastb", strict=True):
    _LEET[SYMBOL_OF[_sign]] = SYMBOL_OF[_letter]
for _code, _letter in ((alphabet.AT, "a"), (alphabet.DOLLAR, "s"), (alphabet.BANG, "i"), (alphabet.BAR, "l")):
    _LEET[_code] = SYMBOL_OF[_letter]
_HIDES: Final = (_LEET != 0) | IS_DIGIT  # may hide a letter of a word that is listed
_HIDES[alphabet.STAR] = True
_IN_OBSCURED: Final = _HIDES | IS_WORD
_LONGEST_OBSCURED: Final = 12

# Letters parted by one sign each are a disguise from this many letters on ("c.a.s.i.n.o"): with spaces one more,
# since "a b c" also stands in lists; one fewer if a letter has an accent, which no abbreviation has.
_MIN_DOTTED: Final = 3
_MIN_SPACED: Final = 4
_SURELY_PARTED: Final = 4  # letters: in a text with several words parted so, shorter ones are parted too

# A text in which one word in so many can only be raw keys is read as raw keys throughout.
_RAW_SHARE: Final = 12


def _table(letters: str) -> Mask:
    table = np.zeros(256, dtype=np.bool_)
    table[[SYMBOL_OF[letter] for letter in letters]] = True
    return table


_D, _J, _W = (SYMBOL_OF[letter] for letter in "djw")
_TONE_KEY: Final = _table("fxr")
_INNER_TONE_KEY: Final = _table("fx")
_CODA_END: Final = _table("cghmnpt")
_CODA_BEGIN: Final = _table("mn")
_AEO: Final = _table("aeo")
_SHOW: Final = dict(enumerate(SHOWN))
_SHOW.update({alphabet.STAR: "*", alphabet.AT: "@", alphabet.DOLLAR: "$", alphabet.BANG: "!", alphabet.BAR: "|"})


def show(symbols: Symbols) -> str:
    """Symbols as readable text of the same length."""
    return symbols.tobytes().decode("latin-1").translate(_SHOW)


def runs(mask: Mask) -> tuple[Positions, Positions]:
    """Where runs of true begin, and where each ends (exclusive)."""
    padded = np.zeros(len(mask) + 2, dtype=np.int8)
    padded[1:-1] = mask
    steps = np.diff(padded)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def count_within(mask: Mask, firsts: Positions, lasts: Positions) -> Positions:
    """How many are true within each run."""
    total = np.zeros(len(mask) + 1, dtype=np.int64)
    np.cumsum(mask, out=total[1:])
    return total[lasts] - total[firsts]


def undo_lookalikes(symbols: Symbols, alike: Symbols) -> Symbols:
    """Read letters of other scripts as the Latin letters that they resemble, where they stand for them.

    They do within a word that has Latin letters too; a word of look-alikes alone, if the text is Latin otherwise. Signs
    that resemble a letter ("fu©k") count as one between letters.
    """
    disguised = alike != 0
    if not disguised.any():
        return symbols
    signs = disguised & (symbols != OTHER)
    between = np.zeros(len(symbols), dtype=np.bool_)
    between[1:-1] = signs[1:-1] & IS_LETTER[symbols[:-2]] & IS_LETTER[symbols[2:]]
    foreign = symbols == OTHER
    letter = IS_LETTER[symbols]
    word = letter | foreign
    firsts, lasts = runs(word)
    latin = count_within(letter, firsts, lasts)
    others = count_within(foreign & ~disguised, firsts, lasts)
    texts = np.cumsum(symbols == EDGE)
    mostly_latin = (np.bincount(texts, weights=letter) > np.bincount(texts, weights=foreign))[texts[firsts]]
    reads = (latin > 0) | ((others == 0) & mostly_latin)
    inside = np.zeros(len(symbols) + 1, dtype=np.int8)
    inside[firsts[reads]] += 1
    inside[lasts[reads]] -= 1
    return np.where(between | (disguised & foreign & (np.cumsum(inside[:-1]) > 0)), alike, symbols)


def undo_leet(symbols: Symbols) -> Symbols:
    """Read a sign or digit as the letter it stands for where letters enclose it."""
    leet = _LEET[symbols] != 0
    if not leet.any():
        return symbols
    firsts, lasts = runs(leet)
    enclosed = IS_LETTER[symbols[firsts - 1]] & IS_LETTER[symbols[lasts]] & (lasts - firsts <= _MAX_LEET_RUN)
    inside = np.zeros(len(symbols) + 1, dtype=np.int8)
    inside[firsts[enclosed]] += 1
    inside[lasts[enclosed]] -= 1
    return np.where(np.cumsum(inside[:-1]) > 0, _LEET[symbols], symbols)


@cache
def _obscured() -> tuple[frozenset[str], dict[tuple[int, str], tuple[str, ...]]]:
    """The words that people hide behind stars and digits; the same by length and first letter."""
    words = frozenset(load_toml(rules_dir() / "obscured.toml")["words"])
    table: dict[tuple[int, str], tuple[str, ...]] = {}
    for word in sorted(words):
        table[len(word), word[0]] = (*table.get((len(word), word[0]), ()), word)
    return words, table


def undo_obscured(symbols: Symbols) -> Symbols:
    """Read ``f*ck``, ``đ*t``, ``5ex`` as the listed word that they can only be."""
    hides = _HIDES[symbols]
    near = np.zeros(len(symbols), dtype=np.bool_)
    near[1:-1] = hides[1:-1] & (IS_LETTER[symbols[:-2]] | IS_LETTER[symbols[2:]])
    if not near.any():
        return symbols
    words, table = _obscured()
    firsts, lasts = runs(_IN_OBSCURED[symbols])
    chosen = count_within(near, firsts, lasts) > 0
    symbols = symbols.copy()
    for first, last in zip(firsts[chosen].tolist(), lasts[chosen].tolist(), strict=True):
        if last - first > _LONGEST_OBSCURED:
            continue
        piece = symbols[first:last]
        word = show(np.where(_LEET[piece] != 0, _LEET[piece], piece))
        if word not in words:
            candidates = table.get((len(word), word[0]), ())
            fitting = [one for one in candidates if all(a in ("*", b) for a, b in zip(word, one, strict=True))]
            if "*" not in word or len(fitting) != 1:
                continue
            word = fitting[0]
        symbols[first:last] = [SYMBOL_OF[letter] for letter in word]
    return symbols


def spaced_letters(symbols: Symbols) -> Mask:
    """Which symbols stay when letters that stand alone are joined to the word they spell: ``c.a.s.i.n.o``."""
    kept = np.ones(len(symbols), dtype=np.bool_)
    word = IS_WORD[symbols]
    alone = np.zeros(len(symbols), dtype=np.bool_)
    alone[1:-1] = IS_LETTER[symbols[1:-1]] & ~word[:-2] & ~word[2:]
    between = np.zeros(len(symbols), dtype=np.bool_)
    between[1:-1] = alone[:-2] & alone[2:] & (symbols[1:-1] != EDGE)
    if not between.any():
        return kept
    found = [
        (parity + 2 * int(first), parity + 2 * int(last) - 1)
        for parity in (0, 1)
        for first, last in zip(*runs(between[parity::2]), strict=True)
    ]
    found = [word for run in found for word in _between_spaces(symbols, *run)]
    accented = IS_ACCENTED[symbols]
    habit = [begin for begin, end in found if (end - begin) // 2 + 2 >= _SURELY_PARTED]
    texts = np.cumsum(symbols == EDGE)
    parted = np.bincount(texts[habit], minlength=int(texts[-1]) + 1) > 1
    for begin, end in found:
        separators = slice(begin, end, 2)
        letters = slice(begin - 1, end + 1, 2)
        spaced = (symbols[separators] == SPACE).any()
        needed = (_MIN_SPACED if spaced else _MIN_DOTTED) - bool(accented[letters].any())
        if parted[texts[begin]] and not spaced:
            needed = 2
        if (end - begin) // 2 + 2 >= needed:
            kept[separators] = False
            for cut in _syllable_ends(show(symbols[letters])):
                kept[begin + 2 * (cut - 1)] = True
    return kept


def _between_spaces(symbols: Symbols, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a run of separators at its spaces, if it has signs as well: ``s.o m.u.c.h`` is two words."""
    spaces = symbols[begin:end:2] == SPACE
    if spaces.all() or not spaces.any():
        yield begin, end
        return
    for first, last in zip(*runs(~spaces), strict=True):
        yield begin + 2 * int(first), begin + 2 * int(last) - 1


def _syllable_ends(letters: str) -> Iterator[int]:
    """Where to cut joined letters that are several syllables of accented Vietnamese: ``càđộ`` after 2."""
    if letters.isascii():
        return
    cuts = []
    done = 0
    while done < len(letters):
        for size in range(min(7, len(letters) - done), 0, -1):
            if is_syllable(letters[done : done + size]):
                done += size
                break
        else:
            return  # no syllables: a foreign word
        cuts.append(done)
    yield from cuts[:-1]


def repeats(symbols: Symbols) -> Mask:
    """Which symbols stay when a letter written three times or more is read once: ``đẹpppp``."""
    kept = np.ones(len(symbols), dtype=np.bool_)
    if len(symbols) < 3:
        return kept
    same = np.zeros(len(symbols) + 1, dtype=np.bool_)
    same[1:-1] = (symbols[1:] == symbols[:-1]) & IS_LETTER[symbols[1:]]
    kept[1:] = ~(same[1:-1] & (same[:-2] | same[2:]))
    return kept


def undo_vni(symbols: Symbols) -> tuple[Symbols, Mask]:
    """Read the raw keys of VNI typing as the syllables they spell: ``d9i5t``; the mask says which symbols stay."""
    digit = IS_DIGIT[symbols]
    kept = np.ones(len(symbols), dtype=np.bool_)
    after_letter = np.zeros(len(symbols), dtype=np.bool_)
    after_letter[1:] = digit[1:] & IS_LETTER[symbols[:-1]]
    if not after_letter.any():
        return symbols, kept
    return _undo_keys(symbols, after_letter, decode_vni, _only_vni)


def undo_telex(symbols: Symbols) -> tuple[Symbols, Mask]:
    """Read the raw keys of Telex typing as the syllables they spell: ``ddijt``; the mask says which symbols stay."""
    kept = np.ones(len(symbols), dtype=np.bool_)
    if len(symbols) < 4:
        return symbols, kept
    before, at, after = symbols[:-2], symbols[1:-1], symbols[2:]
    sign = np.zeros(len(symbols), dtype=np.bool_)
    sign[1:-1] = (
        ((at == _D) & (before == _D))
        | ((at == _J) & IS_LETTER[before])
        | (_TONE_KEY[at] & _CODA_END[before] & ~IS_WORD[after])
        | (_INNER_TONE_KEY[at] & _CODA_BEGIN[after])
        | ((at == _W) & ~_AEO[before] & IS_LETTER[before])
    )
    if not sign.any():
        return symbols, kept
    return _undo_keys(symbols, sign, decode_telex, _only_telex)


def _only_vni(word: str) -> bool:
    """Whether keys that spell a syllable can hardly be anything else, as a product's number could."""
    digits = [place for place, key in enumerate(word) if key.isdigit()]
    shapes = any(word[place] in "6789" for place in digits)
    return (
        shapes
        and len(word) > 2
        and word[0].isalpha()
        and (len(digits) > 1 or word[1] == "9" or digits[0] < len(word) - 1)
    )


def _only_telex(word: str) -> bool:
    """Whether keys that spell a syllable are no word of English, which has ``boos`` and ``taj`` but no ``ddeer``."""
    return (
        word.startswith("dd")
        or "uw" in word
        or (word.endswith("w") and word[-2] not in "aeo")
        or word[-2:] in _TELEX_ENDS
        or any(pair in word for pair in _TELEX_PAIRS)
        or ("j" in word and any(double in word for double in ("aa", "ee", "oo", "w")))
    ) and word not in _ENGLISH_EXCEPTIONS


_TELEX_ENDS: Final = frozenset(coda + key for coda in "cghmnpt" for key in "fxrj") - {"gh", "tr"}
_TELEX_PAIRS: Final = ("jn", "jm", "jt", "jc", "jp", "fn", "fm", "xn", "xm")
_ENGLISH_EXCEPTIONS: Final = frozenset({"minx", "jinx", "lynx", "sphinx", "manx", "binx", "conf"})


def _undo_keys(
    symbols: Symbols, signs: Mask, decode: Callable[[str], Keys | None], only: Callable[[str], bool]
) -> tuple[Symbols, Mask]:
    """Decode the words with a sign that can only be raw keys; and all others of texts in which there are many such."""
    kept = np.ones(len(symbols), dtype=np.bool_)
    firsts, lasts = runs(IS_WORD[symbols])
    decoded: dict[tuple[int, int], Keys] = {}
    chosen = np.flatnonzero(count_within(signs, firsts, lasts) > 0)
    certain = []
    for number in chosen.tolist():
        first, last = int(firsts[number]), int(lasts[number])
        word = show(symbols[first:last])
        if (keys := decode(word)) is not None and only(word):
            decoded[first, last] = keys
            certain.append(first)
    if not certain:
        return symbols, kept
    text_of = np.cumsum(symbols == EDGE)
    words = np.bincount(text_of[firsts], minlength=int(text_of[-1]) + 1)
    raw = np.bincount(text_of[certain], minlength=len(words))
    typed_raw = (raw > 1) & (raw * _RAW_SHARE >= words)
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        if typed_raw[text_of[first]] and (keys := decode(show(symbols[first:last]))) is not None:
            decoded[first, last] = keys
    symbols = symbols.copy()
    for (first, last), keys in decoded.items():
        kept[first:last] = False
        for letter, place in keys:
            symbols[first + place] = SYMBOL_OF[letter]
            kept[first + place] = True
    return symbols, kept
