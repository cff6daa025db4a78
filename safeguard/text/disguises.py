"""Undoing how words are hidden from filters: look-alikes, digits and signs for letters, spacing, repeats, raw keys.

Every function takes the symbols of :mod:`safeguard.text.alphabet` of whole batches of texts, which begin and end with
an ``EDGE``, and looks closer only where a cheap test on the arrays has found something. Each is linear in the length of
the text.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from safeguard.resources import load_toml, rules_dir
from safeguard.text import alphabet
from safeguard.text.alphabet import (
    EDGE,
    IS_ACCENTED,
    IS_DIGIT,
    IS_LETTER,
    IS_WORD,
    NEWLINE,
    OTHER,
    SHOWN,
    SPACE,
    SYMBOL_OF,
)
from safeguard.text.segment import word_ends
from safeguard.text.syllables import decode_telex, decode_vni
from safeguard.text.words import begins_of, count_within, holding, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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


_NOWHERE: Final = np.empty(0, dtype=np.int64)
_D, _J, _U, _W = (SYMBOL_OF[letter] for letter in "djuw")
_TELEX_KEY: Final = _table("djwfxr")
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


def undo_lookalikes(symbols: Symbols, disguised: Positions, alike: Symbols) -> Symbols:
    """Read letters of other scripts as the Latin letters that they resemble, where they stand for them.

    They do within a word that has Latin letters too; a word of look-alikes alone, if the text is Latin otherwise. Signs
    that resemble a letter ("fu©k") count as one between letters.

    Args:
        disguised: the places of what resembles a letter, and ``alike`` the letter for each.
    """
    if not disguised.size:
        return symbols
    is_sign = symbols[disguised] != OTHER
    signs = disguised[is_sign]
    reads = np.zeros(len(disguised), dtype=np.bool_)
    reads[is_sign] = IS_LETTER[symbols[signs - 1]] & IS_LETTER[symbols[signs + 1]]
    letters = disguised[~is_sign]
    if letters.size:
        foreign = symbols == OTHER
        latin = IS_LETTER.take(symbols)
        firsts, lasts = runs(latin | foreign)
        word = np.searchsorted(firsts, letters, side="right") - 1
        stands_in = np.bincount(word, minlength=len(firsts))
        has_latin = count_within(latin, firsts, lasts) > 0
        foreign_only = count_within(foreign, firsts, lasts) > stands_in
        texts = np.cumsum(symbols == EDGE)
        mostly_latin = (np.bincount(texts, weights=latin) > np.bincount(texts, weights=foreign))[texts[firsts]]
        reads[~is_sign] = (has_latin | (~foreign_only & mostly_latin))[word]
    if not reads.any():
        return symbols
    symbols = symbols.copy()
    symbols[disguised[reads]] = alike[reads]
    return symbols


def undo_leet(symbols: Symbols) -> Symbols:
    """Read a sign or digit as the letter it stands for where letters enclose it."""
    leet = np.flatnonzero(_LEET.take(symbols))
    if not leet.size:
        return symbols
    begins = begins_of(leet)  # of runs, by their number among leet
    ends = np.append(begins[1:], len(leet)) - 1
    enclosed = (
        IS_LETTER[symbols[leet[begins] - 1]] & IS_LETTER[symbols[leet[ends] + 1]] & (ends - begins < _MAX_LEET_RUN)
    )
    if not enclosed.any():
        return symbols
    symbols = symbols.copy()
    for places in (leet[begins[enclosed]], leet[ends[enclosed]]):  # runs of one or two
        symbols[places] = np.where(_LEET[symbols[places]], _LEET[symbols[places]], symbols[places])
    return symbols


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
    hides = np.flatnonzero(_HIDES.take(symbols))
    hides = hides[IS_LETTER[symbols[hides - 1]] | IS_LETTER[symbols[hides + 1]]]
    if not hides.size:
        return symbols
    words, table = _obscured()
    firsts, lasts = runs(_IN_OBSCURED.take(symbols))
    chosen = holding(firsts, hides)
    hidden = np.bincount(np.searchsorted(firsts, hides, side="right") - 1)[chosen]
    sizes = (lasts - firsts)[chosen]
    chosen = chosen[(sizes <= _LONGEST_OBSCURED) & (2 * hidden <= sizes)]  # else a number or a rule of stars
    symbols = symbols.copy()
    for first, last in zip(firsts[chosen].tolist(), lasts[chosen].tolist(), strict=True):
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


def spaced_letters(symbols: Symbols) -> Positions:
    """Which symbols go when letters that stand alone are joined to the word they spell: ``c.a.s.i.n.o``."""
    firsts, lasts = runs(IS_WORD.take(symbols))
    alone = firsts[lasts - firsts == 1]
    alone = alone[IS_LETTER[symbols[alone]]]
    between = alone[:-1][alone[1:] - alone[:-1] == 2] + 1
    between = between[symbols[between] != EDGE]
    if not between.size:
        return _NOWHERE
    begins = begins_of(between, 2)
    ends = np.append(begins[1:], len(between)) - 1
    if (
        (ends == begins).all()
        and not IS_ACCENTED[symbols[between - 1]].any()
        and not (IS_ACCENTED[symbols[between + 1]].any())
    ):
        return _NOWHERE  # two letters at most, as initials are
    parted = zip(between[begins].tolist(), (between[ends] + 1).tolist(), strict=True)
    found = [word for run in parted for word in _words_of(symbols, *run, (NEWLINE, SPACE))]
    texts = np.searchsorted(np.flatnonzero(symbols == EDGE), [begin for begin, _ in found]).tolist()
    sizes = [(end - begin) // 2 + 2 for begin, end in found]
    sure = Counter(text for text, size in zip(texts, sizes, strict=True) if size >= _SURELY_PARTED)
    dropped = []
    for text, (begin, end) in zip(texts, found, strict=True):
        separators = np.arange(begin, end, 2)
        letters = symbols[begin - 1 : end + 1 : 2]
        spaced = (symbols[separators] == SPACE).any()
        needed = (_MIN_SPACED if spaced else _MIN_DOTTED) - bool(IS_ACCENTED[letters].any())
        if sure[text] > 1 and not spaced:
            needed = 2
        if len(letters) >= needed:
            stay = [cut - 1 for cut in word_ends(show(letters))]
            dropped.append(np.delete(separators, stay))
    return np.concatenate([_NOWHERE, *dropped])


def _words_of(symbols: Symbols, begin: int, end: int, cut_at: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Cut a run of separators at the strongest, if it has weaker ones as well: ``s.o m.u.c.h`` is two words."""
    if cut_at:
        strong = symbols[begin:end:2] == cut_at[0]
        if strong.all():
            yield begin, end
            return
        for first, last in zip(*runs(~strong), strict=True):
            yield from _words_of(symbols, begin + 2 * int(first), begin + 2 * int(last) - 1, cut_at[1:])
    else:
        yield begin, end


def repeats(symbols: Symbols) -> Positions:
    """Which symbols go when a letter written three times or more is read once: ``đẹpppp``."""
    same = np.flatnonzero(symbols[1:] == symbols[:-1]) + 1
    same = same[IS_LETTER[symbols[same]]]
    neighbours = same[1:] - same[:-1] == 1
    return same[np.append(neighbours, False) | np.append(False, neighbours)] if neighbours.any() else _NOWHERE


def undo_vni(symbols: Symbols) -> tuple[Symbols, Positions]:
    """Read the raw keys of VNI typing as the syllables they spell: ``d9i5t``; and which symbols go."""
    digits = np.flatnonzero(IS_DIGIT.take(symbols))
    after_letter = digits[IS_LETTER[symbols[digits - 1]]]
    return _undo_keys(symbols, after_letter, decode_vni, _only_vni)


def undo_telex(symbols: Symbols) -> tuple[Symbols, Positions]:
    """Read the raw keys of Telex typing as the syllables they spell: ``ddijt``; and which symbols go."""
    keys = np.flatnonzero(_TELEX_KEY.take(symbols))
    before, at, after = symbols[keys - 1], symbols[keys], symbols[keys + 1]
    ends = ~IS_WORD[after]
    sign = (  # what _only_telex looks for
        ((at == _D) & (before == _D) & ~IS_WORD[symbols[keys - 2]])
        | ((at == _J) & IS_LETTER[before])
        | (_TONE_KEY[at] & _CODA_END[before] & ends)
        | (_INNER_TONE_KEY[at] & _CODA_BEGIN[after])
        | ((at == _W) & ((before == _U) | (ends & ~_AEO[before] & IS_LETTER[before])))
    )
    return _undo_keys(symbols, keys[sign], decode_telex, _only_telex)


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
    symbols: Symbols, signs: Positions, decode: Callable[[str], Keys | None], only: Callable[[str], bool]
) -> tuple[Symbols, Positions]:
    """Decode the words with a sign that can only be raw keys; and all others of texts in which there are many such."""
    if not signs.size:
        return symbols, _NOWHERE
    firsts, lasts = runs(IS_WORD.take(symbols))
    decoded: dict[tuple[int, int], Keys] = {}
    certain = []
    for number in holding(firsts, signs).tolist():
        first, last = int(firsts[number]), int(lasts[number])
        word = show(symbols[first:last])
        if only(word) and (keys := decode(word)) is not None:
            decoded[first, last] = keys
            certain.append(first)
    if not certain:
        return symbols, _NOWHERE
    text_of = np.cumsum(symbols == EDGE)
    words = np.bincount(text_of[firsts], minlength=int(text_of[-1]) + 1)
    raw = np.bincount(text_of[certain], minlength=len(words))
    typed_raw = (raw > 1) & (raw * _RAW_SHARE >= words)
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        if typed_raw[text_of[first]] and (keys := decode(show(symbols[first:last]))) is not None:
            decoded[first, last] = keys
    symbols = symbols.copy()
    dropped = []
    for (first, last), keys in decoded.items():
        stay = {first + place for _, place in keys}
        dropped += [place for place in range(first, last) if place not in stay]
        for letter, place in keys:
            symbols[first + place] = SYMBOL_OF[letter]
    return symbols, np.array(sorted(dropped), dtype=np.int64)
