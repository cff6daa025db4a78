"""Put the filter together from its parts, for every way of running it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from safeguard.web.filter import WebFilter
from safeguard.web.probe_site import ProbeSite

if TYPE_CHECKING:
    from pathlib import Path

    from safeguard.guard import Guard
    from safeguard.store.appeals import Appeals
    from safeguard.store.counters import Counters
    from safeguard.web.config import FilterConfig


def make_filter(
    guard: Guard,
    config: FilterConfig,
    counters: Counters,
    appeals: Appeals,
    *,
    ca: Path | None = None,
    console: str | None = None,
) -> WebFilter:
    """The filter around a guard.

    Args:
        ca: the certificate file that the try site offers; it may appear later.
        console: the console's address, for the try site.

    Raises:
        UnknownProfileError: the configuration names a profile that does not exist.
    """
    site = ProbeSite(ca.read_bytes if ca else None, console)
    return WebFilter(guard, config, counters=counters, appeals=appeals, probe_site=site, clock=time.monotonic)
