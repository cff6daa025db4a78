"""The hooks one by one, on mitmproxy's own test flows and with the real filter."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from mitmproxy import connection, http, options
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow, tutils
from mitmproxy.tls import ClientHelloData
from mitmproxy.websocket import WebSocketMessage
from wsproto.frame_protocol import Opcode

from proxy_addon.hooks import SafeguardAddon, ServerFirst
from safeguard import Guard
from safeguard.store.appeals import Appeals
from safeguard.store.counters import Counters
from safeguard.verdict import Action, Decision
from safeguard.web.config import FilterConfig
from safeguard.web.filter import WebFilter
from safeguard.web.judge import Judged
from safeguard.web.messages import Response
from safeguard.web.probe_site import ProbeSite


@pytest.fixture
def web(guard: Guard) -> WebFilter:
    return make_web(guard)


def make_web(guard: Guard, **settings: object) -> WebFilter:
    return WebFilter(
        guard,
        FilterConfig(never_decrypt=frozenset({"bank.test", "localhost"}), **settings),  # type: ignore[arg-type]
        counters=Counters(lambda: date(2026, 11, 23)),
        appeals=Appeals(),
        probe_site=ProbeSite(),
        clock=lambda: 0.0,
    )


async def allow(response: Response, profile: str, language: str) -> Judged:
    return Judged(Decision(Action.ALLOW, None, "", profile, language))


def flow_to(host: str, *, header: str | None = None, sni: str | None = None, **request: object) -> http.HTTPFlow:
    flow = tflow.tflow(req=tutils.treq(**{"host": host, "headers": http.Headers(host=header or host), **request}))
    flow.client_conn.sni = sni
    return flow


def hello(address: tuple[str, int] | None, sni: str | None) -> ClientHelloData:
    client = connection.Client(peername=("127.0.0.1", 5), sockname=("127.0.0.1", 8080))
    context = Context(client, options.Options())
    context.server.address = address
    context.server.tls = True
    return ClientHelloData(context, SimpleNamespace(sni=sni))  # type: ignore[arg-type]


# Who is asked


@pytest.mark.parametrize(
    ("host", "header", "sni", "refused"),
    [
        ("site.test", "site.test", "site.test", False),
        ("site.test", "SITE.test.", None, False),
        ("site.test", "site.test:8443", "site.test", False),
        ("203.0.113.9", "site.test", "site.test", False),
        ("site.test", "other.test", "site.test", True),
        ("site.test", "site.test", "other.test", True),
        ("203.0.113.9", "site.test", "other.test", True),
        ("203.0.113.9", "203.0.113.9", None, False),
        ("::1", "[::1]", None, False),
        ("site.test", "203.0.113.9", "site.test", True),
        ("site.test", "127.0.0.1:8081", None, True),
        ("203.0.113.9", "203.0.113.10", None, True),
    ],
)
def test_the_names_of_a_request_must_agree(
    web: WebFilter, host: str, header: str, sni: str | None, refused: bool
) -> None:
    flow = flow_to(host, header=header, sni=sni)
    SafeguardAddon(web, allow).requestheaders(flow)
    assert (flow.response.status_code if flow.response else None) == (421 if refused else None)


def test_in_transparent_mode_the_name_is_judged_and_not_the_address(web: WebFilter) -> None:
    flow = flow_to("203.0.113.9", header="pornhub.com", sni="pornhub.com")
    SafeguardAddon(web, allow).requestheaders(flow)
    assert flow.response is not None
    assert flow.response.headers["x-safeguard-category"] == "sexual"


def test_no_request_goes_out_when_it_is_answered_here(web: WebFilter) -> None:
    flow = flow_to("pornhub.com", method=b"POST")
    flow.request.headers["content-length"] = "99999999"
    SafeguardAddon(web, allow).requestheaders(flow)
    assert flow.response is not None
    assert not flow.request.stream


# What is never decrypted


@pytest.mark.parametrize(
    ("address", "sni", "passed"),
    [
        (("bank.test", 443), "bank.test", True),
        (("www.bank.test", 443), "bank.test", True),
        (("bank.test", 443), None, True),
        (("evil.test", 443), "bank.test", False),
        (("bank.test", 443), "evil.test", False),
        (("203.0.113.9", 443), "bank.test", False),  # the address is not the bank's
        (("127.0.0.1", 443), "localhost", True),
        (("127.0.0.2", 443), "localhost", False),
        (("site.test", 443), "site.test", False),
        (("203.0.113.9", 443), None, False),
        (None, "bank.test", False),
    ],
)
async def test_only_a_connection_that_is_surely_theirs_is_passed_unread(
    web: WebFilter, address: tuple[str, int] | None, sni: str | None, passed: bool
) -> None:
    data = hello(address, sni)
    await SafeguardAddon(web, allow).tls_clienthello(data)
    assert data.ignore_connection is passed


async def test_profiles_that_allow_few_hosts_do_not_pass_others_unread(guard: Guard) -> None:
    addon = SafeguardAddon(make_web(guard, profile="early_years"), allow)
    data = hello(("bank.test", 443), "bank.test")
    await addon.tls_clienthello(data)
    assert not data.ignore_connection
    flow = flow_to("bank.test", method=b"CONNECT", port=443)
    addon.http_connect(flow)
    assert flow.response is not None, "nor are they decrypted"
    assert flow.response.status_code == 403


@pytest.mark.parametrize(
    ("host", "port", "refused"),
    [("site.test", 443, False), ("pornhub.com", 443, False), ("bank.test", 443, False), ("site.test", 53, True)],
)
def test_tunnels(web: WebFilter, host: str, port: int, refused: bool) -> None:
    flow = flow_to(host, method=b"CONNECT", port=port)
    SafeguardAddon(web, allow).http_connect(flow)
    assert (flow.response is not None) is refused


@pytest.mark.parametrize(
    ("address", "sni", "first"),
    [
        (("site.test", 443), "site.test", True),
        (("site.test", 443), None, True),
        (("2001:db8::1", 443), None, True),
        (("pornhub.com", 443), "pornhub.com", False),
        (("try.safeguard.test", 443), "try.safeguard.test", False),
    ],
)
def test_the_server_is_asked_first_unless_it_is_blocked(
    web: WebFilter, address: tuple[str, int], sni: str | None, first: bool
) -> None:
    data = hello(address, sni)
    ServerFirst(web).tls_clienthello(data)
    assert data.establish_server_tls_first is first


@pytest.mark.parametrize(
    ("client", "server", "refused"),
    [
        ("192.168.1.7", "127.0.0.1", True),
        ("192.168.1.7", "localhost", True),
        ("192.168.1.7", "x.localhost.", True),
        ("192.168.1.7", "::1", True),
        ("192.168.1.7", "::ffff:127.0.0.1", True),
        ("192.168.1.7", "0.0.0.0", True),
        ("192.168.1.7", "192.168.1.9", False),
        ("192.168.1.7", "site.test", False),
        ("127.0.0.1", "127.0.0.1", False),
        ("::1", "127.0.0.1", False),
    ],
)
def test_this_machines_own_services_are_not_for_others(web: WebFilter, client: str, server: str, refused: bool) -> None:
    data = ServerConnectionHookData(
        connection.Server(address=(server, 80)), connection.Client(peername=(client, 5), sockname=("", 1))
    )
    SafeguardAddon(web, allow).server_connect(data)
    assert (data.server.error is not None) is refused


def test_searches_go_out_safe(web: WebFilter) -> None:
    flow = flow_to("www.google.com", path="/search?q=m%C3%A8o&safe=off")
    SafeguardAddon(web, allow).requestheaders(flow)
    assert flow.request.path == "/search?q=m%C3%A8o&safe=active"
    assert flow.request.pretty_host == "www.google.com"


# What comes back


async def test_a_page_that_is_let_through_is_the_very_same(web: WebFilter) -> None:
    flow = flow_to("site.test")
    addon = SafeguardAddon(web, allow)
    addon.requestheaders(flow)
    flow.response = http.Response.make(200, b"\xff\xfe raw", {"Content-Type": "text/html", "X-Kept": "1"})
    before = flow.response
    addon.responseheaders(flow)
    await addon.response(flow)
    assert flow.response is before
    assert flow.response.raw_content == b"\xff\xfe raw"


@pytest.mark.parametrize(("kind", "streamed"), [("video/mp4", True), ("text/html", False), ("", False)])
def test_what_is_streamed(web: WebFilter, kind: str, streamed: bool) -> None:
    flow = flow_to("site.test")
    flow.response = http.Response.make(200, b"", {"Content-Type": kind, "Alt-Svc": 'h3=":443"'})
    SafeguardAddon(web, allow).responseheaders(flow)
    assert flow.response.stream is streamed
    assert "alt-svc" not in flow.response.headers


async def test_websocket_history_is_trimmed(web: WebFilter) -> None:
    flow = tflow.twebsocketflow()
    assert flow.websocket is not None
    flow.websocket.messages = [WebSocketMessage(Opcode.TEXT, from_client=True, content=b"%d" % n) for n in range(50)]
    await SafeguardAddon(web, allow).websocket_message(flow)
    assert [message.content for message in flow.websocket.messages] == [b"49"]
