"""Today's counts as the overview shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from safeguard.taxonomy import Category
from safeguard.verdict import Action

if TYPE_CHECKING:
    from safeguard.console.status import Counts

_DECISIONS: Final = frozenset(action.value for action in Action)
# A page whose harmful part is taken out counts with the blocked ones: something was kept from the reader.
_BLOCKED: Final = frozenset({Action.BLOCK.value, Action.REDACT.value})


@dataclass(frozen=True, slots=True)
class Row:
    """One bar: a category, or ``None`` for pages that were stopped for another reason."""

    category: Category | None
    block: int
    warn: int


@dataclass(frozen=True, slots=True)
class Today:
    """The day in numbers. ``rows`` are the categories that were met, the most frequent first."""

    checked: int
    blocked: int
    warned: int
    appeals: int
    rows: tuple[Row, ...]


def summarise(counts: Counts) -> Today:
    """Add up the counts over all profiles."""
    happened: Counter[str] = Counter()
    blocked: Counter[str] = Counter()
    warned: Counter[str] = Counter()
    for (_, category, action), number in counts.items():
        happened[action] += number
        if action in _BLOCKED:
            blocked[category] += number
        elif action == Action.WARN:
            warned[category] += number
    names = sorted(blocked.keys() | warned.keys(), key=lambda name: (-blocked[name] - warned[name], name))
    return Today(
        checked=sum(number for action, number in happened.items() if action in _DECISIONS),
        blocked=blocked.total(),
        warned=warned.total(),
        appeals=happened["appeal"],
        rows=tuple(
            Row(Category(name) if name in set(Category) else None, blocked[name], warned[name]) for name in names
        ),
    )
