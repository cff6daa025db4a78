"""What the headers of requests and responses say, and how they go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from safeguard.web.media import media_type
from safeguard.web.messages import header

if TYPE_CHECKING:
    from safeguard.verdict import Decision
    from safeguard.web.messages import Headers, Request


def request_headers(headers: Headers, *, navigation: bool) -> Headers:
    """The headers with which a request goes on.

    Codings that the filter cannot undo are not asked for; a navigation asks for the whole document, because a part of
    one cannot be judged.
    """
    kept = []
    for name, value in headers:
        lower = name.lower()
        if lower == "accept-encoding":
            codings = [item.strip() for item in value.split(",")]
            value = (
                ", ".join(item for item in codings if item.partition(";")[0].strip().lower() in _CODINGS) or "identity"
            )
        if navigation and lower in ("range", "if-range"):
            continue
        kept.append((name, value))
    return tuple(kept)


_CODINGS: Final = frozenset({"gzip", "deflate", "br", "zstd", "identity"})


def asks_dns(request: Request) -> bool:
    """Whether a request is DNS over HTTPS (RFC 8484, or the JSON of Google and Cloudflare), whatever the host."""
    kinds = {header(request.headers, name).partition(";")[0].strip().lower() for name in ("accept", "content-type")}
    return not kinds.isdisjoint(_DNS_TYPES)


_DNS_TYPES: Final = frozenset({"application/dns-message", "application/dns-json", "application/oblivious-dns-message"})


def is_navigation(request: Request) -> bool:
    """Whether a request is for something that a browser shows as a document."""
    destination = header(request.headers, "sec-fetch-dest")
    if destination:
        return destination in ("document", "iframe", "frame", "embed", "object")
    return "text/html" in header(request.headers, "accept")


def is_whole(content_range: str) -> bool:
    """Whether ``Content-Range: bytes FIRST-LAST/SIZE`` stands for the whole."""
    span, _, size = content_range.strip().removeprefix("bytes ").partition("/")
    return size.isascii() and size.isdigit() and span == f"0-{int(size) - 1}"


def is_from_same_origin(request: Request) -> bool:
    """Whether a form was sent by a page of the origin that it is sent to.

    Browsers send ``Sec-Fetch-Site`` to secure origins only, and ``Origin`` with every POST; no page can forge either.
    """
    if site := header(request.headers, "sec-fetch-site"):
        return site == "same-origin"
    address = urlsplit(request.url)
    return header(request.headers, "origin").lower() == f"{address.scheme}://{address.netloc}".lower()


# What no longer holds of a body that was written anew.
_OF_THE_BODY: Final = frozenset(
    "content-length content-encoding transfer-encoding etag last-modified content-md5 digest content-digest "
    "repr-digest accept-ranges content-range cache-control content-type".split()
)


def redacted_headers(headers: Headers, decision: Decision) -> Headers:
    """The headers of a page of which parts were taken out; it is this child's, so no cache may keep it."""
    kind = media_type(headers) or "text/html"
    return (
        *(item for item in headers if item[0].lower() not in _OF_THE_BODY),
        ("Content-Type", f"{kind}; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("X-Safeguard-Category", decision.category.value if decision.category else "none"),
        ("X-Safeguard-Action", decision.action.value),
    )
