"""One judged text as the try page shows it: strengths beside the profile's thresholds, and the text with its marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from safeguard.policy.profile import Profile
    from safeguard.taxonomy import Category
    from safeguard.verdict import Finding, Verdict

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
    """A run of the text; ``category`` is what it was recognised as, if anything."""

    text: str
    category: Category | None


def bars(verdict: Verdict, profile: Profile) -> tuple[Bar, ...]:
    """The strongest categories, the strongest first."""
    found = [
        Bar(category, score, profile.responses[category].threshold)
        for category, score in verdict.scores.items()
        if score >= _SHOWN_FROM
    ]
    return tuple(sorted(found, key=lambda bar: -bar.score)[:_MOST_BARS])


def pieces(text: str, findings: tuple[Finding, ...]) -> tuple[Piece, ...]:
    """Cut a text at the findings that are about a part of it; of two that overlap, the first in the text holds."""
    cut: list[Piece] = []
    done = 0
    for finding in sorted(findings, key=lambda finding: (finding.start, -finding.end)):
        whole = finding.start == 0 and finding.end >= len(text)
        if whole or finding.start < done or finding.end <= finding.start:
            continue
        if finding.start > done:
            cut.append(Piece(text[done : finding.start], None))
        cut.append(Piece(text[finding.start : finding.end], finding.category))
        done = finding.end
    if done < len(text):
        cut.append(Piece(text[done:], None))
    return tuple(cut)
