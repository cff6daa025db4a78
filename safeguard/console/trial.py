"""One judged text as the try page shows it: strengths beside the profile's thresholds, and the text with its marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from safeguard.policy.profile import Profile
    from safeguard.taxonomy import Category
    from safeguard.text.explain import Words
    from safeguard.verdict import Verdict

_SHOWN_FROM: Final = 0.05  # weaker categories are not worth a bar
_MOST_BARS: Final = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """How strongly a text speaks for a category (0..1), and from where on the profile does something about it."""

    category: Category
    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the text, and whether it spoke for the category or against it; ``None`` where it said little."""

    text: str
    speaks_for: bool | None = None


def bars(verdict: Verdict, profile: Profile) -> tuple[Bar, ...]:
    """The strongest categories, the strongest first."""
    found = [
        Bar(category, score, profile.responses[category].threshold)
        for category, score in verdict.scores.items()
        if score >= _SHOWN_FROM
    ]
    return tuple(sorted(found, key=lambda bar: -bar.score)[:_MOST_BARS])


def pieces(text: str, words: Iterable[Words]) -> tuple[Piece, ...]:
    """Cut a text at the words that spoke for or against; of two that overlap, the first in the text holds."""
    cut: list[Piece] = []
    done = 0
    for span in sorted(words, key=lambda span: (span.start, -span.end)):
        if span.start < done or span.end <= span.start:
            continue
        if span.start > done:
            cut.append(Piece(text[done : span.start]))
        cut.append(Piece(text[span.start : span.end], speaks_for=span.weight > 0))
        done = span.end
    if done < len(text):
        cut.append(Piece(text[done:]))
    return tuple(cut)
