"""The filter as a script for mitmproxy's own programs: ``mitmdump -s proxy_addon/addon.py``.

It is meant for experiments beside other addons. ``safeguard proxy`` is the safe way to run the filter: mitmdump opens
its listeners before it loads a script, unloads the filter for a moment whenever the file is saved, and logs what
people visit; ``safeguard proxy`` loads everything first, listens then, and stops if anything is missing. What this
script can do about it, it does: until the filter is ready, and if it cannot start, everything is answered with 503.
"""

from __future__ import annotations

import logging
import time
from datetime import date
from typing import TYPE_CHECKING

from mitmproxy import ctx, http

from proxy_addon.hooks import SafeguardAddon
from proxy_addon.limits import bound_held_bodies
from proxy_addon.recent import RecentVerdicts
from proxy_addon.setup import make_filter
from proxy_addon.workers import WorkerPool
from safeguard.errors import SafeguardError
from safeguard.guard import Guard
from safeguard.store.appeals import Appeals
from safeguard.store.counters import Counters
from safeguard.web.config import FilterConfig

if TYPE_CHECKING:
    from mitmproxy.addonmanager import Loader

logger = logging.getLogger("safeguard.proxy")


class Script:
    """Starts the filter when mitmproxy runs, and holds its hooks as a sub-addon."""

    def __init__(self) -> None:
        self.addons: list[object] = [_Closed()]
        self._workers: WorkerPool | None = None

    def load(self, loader: Loader) -> None:  # noqa: ARG002 - mitmproxy's signature
        """Set what the filter relies on: see :func:`proxy_addon.master.make_options`."""
        bound_held_bodies()
        ctx.options.update(connection_strategy="lazy", upstream_cert=False, rawtcp=False)

    async def running(self) -> None:
        """Start the filter."""
        config = FilterConfig()
        try:
            web = make_filter(Guard.installed(logger.error), config, Counters(date.today), Appeals())
            self._workers = await WorkerPool(1, config.judge_seconds).__aenter__()
        except SafeguardError as error:
            logger.error("the filter cannot start, everything is refused: %s", error)
            return
        self.addons = [SafeguardAddon(web, RecentVerdicts(self._workers.judge, time.monotonic).judge)]
        logger.warning("safeguard filters here; 'safeguard proxy' is the safe way to run it")

    async def done(self) -> None:
        """End the worker."""
        self.addons = [_Closed()]
        if self._workers is not None:
            await self._workers.close()


class _Closed:
    """Refuses everything."""

    def request(self, flow: http.HTTPFlow) -> None:
        flow.response = http.Response.make(503, b"The filter is not ready.", {"Cache-Control": "no-store"})


addons = [Script()]
