"""Keep the lists of addresses fresh while the proxy runs, in a process of its own: the event loop never waits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from typing import Final

from safeguard.resources import state_dir

logger = logging.getLogger("safeguard.proxy")

_COMMAND: Final = (sys.executable, "-P", "-m", "safeguard.cli", "lists", "update", "--json")


async def keep_lists_fresh(hours: float) -> None:
    """Update the lists now, and then every so many hours, until cancelled.

    The proxy takes up what has changed by itself; what fails leaves the former lists in force.
    """
    while True:
        try:
            if _has_subscriptions() and await _update() != 0:
                logger.warning("not all lists could be updated: see safeguard lists status")
        except OSError as error:
            logger.error("the lists cannot be updated: %s", error.strerror)
        await asyncio.sleep(hours * 3600)


def _has_subscriptions() -> bool:
    path = state_dir() / "lists" / "subscriptions.json"
    return path.exists() and path.read_bytes().strip() != b"[]"


async def _update() -> int:
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
    )
    try:
        return await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
