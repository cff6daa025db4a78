"""Read the corpus: ``models/corpus/<language>/<about>.jsonl``, one text a line.

A line is ``{"harm": true, "style": "forum", "text": "…", "also": ["scam"]}``. A harmful text carries the category that
its file is about, and those in ``also``; one with ``harm: false`` is a good page that uses the harm's words. Files
named for no category (``ordinary``, ``civic``) hold good pages only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from safeguard.errors import DataError
from safeguard.resources import load_toml
from safeguard.taxonomy import Category

if TYPE_CHECKING:
    from pathlib import Path


class Line(BaseModel):
    """One line of a corpus file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    harm: bool
    style: str
    text: str
    also: tuple[Category, ...] = ()


class Text(BaseModel):
    """One text with its labels."""

    model_config = ConfigDict(frozen=True)

    id: str
    language: str
    about: str
    labels: frozenset[Category]
    style: str
    text: str


def read_corpus(folder: Path) -> list[Text]:
    """All texts below ``folder``, in the order of their files and lines.

    Raises:
        DataError: a line that is no corpus line, or a harmful text in a file about no category.
    """
    texts: list[Text] = []
    for path in sorted(folder.glob("*/*.jsonl")):
        language, about = path.parent.name, path.stem
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    entry = Line.model_validate_json(line)
                    labels = frozenset({Category(about), *entry.also}) if entry.harm else frozenset()
                except (ValidationError, ValueError) as error:
                    raise DataError(f"{path}:{number}: {error}") from error
                identifier = f"{language}/{about}#{number}"
                texts.append(
                    Text(
                        id=identifier, language=language, about=about, labels=labels, style=entry.style, text=entry.text
                    )
                )
    if not texts:
        raise DataError(f"no corpus in {folder}")
    return texts


class Swaps(BaseModel):
    """Harmless sentences of one language in which only who they are about changes: ``{who}`` takes each group."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    groups: tuple[str, ...]
    sentences: tuple[str, ...]

    def of(self, sentence: str) -> list[str]:
        """A sentence about every group."""
        return [sentence.replace("{who}", group) for group in self.groups]


def read_swaps(path: Path) -> dict[str, Swaps]:
    """The sentences of each language.

    Raises:
        DataError: the file is missing or holds something else.
    """
    try:
        return {language: Swaps.model_validate(table) for language, table in load_toml(path).items()}
    except ValidationError as error:
        raise DataError(f"{path}: {error}") from error


def identity_texts(path: Path) -> list[Text]:
    """The sentences as good texts to train on, so that an identity raises no score by itself."""
    return [
        Text(
            id=f"{language}/identity#{number}",
            language=language,
            about="identity",
            labels=frozenset(),
            style="comment",
            text=text,
        )
        for language, swaps in read_swaps(path).items()
        for number, text in enumerate(text for sentence in swaps.sentences for text in swaps.of(sentence))
    ]
