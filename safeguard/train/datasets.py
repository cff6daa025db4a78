"""Published data sets that the model is trained on beside its corpus: real comments, as good texts only.

Their harmful halves are left alone: what ViHOS marks as offensive is often criticism of public persons, and Davidson's
labels are known to be biased against African-American English (Davidson et al. 2019, "Racial Bias in Hate Speech and
Abusive Language Detection Datasets"). Their good halves are how people really write, mistakes and all.
"""

from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Final

import regex

from safeguard.errors import DataError
from safeguard.train.corpus import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILES: Final = {"vihos": "text/vihos/vihos.jsonl", "davidson": "text/davidson/labeled_data.csv"}
_NEITHER: Final = "2"  # Davidson's class of tweets that are neither hateful nor offensive
_SHORTEST: Final = 3  # words
_LINK: Final = regex.compile(r"https?://\S+")
_NAME: Final = regex.compile(r"@\w+")


def read_datasets(folder: Path) -> tuple[list[Text], dict[str, str]]:
    """The good texts of all sets below ``folder``, and the sha256 of each set's file.

    Links and the names of accounts are taken out.

    Raises:
        DataError: a set is missing or damaged.
    """
    texts: list[Text] = []
    digests: dict[str, str] = {}
    for name, file in _FILES.items():
        path = folder / file
        try:
            digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            lines = list(_vihos(path) if name == "vihos" else _davidson(path))
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"the data set {path} cannot be read: {error}") from error
        for number, line in enumerate(lines):
            text = _NAME.sub("@", _LINK.sub("", line)).strip()
            if len(text.split()) >= _SHORTEST:
                texts.append(
                    Text(
                        id=f"{name}#{number}",
                        language="vi" if name == "vihos" else "en",
                        about=name,
                        labels=frozenset(),
                        style="comment",
                        text=text,
                    )
                )
    return texts, digests


def _vihos(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            comment = json.loads(line)
            if not comment["offensive_char_indices"]:
                yield comment["text"]


def _davidson(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["class"] == _NEITHER:
                yield row["tweet"]
