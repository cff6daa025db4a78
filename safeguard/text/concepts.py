"""Concepts: one idea in its many surface forms, Vietnamese and English, as features of the text model.

Letters do not carry over to pages by other hands as ideas do: "hand over your passport" and "giữ hộ chiếu giùm" share
none. A concept is present in a text or not, and two concepts may stand together, a lure beside an age or a weapon
beside the voice of a court; the model learns what each is worth. None is a judgement by itself, and an identity is
never one. The forms are data: ``rules/concepts/<name>.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from safeguard.text.alphabet import Positions
    from safeguard.text.lexicon import Lexicon

REACH: Final = 120  # symbols, some 25 words: two concepts as near as this stand together


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
class _Form:
    """In a lexicon, the meaning of a form: the number of its concept."""

    concept: int


def feature_names(concepts: Iterable[Concept]) -> tuple[str, ...]:
    """What the features stand for: each concept, then each pair of different ones, ``a+b``, in order."""
    names = [concept.name for concept in concepts]
    return (*names, *(f"{a}+{b}" for index, a in enumerate(names) for b in names[index + 1 :]))


class ConceptMatcher:
    """Finds concepts through a lexicon that it shares with other matchers."""

    def __init__(self, concepts: Iterable[Concept], lexicon: Lexicon[Any]) -> None:
        self.concepts = tuple(concepts)
        self.lexicon = lexicon
        count = len(self.concepts)
        self.features = count + count * (count - 1) // 2
        self._pair = np.zeros((count, count), dtype=np.int64)
        upper = np.triu_indices(count, 1)
        self._pair[upper] = np.arange(count, self.features)
        self._pair += self._pair.T
        for number, concept in enumerate(self.concepts):
            meaning = _Form(number)
            for forms in (concept.vi, concept.en):
                for view in ("accented", "both", "plain"):
                    for form in getattr(forms, view):
                        lexicon.add(form, view, meaning)
                for form in forms.forms:
                    lexicon.add(form, "accented", meaning)

    def select(self, terms: Iterable[tuple[Any, int, int]]) -> tuple[Positions, Positions]:
        """The numbers of the concepts among what the lexicon has found, and where each begins, ordered by place."""
        found = [(first, meaning.concept) for meaning, first, _ in terms if isinstance(meaning, _Form)]
        found.sort()
        table = np.array(found, dtype=np.int64).reshape(-1, 2)
        return table[:, 1], table[:, 0]

    def present(self, concepts: Positions, places: Positions, edges: Positions) -> Mapping[int, Positions]:
        """The features of each window that has any: the concepts in it, and the pairs within ``REACH``.

        Args:
            concepts: and ``places``, as :meth:`select` gives them.
            edges: the edges of the windows, increasing.
        """
        firsts = np.searchsorted(places, edges)
        present = {}
        for window in np.flatnonzero(np.diff(firsts)).tolist():
            its = slice(int(firsts[window]), int(firsts[window + 1]))
            numbers, where = concepts[its], places[its]
            near = np.abs(where[:, None] - where[None, :]) <= REACH
            pairs = self._pair[numbers[:, None], numbers[None, :]][near]
            present[window] = np.concatenate([np.unique(numbers), np.unique(pairs[pairs > 0])])
        return present
