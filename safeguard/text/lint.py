"""Check phrase packs beyond their form: what must never be a rule, and what would stop everyday pages.

A pack that loads may still do harm. Refused are entries made of nothing but words that name who people are or what they
believe (``rules/never.toml``), entries that are no more than everyday words in the view in which they are matched
(``rules/everyday.toml``), the same phrase twice, and patterns that can take very long or can never match.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, Final

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.text.normalize import fold
from safeguard.text.phrases import PhraseMatcher, load_pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from safeguard.text.lexicon import View
    from safeguard.text.phrases import Entry, Pattern, PhrasePack

# Words without a meaning of their own: beside words of the never-list they add nothing that could be a harm.
_FUNCTION_WORDS: Final = frozenset(
    (
        "các những và của là ở có thì mà cho với này kia đó ấy một người bọn tụi lũ thằng con mấy "
        "the a an and of to in on at for is are be this that these those all every some no not you your my we they it "
        "people person"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a pack, in one sentence."""

    pack: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.pack}: {self.sentence}"


def lint(folder: Path | None = None, words: Iterable[str] = ()) -> list[Fault]:
    """All faults of the packs in ``folder`` (default: the shipped ones); a pack that does not load is one.

    Args:
        words: more everyday words of Vietnamese, such as a dictionary's. A phrase that counts where a text carries no
            accents must not look like another of them.

    Raises:
        DataError: there are no packs, or the lists of words are damaged.
    """
    folder = folder or rules_dir() / "phrases"
    paths = sorted(folder.glob("*/*.toml"))
    if not paths:
        raise DataError(f"no phrase packs in {folder}")
    faults: list[Fault] = []
    packs = {}
    for path in paths:
        name = f"{path.parent.name}/{path.stem}"
        try:
            pack = load_pack(path)
            PhraseMatcher([pack]).build()
            packs[name] = pack
        except DataError as error:
            faults.append(Fault(name, str(error)))
    linter = _Linter(packs.values(), words)
    faults += (Fault(name, sentence) for name, pack in packs.items() for sentence in linter.sentences(name, pack))
    return faults


class _Linter:
    """What is wrong with packs, by lists of words that are folded once."""

    def __init__(self, packs: Iterable[PhrasePack], words: Iterable[str]) -> None:
        never = load_toml(rules_dir() / "never.toml")
        everyday = load_toml(rules_dir() / "everyday.toml")
        reasons = {term: group["reason"] for group in never.values() for term in (*group["vi"], *group["en"])}
        common = {
            language: [term.strip() for term in text.replace("\n", " ").split(",") if term.strip()]
            for language, text in everyday.items()
        }
        words = list(words)
        written = [
            term
            for pack in packs
            for entry in pack.entries
            for term in (
                *entry.phrases,
                *(anchor for pattern in entry.patterns for anchor in pattern.anchors),
                *(word for pattern in entry.patterns for word in _literal_words(pattern.match)),
            )
        ]
        self._forms = _forms([*reasons, *common["vi"], *common["en"], *words, *written])
        self._never = {self._forms[term][0]: reason for term, reason in reasons.items()}
        self._everyday = {
            language: frozenset(form for term in terms for form in self._forms[term])
            for language, terms in common.items()
        }
        self._dictionary: dict[str, set[str]] = {}
        for word in words:
            as_written, bare = self._forms[word]
            self._dictionary.setdefault(bare, set()).add(as_written)

    def sentences(self, name: str, pack: PhrasePack) -> Iterator[str]:
        if pack.name != name:
            yield f"it says that it is {pack.name}"
        seen: set[tuple[str, str]] = set()
        for entry in pack.entries:
            for phrase in entry.phrases:
                key = (entry.view, self._forms[phrase][0])
                if key in seen:
                    yield f"{phrase!r} stands twice in the view {entry.view}"
                seen.add(key)
                yield from self._phrase(phrase, entry, pack.language)
            for pattern in entry.patterns:
                yield from self._pattern(pattern, entry.view)

    def _phrase(self, phrase: str, entry: Entry, language: str) -> Iterator[str]:
        written, bare = self._forms[phrase]
        if (reason := self._only_never(written)) is not None:
            yield f"{phrase!r} may never be a rule: {reason}"
        if entry.needs:
            return
        matched = {"accented": {written}, "both": {written, bare}, "plain": {bare}}[entry.view]
        if matched & self._everyday[language]:
            yield f"{phrase!r} is everyday language in the view {entry.view}: say what it needs beside it"
        if language == "vi" and entry.view != "accented" and (others := self._dictionary.get(bare, set()) - {written}):
            yield f"{phrase!r} without accents may be {', '.join(sorted(others)[:3])!r}: say what it needs beside it"

    def _pattern(self, pattern: Pattern, view: View) -> Iterator[str]:
        for word in dict.fromkeys((*pattern.anchors, *_literal_words(pattern.match))):
            form = self._forms[word][view == "plain"]
            if form != word:
                yield f"{word!r} in a pattern never matches: it is folded to {form!r} and must be written so"
        if _takes_long(parser.parse(pattern.match)):
            yield f"the pattern {pattern.match!r} repeats a repetition without bounds: it can take very long"

    def _only_never(self, written: str) -> str | None:
        """The reason why a phrase is never a rule: it holds words of that list, and otherwise only function words."""
        rest = f" {written} "
        reason = None
        for term in sorted(self._never, key=len, reverse=True):
            if f" {term} " in rest:
                reason = reason or self._never[term]
                rest = rest.replace(f" {term} ", " ")
        return reason if set(rest.split()) <= _FUNCTION_WORDS else None


def _forms(terms: list[str]) -> dict[str, tuple[str, str]]:
    """Each term as it is folded, with accents and without."""
    folded = fold(terms)
    written, bare = folded.show(), folded.show(plain=True)
    return {
        term: (" ".join(written[first:last].split()), " ".join(bare[first:last].split()))
        for term, (first, last) in zip(terms, itertools.pairwise(folded.edges.tolist()), strict=True)
    }


def _literal_words(pattern: str) -> list[str]:
    """The words of two letters or more that stand in a regular expression."""
    return re.findall(r"[^\W\d_]{2,}", re.sub(r"\\.|\(\?[:=!<]*|\[.*?\]", " ", pattern))


def _takes_long(tokens: Any, *, repeated: bool = False) -> bool:
    """Whether a repetition without bounds stands within another: the search may take exponential time."""
    for code, argument in tokens:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            _, most, inner = argument
            unbounded = most == codes.MAXREPEAT
            if (unbounded and repeated) or _takes_long(inner, repeated=repeated or unbounded):
                return True
        elif code is codes.SUBPATTERN:
            if _takes_long(argument[-1], repeated=repeated):
                return True
        elif code is codes.BRANCH and any(_takes_long(branch, repeated=repeated) for branch in argument[1]):
            return True
    return False
