"""Other ways in which people type the same text, made at training time so that the model meets them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

import regex

if TYPE_CHECKING:
    from random import Random

# Teen-code: written by hand from how pupils type; word -> its short forms.
_TEEN_CODE: Final[dict[str, tuple[str, ...]]] = {
    "không": ("ko", "k", "hong", "khum", "hok"),
    "được": ("đc", "dc", "đk"),
    "với": ("vs", "zới"),
    "bạn": ("bn", "b"),
    "mình": ("mk", "mik"),
    "biết": ("bít", "bik", "bt"),
    "gì": ("j", "rì"),
    "rồi": ("r", "rùi", "òi"),
    "vậy": ("z", "zậy", "v"),
    "cũng": ("cx", "cg"),
    "chồng": ("ck",),
    "vợ": ("vk",),
    "người": ("ng", "ngừi"),
    "nhiều": ("nhìu", "n`"),
    "trước": ("trc",),
    "trong": ("trog", "tr"),
    "thế": ("thía", "th"),
    "bây giờ": ("bh", "bây h"),
    "bao giờ": ("bh",),
    "giờ": ("h",),
    "tiền": ("xiền", "tìn"),
    "anh": ("a",),
    "em": ("e",),
    "quá": ("wá", "qá"),
    "nói": ("ns", "nóy"),
    "làm": ("lm",),
    "muốn": ("mún", "mốn"),
    "yêu": ("iu", "yêu"),
    "luôn": ("lun", "lun"),
    "đi": ("đy", "i"),
    "tin nhắn": ("tn", "ib"),
    "nhắn tin": ("nt", "ib"),
    "điện thoại": ("đt", "dt"),
    "và": ("n", "vs", "và"),
    "thích": ("thík", "thik"),
    "như thế nào": ("ntn",),
    "vui": ("zui",),
    "về": ("zề",),
    "phải": ("fải", "pải"),
}
_WORD: Final = regex.compile(r"\w+")


def strip_accents(text: str) -> str:
    """Type Vietnamese without its accents."""
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def teen_code(text: str, random: Random, share: float = 0.7) -> str:
    """Type like a teenager: ``share`` of the words that have a short form get one of them."""

    def shorten(match: regex.Match[str]) -> str:
        word = match.group()
        forms = _TEEN_CODE.get(word.lower())
        return random.choice(forms) if forms and random.random() < share else word

    return _WORD.sub(shorten, text)


def swap_letters(text: str, random: Random, share: float = 0.08) -> str:
    """Typing mistakes: in ``share`` of the words two neighbouring letters change places."""

    def swap(match: regex.Match[str]) -> str:
        word = match.group()
        if len(word) < 4 or random.random() > share:
            return word
        place = random.randrange(1, len(word) - 2)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    return _WORD.sub(swap, text)


def scrap(text: str, random: Random, longest: int = 12) -> str:
    """A few words in a row out of a text: one to ``longest`` of them, short ones as likely as long ones."""
    words = text.split()
    size = min(random.randint(1, longest), len(words))
    first = random.randint(0, len(words) - size)
    return " ".join(words[first : first + size])


def variants(text: str, language: str, random: Random) -> list[str]:
    """The text itself and the ways in which it is typed: for Vietnamese without accents and in teen-code as well."""
    if language == "vi":
        teen = teen_code(text, random)
        return [text, strip_accents(text), teen, strip_accents(teen)]
    return [text, swap_letters(text, random)]
