"""Hear a call for help: words in which people say of themselves that they are in danger.

It is no judgement of the text: whoever hears one offers a helpline, and never blocks, counts or tells anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir
from safeguard.taxonomy import Category
from safeguard.text.language import LANGUAGES
from safeguard.text.lexicon import Lexicon
from safeguard.text.normalize import fold

if TYPE_CHECKING:
    from pathlib import Path


class HelpSeeking:
    """Finds the phrases of ``rules/help_seeking.toml``, with accents or typed without.

    Raises:
        DataError: the file is missing or not what it should be.
    """

    def __init__(self, path: Path | None = None) -> None:
        path = path or rules_dir() / "help_seeking.toml"
        self._lexicon: Lexicon[Category] = Lexicon()
        try:
            for name, phrases in load_toml(path).items():
                category = Category(name)
                for language in LANGUAGES:
                    for phrase in phrases[language]:
                        self._lexicon.add(phrase, "both", category)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: {error}") from error

    def hear(self, text: str) -> Category | None:
        """What the writer needs help with; ``None`` where nothing says so."""
        found = self._lexicon.find(fold([text]))
        return min(found, key=lambda hit: hit[1])[0] if found else None
