"""The console alone, without a proxy in the same process (``safeguard console``)."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import uvicorn

from safeguard.console.app import create_app
from safeguard.console.status import ConsoleStatus
from safeguard.errors import ListenError
from safeguard.listen import bind, parse_listen
from safeguard.policy.profile import DEFAULT_PROFILE
from safeguard.resources import state_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from safeguard.console.status import Judge

_CA_FILE: Final = "ca/mitmproxy-ca-cert.pem"  # where the proxy keeps the certificate, below the state folder


class _Server(uvicorn.Server):
    """Ends on Ctrl-C and SIGTERM without raising the signal again: that is the ordinary way to stop it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals while the server runs."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve_console(listen: str, judge: Judge | None = None, announce: Callable[[str], None] | None = None) -> int:
    """Serve the console until Ctrl-C or SIGTERM.

    Args:
        listen: ``HOST:PORT``.
        judge: judges a text under a profile, for the page to try one.
        announce: gets the console's address once it listens.

    Returns:
        The exit code: 0.

    Raises:
        ListenError: the address is none, taken, or not ours.
    """
    try:
        bound = bind("console", parse_listen(listen))
    except ValueError as error:
        raise ListenError(f"the console cannot listen on {error}") from None
    address = f"http://{listen.rpartition(':')[0]}:{bound.getsockname()[1]}"  # port 0 asks for any free one
    status = ConsoleStatus(
        proxy="",
        console=address,
        profile=DEFAULT_PROFILE,
        started=datetime.now(UTC),
        ca_pem=_stored_certificate,
        counts=dict,
        healthy=dict,
    )
    settings = uvicorn.Config(create_app(status, judge), log_config=None, access_log=False, lifespan="off")
    with bound:
        bound.listen()
        if announce is not None:
            announce(f"console  {address}")
        _Server(settings).run(sockets=[bound])
    return 0


def _stored_certificate() -> bytes | None:
    try:
        return (state_dir() / _CA_FILE).read_bytes()
    except OSError:
        return None
