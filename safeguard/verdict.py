"""What a thing is, and what was decided about it: the value objects that every part of safeguard shares.

A :class:`Verdict` holds evidence and is free of policy; a :class:`Decision` is what a policy makes of it for one
profile at one moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from safeguard.taxonomy import Category

if TYPE_CHECKING:
    from collections.abc import Mapping


class Action(StrEnum):
    """What to do, from the mildest to the strictest."""

    ALLOW = "allow"
    TIP = "tip"  # let through, with a short piece of advice
    WARN = "warn"  # ask first; the person may go on
    REDACT = "redact"  # show the page without its harmful part
    BLOCK = "block"

    @property
    def severity(self) -> int:
        """0 (allow) to 4 (block)."""
        return _SEVERITY[self]


_SEVERITY = {action: rank for rank, action in enumerate(Action)}


class Outcome(StrEnum):
    """Whether the thing could be judged at all. Only the policy may let through what was not."""

    SCANNED = "scanned"
    NOT_SCANNABLE = "not_scannable"  # a kind of content that holds no text or picture we can judge
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    ENCRYPTED = "encrypted"  # for readers who have a password or a key


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence.

    Attributes:
        score: how strongly it speaks for the category, 0..1.
        source: names the rule, list entry or model, and its version: ``phrases/vi/gambling#3``, ``model/text@1``.
        start, end: the span in the text that was judged, in code points (``text[start:end]``); for a page, the text
            is :attr:`safeguard.page.classifier.Page.text`; for an address, the address as given.
        text: that span.
    """

    category: Category
    score: float
    source: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """An item of a page (a comment, a post, a card) that is harmful while the page around it is not.

    Attributes:
        item: its number in reading order, from 1 (:class:`safeguard.page.segments.Segment`).
    """

    item: int
    category: Category
    score: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a thing is.

    Attributes:
        scores: calibrated probability 0..1 for every category.
        findings: the evidence, strongest first.
        outcome: whether it could be judged.
        language: ``vi`` or ``en``, as given or guessed.
        parts: of a page, the harmful items, where they are the lesser part of it and can be taken out.
        rest: the scores of the page without them.
    """

    scores: Mapping[Category, float] = field(default_factory=lambda: NO_SCORES)
    findings: tuple[Finding, ...] = ()
    outcome: Outcome = Outcome.SCANNED
    language: str = "en"
    parts: tuple[Part, ...] = ()
    rest: Mapping[Category, float] = field(default_factory=lambda: NO_SCORES)

    @property
    def top(self) -> tuple[Category, float] | None:
        """The strongest category with its score, or ``None`` where nothing speaks for any."""
        category = max(self.scores, key=self.scores.__getitem__)
        score = self.scores[category]
        return (category, score) if score > 0 else None


NO_SCORES: Mapping[Category, float] = MappingProxyType(dict.fromkeys(Category, 0.0))


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy makes of a verdict for one profile.

    Attributes:
        category: what the decision is about; ``None`` where nothing was found.
        reason: a plain sentence in ``language``, fit for the person who is stopped.
        profile: the profile that decided.
        helpline: offer a helpline along with it.
        parts: for ``REDACT``, the items of the page that are to be taken out.
    """

    action: Action
    category: Category | None
    reason: str
    profile: str
    language: str = "en"
    helpline: bool = False
    outcome: Outcome = Outcome.SCANNED
    parts: tuple[int, ...] = ()
