"""Answers only those who ask for the console by an address of its own.

A web page elsewhere can point a name of its own at our address (DNS rebinding) and then read the console with its
visitor's browser. Its requests still carry that name in ``Host``, so names that are not ours are refused.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK_NAMES: Final = ("localhost", "ip6-localhost")


class OwnHosts:
    """ASGI middleware that refuses (421) every host but loopback names, IP addresses and ``name``.

    Args:
        name: the host on which the console listens.
    """

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._app = app
        self._names = (*_LOOPBACK_NAMES, name.lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http":
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or not self._is_own(host_name(hosts[0])):
                refusal = PlainTextResponse("This is not the name of this console.", 421)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_own(self, host: str) -> bool:
        return host in self._names or host.endswith(".localhost") or is_address(host)


def host_name(authority: str) -> str:
    """The host of ``host:port``, lower-case, without brackets."""
    host = authority.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_address(host: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach a host."""
    if is_address(host):
        return ipaddress.ip_address(host).is_loopback
    return host in _LOOPBACK_NAMES or host.endswith(".localhost")
