"""How often what was decided, and nothing about whom or where.

A counter has a day, a profile, a category and an action. There is no field for an address, a device or a text, so
none can be recorded by mistake.
"""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

Key = tuple[str, str, str]  # profile, category or "none", what happened


class Counters:
    """Counters in memory: of today, and in total since the start. Safe to share between threads."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._now = today
        self._lock = Lock()
        self._day = today()
        self._today: Counter[Key] = Counter()
        self._total: Counter[Key] = Counter()

    def add(self, profile: str, category: str | None, happened: str) -> None:
        """Count one decision (``allow``, ``block`` …) or act (``appeal``, ``continue``, ``failed``)."""
        key = (profile, category or "none", happened)
        with self._lock:
            self._roll()
            self._today[key] += 1
            self._total[key] += 1

    def today(self) -> Mapping[Key, int]:
        """Today's counts."""
        with self._lock:
            self._roll()
            return dict(self._today)

    def total(self) -> Mapping[Key, int]:
        """The counts since the start."""
        with self._lock:
            return dict(self._total)

    def _roll(self) -> None:
        if (now := self._now()) != self._day:
            self._day = now
            self._today.clear()
