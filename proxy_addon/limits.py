"""Bound what is held of a body, and let a decision fall while it is being held.

mitmproxy has no hook between a response's headers and its end. Its option ``body_size_limit`` bounds what is held in
between, but also cuts every large download that is streamed, and its answer is not for children; and what a body
without a type holds shows in its first bytes only. So a flow may carry a :class:`Hold`, which is asked when that many
bytes are there. (mitmproxy 12: ``HttpStream.state_consume_response_body`` and ``check_body_size``.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mitmproxy.proxy.layers import http as http_layers
from mitmproxy.proxy.layers.http import DropStream, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestData,
    RequestProtocolError,
    ResponseData,
    ResponseProtocolError,
)

from safeguard.web.filter import Plan
from safeguard.web.sending import MAX_FORM

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy.proxy import events, layer

HOLD: Final = "safeguard.hold"  # where a flow's metadata has its Hold


@dataclass(slots=True)
class Hold:
    """How much of a response is held before somebody is asked.

    Attributes:
        limit: bytes as they come over the wire.
        full: is given what is held when it is more than ``limit``, and says how to go on: ``JUDGE`` to hold more (it
            has raised ``limit`` then), ``PASS`` to stream all of it, ``REFUSE`` to end the server's answer here: the
            ``response`` hook runs at once and puts another in its place. It must not raise.
    """

    limit: int
    full: Callable[[bytes], Plan]


class HeldStream(HttpStream):
    """A stream of mitmproxy's that heeds its flow's :class:`Hold`."""

    _cut = False

    def state_consume_request_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        # Requests go to servers as a stream; one that is held is answered here, and needs no more than a form does.
        if isinstance(event, RequestData) and len(self.request_body_buf) > MAX_FORM:
            return
        yield from super().state_consume_request_body(event)

    def state_consume_response_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        hold: Hold | None = self.flow.metadata.get(HOLD)
        held = self.response_body_buf
        if hold is None or not isinstance(event, ResponseData) or len(held) + len(event.data) <= hold.limit:
            yield from super().state_consume_response_body(event)
            return
        held += event.data
        match hold.full(bytes(held)):
            case Plan.PASS:
                yield from self._let_go()
            case Plan.REFUSE:
                yield from self._cut_off()

    def _let_go(self) -> layer.CommandGenerator[None]:
        """Stream what is held and what is still to come."""
        assert self.flow.response is not None
        self.flow.response.stream = True
        data = bytes(self.response_body_buf)
        self.response_body_buf.clear()
        yield from self.start_response_stream()
        yield from self.state_stream_response_body(ResponseData(self.stream_id, data))

    def _cut_off(self) -> layer.CommandGenerator[None]:
        """End the server's answer and finish the flow with what the ``response`` hook puts in its place."""
        assert self.flow.response is not None
        self._cut = True
        self.response_body_buf.clear()
        self.flow.response.data.content = b""
        # The server first: once the client has its answer it may use the connection for its next request.
        message, code = "more than can be judged", ErrorCode.RESPONSE_TOO_LARGE
        yield SendHttp(RequestProtocolError(self.stream_id, message, code), self.context.server)
        yield from self.send_response()
        self.server_state = self.state_errored

    def handle_protocol_error(
        self, event: RequestProtocolError | ResponseProtocolError
    ) -> layer.CommandGenerator[None]:
        if self._cut:  # the echo of our own cut: the client has its answer
            yield DropStream(self.stream_id)
        else:
            yield from super().handle_protocol_error(event)


def bound_held_bodies() -> None:
    """From now on, new streams heed their flow's :class:`Hold`."""
    http_layers.HttpStream = HeldStream  # type: ignore[misc]
