"""Make a hook fail closed.

mitmproxy logs an exception in a hook and lets the flow go on unchanged. For a filter that is the wrong way to fail,
so every hook is wrapped: after an exception the flow ends in the addon's own failure answer.
"""

from __future__ import annotations

import functools
import inspect
import logging
from typing import TYPE_CHECKING, Any, Protocol

from proxy_addon.quiet import place_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy.http import HTTPFlow

logger = logging.getLogger("safeguard.proxy")


class FailsClosed(Protocol):
    """An addon that knows what to answer when one of its hooks fails."""

    def fail(self, flow: HTTPFlow) -> None:
        """Give the flow the failure answer, or mark it so that it gets it; must not raise."""


def fail_closed[Hook: Callable[..., Any]](hook: Hook) -> Hook:
    """Wrap a hook ``(self, flow)``, async or not, of an addon that :class:`FailsClosed`."""
    if inspect.iscoroutinefunction(hook):

        @functools.wraps(hook)
        async def guarded_async(self: FailsClosed, flow: HTTPFlow) -> None:
            try:
                await hook(self, flow)
            except Exception as error:  # noqa: BLE001 - whatever it is, the page must not pass
                _report(hook, error)
                self.fail(flow)

        return guarded_async  # type: ignore[return-value]

    @functools.wraps(hook)
    def guarded(self: FailsClosed, flow: HTTPFlow) -> None:
        try:
            hook(self, flow)
        except Exception as error:  # noqa: BLE001 - whatever it is, the page must not pass
            _report(hook, error)
            self.fail(flow)

    return guarded  # type: ignore[return-value]


def _report(hook: Callable[..., Any], error: Exception) -> None:
    # The kind of error and where it arose, never its message: that may hold an address or a piece of the page.
    logger.error("the filter failed in %s: %s at %s", hook.__name__, type(error).__name__, place_of(error))
