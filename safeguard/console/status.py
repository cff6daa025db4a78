"""What the console is told about the process it runs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from safeguard.store.appeals import Appeal
    from safeguard.text.explain import Explanation
    from safeguard.verdict import Decision, Verdict

    # Judges a text (first argument) under a profile (second), and says what decided.
    Judge = Callable[[str, str], tuple[Verdict, Decision, Explanation]]
    # (profile, category or "none", what happened) -> how often today
    Counts = Mapping[tuple[str, str, str], int]


@dataclass(frozen=True)
class ConsoleStatus:
    """The process that the console shows.

    Attributes:
        proxy: ``host:port`` of the proxy; empty where none runs in this process.
        console: the console's own address, ``http://host:port``.
        profile: the profile of every device that has none of its own.
        started: with its time zone.
        ca_pem: gives the certificate that devices have to trust, or ``None`` while there is none.
        counts: gives today's counts.
        healthy: gives for every part by name whether it works.
        appeals: gives the questions that children asked about a block, the newest last.
    """

    proxy: str
    console: str
    profile: str
    started: datetime
    ca_pem: Callable[[], bytes | None]
    counts: Callable[[], Counts]
    healthy: Callable[[], Mapping[str, bool]]
    appeals: Callable[[], Sequence[Appeal]] = tuple
