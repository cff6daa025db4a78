"""Concepts: one idea in its many surface forms, Vietnamese and English: what an explanation is said in.

They say in plain words what a text does: a lure beside an age, a weapon beside the voice of a court. None is a
judgement by itself, an identity is never one, and the score does not rest on them: as features of the model, alone or
in pairs, they added nothing to its n-grams (docs/decisions/0007). The forms are data: ``rules/concepts/<name>.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.text.lexicon import Lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from safeguard.text.lexicon import View
    from safeguard.text.normalize import Folded

_VIEWS: Final[tuple[View, ...]] = ("accented", "both", "plain")


class Forms(BaseModel):
    """The forms in one language, by the view in which they are looked for (see :mod:`safeguard.text.lexicon`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accented: tuple[str, ...] = ()
    both: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()  # English: as written


class Concept(BaseModel):
    """One idea.

    Attributes:
        name: the name of its file.
        reason: by language, what a page with it does: it completes "The page …".
        good: whether it is a voice of good pages, such as a warning.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    reason: dict[str, str]
    good: bool = False
    vi: Forms
    en: Forms


@cache
def load_concepts(folder: Path | None = None) -> tuple[Concept, ...]:
    """All concepts in ``folder`` (default: the shipped ones), in the order of their names.

    Raises:
        DataError: a file that is no concept, or none at all.
    """
    folder = folder or rules_dir() / "concepts"
    concepts = []
    for path in sorted(folder.glob("*.toml")):
        try:
            concepts.append(Concept.model_validate({"name": path.stem, **load_toml(path)}))
        except ValidationError as error:
            first = error.errors()[0]
            raise DataError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if not concepts:
        raise DataError(f"no concepts in {folder}")
    return tuple(concepts)


@dataclass(frozen=True, slots=True)
class ConceptHit:
    """A concept found in a folded text: symbols ``first`` up to but not ``last``."""

    concept: Concept
    first: int
    last: int


class ConceptMatcher:
    """Finds the forms of concepts in folded texts. Built when it is first needed: judging does without it."""

    def __init__(self, concepts: Iterable[Concept] | None = None) -> None:
        self._concepts = load_concepts() if concepts is None else tuple(concepts)
        self._lexicon: Lexicon[int] = Lexicon()
        for number, concept in enumerate(self._concepts):
            for forms in (concept.vi, concept.en):
                for view in _VIEWS:
                    for form in getattr(forms, view):
                        self._lexicon.add(form, view, number)
                for form in forms.forms:
                    self._lexicon.add(form, "accented", number)

    def find(self, folded: Folded) -> list[ConceptHit]:
        """All hits, ordered by place; of hits of one concept that overlap, the longest of those that begin first."""
        found = sorted(self._lexicon.find(folded), key=lambda hit: (hit[1], -hit[2]))
        done = [0] * len(self._concepts)
        hits = []
        for number, first, last in found:
            if first >= done[number]:
                hits.append(ConceptHit(self._concepts[number], first, last))
                done[number] = last
        return hits
