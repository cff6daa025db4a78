"""Questions that children asked about a block, until an adult has looked: the page and the note, never who asked."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

MAX_OPEN: Final = 200  # kept in memory; the oldest gives way
MAX_NOTE: Final = 120  # characters


@dataclass(frozen=True, slots=True)
class Appeal:
    """One question: which host was stopped, for which category, and what the child wants to say."""

    asked: datetime
    host: str
    category: str
    note: str


class Appeals:
    """The open questions, the newest last. Safe to share between threads."""

    def __init__(self) -> None:
        self._open: deque[Appeal] = deque(maxlen=MAX_OPEN)
        self._lock = Lock()

    def add(self, appeal: Appeal) -> None:
        """Remember one."""
        with self._lock:
            self._open.append(appeal)

    def open(self) -> tuple[Appeal, ...]:
        """All that are open."""
        with self._lock:
            return tuple(self._open)
