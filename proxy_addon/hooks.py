"""The mitmproxy hooks: they turn flows into the filter's requests and responses, and its replies into flows."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from mitmproxy import http
from mitmproxy.net.http.http1.read import expected_http_body_size
from mitmproxy.proxy.mode_specs import DnsMode

from proxy_addon.failsafe import fail_closed
from proxy_addon.limits import HOLD, Hold
from safeguard.web.filter import OWN_PATH, Plan
from safeguard.web.media import SNIFF_BYTES
from safeguard.web.messages import Reply, Request, Response
from safeguard.web.streams import MAX_MESSAGE, is_stopped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mitmproxy.proxy.context import Context
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData
    from mitmproxy.tls import ClientHelloData
    from mitmproxy.websocket import WebSocketMessage

    from safeguard.verdict import Decision
    from safeguard.web.filter import WebFilter
    from safeguard.web.judge import Judged
    from safeguard.web.messages import Headers
    from safeguard.web.streams import MessageFilter

    Judge = Callable[[Response, str, str], Awaitable[Judged]]

logger = logging.getLogger("safeguard.proxy")

# What a flow's metadata say of it.
_SETTLED: Final = "safeguard.settled"  # nothing is left to judge: a reply of ours, or a profile that fails open
_REPLY: Final = "safeguard.reply"  # the answer that must be the end of the flow, whatever the server still sends

_FORM: Final = "safeguard.form"  # what the request sends is held to be looked at
_MESSAGES: Final = "safeguard.messages"  # what judges the messages of a WebSocket
# Most messages are JSON, and what is not is judged as it stands.
_MESSAGE_TYPE: Final = (("content-type", "application/json; charset=utf-8"),)
_WEBSOCKET_HISTORY: Final = 1  # messages; mitmproxy would keep all of an open connection
_DNS_PORTS: Final = (53, 5353)  # mitmproxy forwards what goes there as DNS, past every hook below


class SafeguardAddon:
    """Filters every flow. ``judge`` is awaited for each response that the filter wants judged."""

    def __init__(self, web: WebFilter, judge: Judge) -> None:
        self._web = web
        self._judge = judge

    # Tunnels

    @fail_closed
    def http_connect(self, flow: http.HTTPFlow) -> None:
        """Refuse the tunnels that could not be looked into.

        Other blocked hosts get their tunnel, and the block page inside it: browsers show no answer to CONNECT.
        """
        host = flow.request.host
        unread = self._web.config.is_undecrypted(host) and not self._web.opens(host, _client(flow))
        if unread or flow.request.port in _DNS_PORTS:
            flow.response = _response_of(Reply(403, _NO_CONTENT, b""))

    async def tls_clienthello(self, data: ClientHelloData) -> None:
        """Pass through, unread, what is never decrypted."""
        if await self._stays_unread(data.context, data.client_hello.sni):
            data.ignore_connection = True

    async def _stays_unread(self, context: Context, sni: str | None) -> bool:
        """Whether all that is known of a connection's destination says that it is a host which is never decrypted."""
        address = context.server.address
        if address is None:
            return False
        asked = address[0]
        name = sni or asked
        if not self._web.config.is_undecrypted(name) or not self._web.opens(name, _peer(context.client.peername)):
            return False
        # The name in the hello costs a liar nothing, so the place where the connection goes must be that host's too.
        return await _resolves_to(name, asked) if _is_ip(asked) else self._web.config.is_undecrypted(asked)

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """Keep other machines from what listens on this one's loopback: the console, a database."""
        if (
            data.server.address
            and not isinstance(data.client.proxy_mode, DnsMode)  # it asks the resolver that adults have chosen
            and _is_loopback(data.server.address[0])
            and not _is_loopback(_peer(data.client.peername))
        ):
            data.server.error = "this machine's own services are not for others"

    # Requests

    @fail_closed
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Decide about the address, and take from the headers what would keep a page from being judged."""
        request = _request(flow)
        if not _names_agree(flow):
            # RFC 9110, 15.5.20: the client may try again on a connection of its own for that name.
            self._answer(flow, Reply(421, _NO_CONTENT, b""))
        elif flow.request.path.startswith(OWN_PATH):
            return  # the form is needed, and comes with the body
        elif (reply := self._web.before(request)) is not None:
            self._answer(flow, reply)
        elif (reply := self._web.origin(request)) is not None:
            flow.response = _response_of(reply)  # a server's answer that happens to come from here: judged like any
        else:
            url, headers = self._web.forwarded(request)
            if url != request.url:
                flow.request.path = f"{(parts := urlsplit(url)).path}?{parts.query}"
            flow.request.headers = http.Headers(_encode(headers))
            if self._web.sends(request):
                flow.metadata[_FORM] = True
            else:  # uploads are not looked at, so they are not held either
                flow.request.stream = expected_http_body_size(flow.request) != 0 or flow.request.is_http2

    @fail_closed
    def request(self, flow: http.HTTPFlow) -> None:
        """Answer the filter's own forms, and look at those that are about to be sent."""
        if flow.response is None and flow.request.path.startswith(OWN_PATH):
            reply = self._web.before(_request(flow))
            self._answer(flow, reply or Reply(404, _NO_CONTENT, b""))
        elif flow.response is None and flow.metadata.get(_FORM):
            instead = self._web.sent(_request(flow))
            if isinstance(instead, Reply):
                self._answer(flow, instead)
            elif instead is not None:
                flow.request.raw_content = instead
                flow.request.headers["content-length"] = str(len(instead))

    # Responses

    @fail_closed
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Hold what is to be judged, stream the rest."""
        if flow.response is None or flow.metadata.get(_SETTLED):
            return
        # QUIC would take the next visit past any proxy.
        flow.response.headers.pop("alt-svc", None)
        match self._plan(flow):
            case Plan.PASS:
                flow.response.stream = flow.response.status_code != 101  # what follows a 101 is no body
            case Plan.JUDGE:
                flow.metadata[HOLD] = Hold(self._web.config.hold_bytes, lambda held: self._refuse(flow, held))
            case Plan.GUESS:
                flow.metadata[HOLD] = Hold(SNIFF_BYTES, lambda held: self._settle(flow, held))
            case Plan.REFUSE:
                flow.metadata[HOLD] = Hold(0, lambda held: self._refuse(flow, held))
            case Plan.STREAM:
                self._stream(flow, flow.response)

    @fail_closed
    async def response(self, flow: http.HTTPFlow) -> None:
        """Judge what was held, and replace it where the decision says so."""
        if (last := flow.metadata.get(_REPLY)) is not None:
            flow.response = _response_of(last)
        if flow.response is None or flow.metadata.get(_SETTLED) or flow.response.stream:
            return
        body = flow.response.raw_content
        if not body or self._plan(flow) is Plan.PASS:
            return
        request = _request(flow)
        headers = _decode(flow.response.headers)
        response = Response(flow.response.status_code, headers, body, self._web.hints(request))
        judged = await self._judge(response, self._web.profile(request).name, self._web.language(request))
        if (reply := self._web.after(request, response, judged)) is not None:
            self._answer(flow, reply)

    async def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Judge what the server says, and forget all but the last message: an open connection must not grow."""
        if flow.websocket is None:
            return
        del flow.websocket.messages[:-_WEBSOCKET_HISTORY]
        message = flow.websocket.messages[-1]
        if not message.is_text:
            return
        try:
            if message.from_client:  # what children write to others is not stopped in the middle of a talk
                self._web.said(_request(flow), message.text)
            else:
                await self._judge_message(flow, message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the message must not pass
            logger.error("the filter failed at a message: %s", type(error).__name__)
            message.drop()

    async def _judge_message(self, flow: http.HTTPFlow, message: WebSocketMessage) -> None:
        request = _request(flow)
        if _MESSAGES not in flow.metadata:
            flow.metadata[_MESSAGES] = self._web.messages(request)
        messages: MessageFilter = flow.metadata[_MESSAGES]
        decision: Decision | None
        if len(message.text) > MAX_MESSAGE:
            whole = Response(200, _MESSAGE_TYPE, message.content)
            judged = await self._judge(whole, self._web.profile(request).name, self._web.language(request))
            decision = judged.decision
            if judged.body:
                self._web.stopped_message(request, decision)
                message.text = judged.body.decode()
                return
        else:
            decision = messages.judge(message.text)
        if decision is not None and is_stopped(decision):
            message.text = messages.mask(message.text, self._web.stopped_message(request, decision))

    def _stream(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Judge a response as it comes; it goes on without content coding and length, since it may be cut."""
        filter_ = self._web.stream(_request(flow), _decode(response.headers))
        for name in ("content-encoding", "content-length", "etag"):
            response.headers.pop(name, None)
        if flow.request.http_version == "HTTP/1.1" and "transfer-encoding" not in response.headers:
            response.headers["transfer-encoding"] = "chunked"

        def feed(piece: bytes) -> list[bytes]:
            try:
                return filter_.feed(piece)
            except Exception as error:  # noqa: BLE001 - inside mitmproxy's core: raising would leave the client waiting
                logger.error("the filter failed in a stream: %s", type(error).__name__)
                filter_.is_cut = True
                return []

        response.stream = feed

    def fail(self, flow: http.HTTPFlow) -> None:
        """End a flow whose hook failed, as its profile says."""
        try:
            reply = self._web.failed(_request(flow))
        except Exception:  # noqa: BLE001 - the last resort must hold whatever is broken
            reply = Reply(503, _NO_CONTENT, b"")
        flow.metadata[_SETTLED] = True
        if reply is not None:
            flow.request.stream = False
            flow.metadata[HOLD] = Hold(0, lambda _: Plan.REFUSE)
            self._answer(flow, reply)
        elif flow.response is None:
            flow.request.stream = True
        else:
            flow.metadata[HOLD] = Hold(0, lambda _: Plan.PASS)

    def _plan(self, flow: http.HTTPFlow) -> Plan:
        assert flow.response is not None
        return self._web.plan(_request(flow), flow.response.status_code, _decode(flow.response.headers))

    def _settle(self, flow: http.HTTPFlow, held: bytes) -> Plan:
        """The first bytes of a body of unknown type are there: hold the rest too, or let it go."""
        assert flow.response is not None
        try:
            plan = self._web.settle(_decode(flow.response.headers), held)
        except Exception as error:  # noqa: BLE001 - inside mitmproxy's core: raising would leave the client waiting
            logger.error("the filter failed at the first bytes: %s", type(error).__name__)
            plan = Plan.JUDGE
        if plan is Plan.JUDGE:
            flow.metadata[HOLD] = Hold(self._web.config.hold_bytes, lambda more: self._refuse(flow, more))
        return plan

    def _refuse(self, flow: http.HTTPFlow, held: bytes) -> Plan:
        """There is more of a text than is held: what the profile says of that."""
        try:
            assert flow.response is not None
            reply = self._web.refuse(_request(flow), _decode(flow.response.headers), held)
        except Exception as error:  # noqa: BLE001 - inside mitmproxy's core: raising would leave the client waiting
            logger.error("the filter failed at a large body: %s", type(error).__name__)
            reply = Reply(503, _NO_CONTENT, b"")
        flow.metadata[_SETTLED] = True
        if reply is None:
            return Plan.PASS
        flow.metadata[_REPLY] = reply
        return Plan.REFUSE

    def _answer(self, flow: http.HTTPFlow, reply: Reply) -> None:
        flow.metadata[_SETTLED] = True
        # Between the headers and the end of a response, mitmproxy would put the server's body into whatever response
        # stands there, so the last hook sets the answer again.
        flow.metadata[_REPLY] = reply
        flow.response = _response_of(reply)


class ServerFirst:
    """Shake hands with the server before the client, so that both sides speak the same protocol.

    Otherwise a browser gets HTTP/2 from us for every server, and each of its requests to a server that has only
    HTTP/1 costs a connection. Not for hosts that are blocked: they see nothing of us. mitmproxy's ``TlsConfig`` decides
    it for all hosts alike, so this addon must stand after it.
    """

    def __init__(self, web: WebFilter) -> None:
        self._web = web

    def tls_clienthello(self, data: ClientHelloData) -> None:
        """Decide the order for one connection."""
        address = data.context.server.address
        if address is None or data.ignore_connection or not data.context.server.tls:
            return
        host = data.client_hello.sni or address[0]
        client = _peer(data.context.client.peername)
        origin = self._web.origin(Request("CONNECT", f"https://{host}/")) if ":" not in host else None
        data.establish_server_tls_first = origin is None and self._web.opens(host, client)


_NO_CONTENT: Final = (("cache-control", "no-store"), ("content-length", "0"))


def _request(flow: http.HTTPFlow) -> Request:
    request = flow.request
    body = b"" if request.stream else request.raw_content or b""
    host = request.pretty_host  # the name that the client asks for; `request.host` is an address in transparent mode
    port = "" if request.port == {"http": 80, "https": 443}.get(request.scheme) else f":{request.port}"
    path = request.path if request.path.startswith("/") else "/"  # OPTIONS may ask for "*"
    url = f"{request.scheme}://{f'[{host}]' if ':' in host else host}{port}{path}"
    return Request(request.method, url, _decode(request.headers), body, _client(flow))


def _client(flow: http.HTTPFlow) -> str:
    return _peer(flow.client_conn.peername)


def _peer(address: tuple[str, int] | tuple[str, int, int, int] | None) -> str:
    return address[0] if address else ""


def _response_of(reply: Reply) -> http.Response:
    # HTTP/2 knows lower-case names only.
    headers = [(name.lower(), value) for name, value in reply.headers if name.lower() != "content-length"]
    return http.Response.make(reply.status, reply.body, http.Headers(_encode(tuple(headers))))


def _decode(headers: http.Headers) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in headers.fields)


def _encode(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("utf-8", "surrogateescape")) for name, value in headers]


def _names_agree(flow: http.HTTPFlow) -> bool:
    """Whether the host connected to, the one named in TLS and the one in the request are the same (no fronting)."""
    if _is_ip(flow.request.pretty_host) and flow.request.pretty_host != flow.request.host:
        return False  # an address in the Host header would be judged in the place of the host
    names = {flow.request.host, flow.request.pretty_host, flow.client_conn.sni or ""}
    return len({name.lower().rstrip(".") for name in names if name and not _is_ip(name)}) <= 1


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    name = host.strip("[]").rstrip(".").lower()
    if not _is_ip(name):
        return name == "localhost" or name.endswith(".localhost")
    address = ipaddress.ip_address(name)
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


async def _resolves_to(name: str, address: str) -> bool:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return address in {entry[4][0] for entry in found}
