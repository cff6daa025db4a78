"""Put the filter together from its parts, for every way of running it."""

from __future__ import annotations

import socket
import time
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

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
    return WebFilter(
        guard,
        config,
        counters=counters,
        appeals=appeals,
        probe_site=site,
        clock=time.monotonic,
        is_console=partial(is_own_address, port=urlsplit(console).port) if console else lambda _: False,
    )


def is_own_address(netloc: str, port: int | None) -> bool:
    """Whether ``HOST:PORT`` is that port on this machine: an address is ours if it can be bound."""
    try:
        parts = urlsplit(f"//{netloc}")
        if parts.port != port or parts.hostname is None:
            return False
        if parts.hostname == "localhost":
            return True
        family = socket.AF_INET6 if ip_address(parts.hostname).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((parts.hostname, 0))
    except (OSError, ValueError):
        return False
    return True
