"""Read the corpus: ``models/corpus/<language>/<about>.jsonl``, one text a line.

A line is ``{"harm": true, "style": "forum", "text": "…", "also": ["scam"]}``. A harmful text carries the category that
its file is about, and those in ``also``; one with ``harm: false`` is a good page that uses the harm's words. Files
named for no category (``ordinary``, ``civic``) hold good pages only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from safeguard.errors import DataError
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
