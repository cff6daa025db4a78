"""The console: overview, instructions, a place to try a text; health and metrics for machines.

It writes nothing, needs no script in the browser, and fetches nothing from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import segno
from markupsafe import Markup
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from safeguard.console.hosts import OwnHosts, host_name, is_loopback
from safeguard.console.metrics import make_registry
from safeguard.console.status import ConsoleStatus
from safeguard.console.today import summarise
from safeguard.console.trial import bars, pieces
from safeguard.errors import SafeguardError
from safeguard.pages import LANGUAGES, PageMaker, accepted_language, texts
from safeguard.policy.profile import load_profiles
from safeguard.taxonomy import taxonomy

if TYPE_CHECKING:
    from starlette.requests import Request

    from safeguard.console.status import Judge

__all__ = ["ConsoleStatus", "create_app"]

MAX_TEXT: Final = 20_000  # characters of a text to try
_MAX_FORM: Final = MAX_TEXT * 12 + 1000  # bytes: a character takes at most four, each sent as %XX
_PAGES: Final = PageMaker("safeguard.console")
_STYLE: Final = "console.css"
_WILDCARDS: Final = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
_TRY_SITE: Final = "http://try.safeguard.test/"
_PLAIN_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# What a browser calls itself, and the instructions that fit it. The order matters: Android says Linux as well.
_SYSTEMS: Final = (
    ("iPhone", "ios"),
    ("iPad", "ios"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("Macintosh", "macos"),
    ("Linux", "linux"),
)


def create_app(status: ConsoleStatus, judge: Judge | None = None) -> Starlette:
    """The console as an ASGI application; it binds nothing.

    Args:
        judge: judges a text under a profile, for the page to try one; without it that page says so.
    """
    console = _Console(status, judge)
    routes = [
        Route("/", console.overview),
        Route("/setup", console.setup),
        Route("/ca", console.certificate),
        Route("/ca.crt", console.certificate),
        Route("/try", console.try_text, methods=["GET", "POST"]),
        Route("/.safeguard/health", console.health),
        Route("/metrics", console.metrics),
    ]
    name = urlsplit(status.console).hostname or "localhost"
    return Starlette(
        routes=routes, middleware=[Middleware(OwnHosts, name=name)], exception_handlers={404: console.missing}
    )


class _Console:
    def __init__(self, status: ConsoleStatus, judge: Judge | None) -> None:
        self._status = status
        self._judge = judge
        self._registry = make_registry(status)
        self._profiles = load_profiles()

    async def overview(self, request: Request) -> Response:
        """What runs here and what it did today."""
        parts = self._status.healthy()
        profile = self._profiles.get(self._status.profile)
        return self._page(
            request,
            "overview",
            status=self._status,
            proxy=self._proxy(request),
            profile=profile,
            broken=[part for part, works in parts.items() if not works],
            today=summarise(self._status.counts()),
            appeals=self._status.appeals()[::-1],
            taxonomy=taxonomy(),
            try_site=_TRY_SITE,
        )

    async def setup(self, request: Request) -> Response:
        """How to set devices up, the kind of device that asks first."""
        proxy = self._proxy(request)
        address = f"http://{request.headers['host']}/ca"
        agent = request.headers.get("user-agent", "")
        return self._page(
            request,
            "setup",
            proxy_host=host_name(proxy),
            proxy_port=proxy.rpartition(":")[2],
            has_ca=self._status.ca_pem() is not None,
            ca_address=address,
            qr_code=_qr_code(address),
            loopback=is_loopback(host_name(request.headers["host"])),
            system=next((name for word, name in _SYSTEMS if word in agent), ""),
        )

    async def certificate(self, request: Request) -> Response:
        """The certificate that devices have to trust; never the key."""
        pem = self._status.ca_pem()
        if pem is None:
            return PlainTextResponse(
                texts("console", _language(request))["setup"]["no_ca"], 404, headers=dict(_PLAIN_HEADERS)
            )
        ending = "crt" if request.url.path.endswith(".crt") else "pem"
        disposition = {"Content-Disposition": f'attachment; filename="safeguard-ca.{ending}"'}
        return Response(pem, headers=_PLAIN_HEADERS | disposition, media_type="application/x-x509-ca-cert")

    async def try_text(self, request: Request) -> Response:
        """A form to try a text, and what the filter says about it. Nothing is kept."""
        values: dict[str, Any] = {
            "available": self._judge is not None,
            "profiles": self._profiles,
            "limit": MAX_TEXT,
            "taxonomy": taxonomy(),
        }
        if request.method != "POST" or self._judge is None:
            return self._page(request, "try", **values, given="", chosen=self._status.profile)
        words = texts("console", _language(request))["try"]
        form = await _read_form(request)
        if form is None:
            error = words["too_long"].format(limit=MAX_TEXT)
            return self._page(request, "try", 413, **values, given="", chosen=self._status.profile, error=error)
        text = form.get("text", [""])[0].replace("\r\n", "\n")
        chosen = form.get("profile", [self._status.profile])[0]
        values |= {"given": text, "chosen": chosen if chosen in self._profiles else self._status.profile}
        if not text.strip():
            return self._page(request, "try", 400, **values, error=words["empty"])
        if len(text) > MAX_TEXT:
            return self._page(request, "try", 413, **values, error=words["too_long"].format(limit=MAX_TEXT))
        try:
            verdict, decision, explanation = await run_in_threadpool(self._judge, text, values["chosen"])
        except SafeguardError:
            return self._page(request, "try", 400, **values, error=words["refused"])
        return self._page(
            request,
            "try",
            **values,
            decision=decision,
            bars=bars(verdict, self._profiles[values["chosen"]]),
            explanation=explanation,
            pieces=pieces(text, explanation.words),
        )

    async def health(self, request: Request) -> Response:  # noqa: ARG002
        """200 while every part works, else 503; for watchdogs."""
        parts = dict(self._status.healthy())
        well = all(parts.values())
        answer = {
            "status": "ok" if well else "failing",
            "parts": parts,
            "profile": self._status.profile,
            "started": self._status.started.isoformat(timespec="seconds"),
        }
        return JSONResponse(answer, 200 if well else 503, headers=_PLAIN_HEADERS)

    async def metrics(self, request: Request) -> Response:  # noqa: ARG002
        """Everything that is counted, in Prometheus' text format."""
        return Response(generate_latest(self._registry), headers=_PLAIN_HEADERS, media_type=CONTENT_TYPE_LATEST)

    async def missing(self, request: Request, error: Exception) -> Response:  # noqa: ARG002
        """404, with the way home."""
        return self._page(request, "missing", 404)

    def _page(self, request: Request, name: str, code: int = 200, **values: Any) -> Response:
        language = _language(request)
        words = texts("console", language)
        body = _PAGES.render(
            f"{name}.html.j2",
            language=language,
            words=words,
            text=words[name],
            page=name,
            path=request.url.path if name != "missing" else "/",
            **values,
        )
        headers = _PAGES.headers(language, style=_STYLE, frame_ancestors="'none'")
        return Response(body, code, headers=dict(headers))

    def _proxy(self, request: Request) -> str:
        """``host:port`` of the proxy as the one who asks can reach it; empty where there is none."""
        if not self._status.proxy:
            return ""
        host, _, port = self._status.proxy.rpartition(":")
        if host.strip("[]") not in _WILDCARDS:
            return self._status.proxy
        own = host_name(request.headers["host"])
        return f"[{own}]:{port}" if ":" in own else f"{own}:{port}"


def _language(request: Request) -> str:
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES else accepted_language(request.headers.get("accept-language", ""))


async def _read_form(request: Request) -> dict[str, list[str]] | None:
    """The fields of a form, or ``None`` where it is larger than any that we send."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM:
            return None
    return parse_qs(body.decode("utf-8", "replace"))


def _qr_code(address: str) -> Markup:
    """An address as a QR code: SVG without any style attribute, dark on light in every colour scheme."""
    code = segno.make(address, error="m", micro=False)
    svg = code.svg_inline(border=3, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704 - made of numbers only
