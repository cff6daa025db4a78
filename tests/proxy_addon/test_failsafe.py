"""A hook that raises ends in 503 or as the profile says, never in the page."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from proxy_addon.hooks import SafeguardAddon
from safeguard.web.config import FilterConfig
from safeguard.web.filter import Plan
from safeguard.web.messages import Reply, Request, Response

SECRET = b"<p>the page</p>"


class BrokenFilter:
    """Answers as the filter does until it comes to ``breaks``."""

    def __init__(self, breaks: str, *, fails_open: bool = False) -> None:
        self.breaks = breaks
        self.fails_open = fails_open
        self.config = FilterConfig()

    def _maybe(self, name: str) -> None:
        if name == self.breaks:
            raise RuntimeError(f"broken in {name}")

    def before(self, request: Request) -> None:
        self._maybe("before")

    def origin(self, request: Request) -> None:
        self._maybe("origin")

    def forwarded(self, request: Request) -> tuple[str, object]:
        self._maybe("forwarded")
        return request.url, request.headers

    def hints(self, request: Request) -> tuple[str, ...]:
        self._maybe("hints")
        return ()

    def sends(self, request: Request) -> bool:
        return False

    def plan(self, request: Request, status: int, headers: object) -> Plan:
        self._maybe("plan")
        return Plan.JUDGE

    def profile(self, request: Request) -> SimpleNamespace:
        self._maybe("profile")
        return SimpleNamespace(name="lower_secondary")

    def language(self, request: Request) -> str:
        return "en"

    def after(self, request: Request, response: Response, decision: object) -> None:
        self._maybe("after")

    def failed(self, request: Request) -> Reply | None:
        self._maybe("failed")
        return None if self.fails_open else Reply(503, (("Content-Type", "text/plain"),), b"not checked")


def flow_to(host: str, **request: object) -> http.HTTPFlow:
    flow = tflow.tflow(req=tutils.treq(host=host, **{"headers": http.Headers(host=host), **request}))
    flow.client_conn.sni = None
    return flow


async def run(flow: http.HTTPFlow, web: BrokenFilter, *, judge_breaks: bool = False) -> None:
    """Drive a flow through the hooks as mitmproxy does, the server's body coming between the last two."""

    async def judge(response: Response, profile: str, language: str) -> None:
        if judge_breaks:
            raise TimeoutError

    addon = SafeguardAddon(web, judge)  # type: ignore[arg-type]
    addon.requestheaders(flow)
    addon.request(flow)
    if flow.response is None:
        flow.response = http.Response.make(200, b"", {"Content-Type": "text/html"})
        addon.responseheaders(flow)
        flow.response.raw_content = SECRET
    else:
        addon.responseheaders(flow)
    await addon.response(flow)


@pytest.mark.parametrize(
    "breaks", ["before", "origin", "forwarded", "plan", "hints", "profile", "after", "judge", "failed"]
)
@pytest.mark.parametrize("fails_open", [False, True])
async def test_every_place_that_can_break(breaks: str, fails_open: bool) -> None:
    flow = flow_to("site.test")
    web = BrokenFilter(breaks, fails_open=fails_open)
    if breaks == "failed":
        web.before = lambda request: web._maybe("failed")  # type: ignore[method-assign]
    await run(flow, web, judge_breaks=breaks == "judge")
    assert flow.response is not None
    if fails_open and breaks != "failed":
        assert flow.response.raw_content == SECRET
    else:
        assert flow.response.status_code == 503
        assert flow.response.raw_content != SECRET
        assert not flow.response.stream


async def test_nothing_breaks_when_nothing_breaks() -> None:
    flow = flow_to("site.test")
    await run(flow, BrokenFilter("nowhere"))
    assert flow.response is not None
    assert flow.response.raw_content == SECRET


async def test_an_upload_that_breaks_is_not_streamed_on() -> None:
    headers = http.Headers([(b"host", b"site.test"), (b"content-length", b"99999999")])
    flow = flow_to("site.test", method=b"POST", headers=headers)
    await run(flow, BrokenFilter("before"))
    assert flow.response is not None
    assert flow.response.status_code == 503
    assert not flow.request.stream


async def test_the_log_says_where_and_not_what(caplog: pytest.LogCaptureFixture) -> None:
    flow = flow_to("secret.test", path=b"/secret")
    await run(flow, BrokenFilter("plan"))
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text
    assert "broken in" not in caplog.text
