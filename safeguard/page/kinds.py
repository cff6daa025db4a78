"""What a decoded body is, as far as extraction is concerned: by its declared type, or by its first bytes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import regex


class Kind(StrEnum):
    """The kinds of content that are read each in a way of its own."""

    HTML = "html"  # and every XML: SVG, RSS, XHTML
    JSON = "json"  # and JSON lines, and JSON with a prefix against inclusion
    SCRIPT = "script"
    STYLE = "style"
    PDF = "pdf"
    TEXT = "text"
    OTHER = "other"  # nothing that holds text for a reader


_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml", "text/xml", "application/xml", "image/svg+xml"})
_SCRIPT_TYPES: Final = frozenset(
    f"{top}/{name}" for top in ("text", "application") for name in ("javascript", "ecmascript", "x-javascript")
)
_MARKUP: Final = regex.compile(
    rb"<(?:!doctype|html|head|body|title|script|h1|div|p|a|table|iframe|font|br|style|!--|\?xml|svg|rss|feed)[\s>/?-]",
    regex.IGNORECASE,
)
_SNIFFED: Final = 1024  # bytes


def kind_of(content_type: str, data: bytes) -> Kind:
    """What a decoded body is.

    The bytes go before the type where the type says little, or where it is one behind which text is hidden: browsers
    show no picture that begins with a tag, but scripts fetch such "pictures" and show what is in them.
    """
    declared = content_type.partition(";")[0].strip().lower()
    if declared in _HTML_TYPES or declared.endswith("+xml"):
        return Kind.HTML
    if declared in (
        "application/json",
        "text/json",
        "application/x-ndjson",
        "application/jsonl",
        "application/json-seq",
    ) or declared.endswith("+json"):
        return Kind.HTML if _MARKUP.match(_start(data)) else Kind.JSON
    if declared == "application/pdf":
        return Kind.PDF
    if declared in _SCRIPT_TYPES:
        return Kind.SCRIPT
    if declared == "text/css":
        return Kind.STYLE
    if declared.startswith("text/"):
        # "text/plain" that begins with a tag is shown as its source by browsers, and as a page by scripts.
        return Kind.HTML if _MARKUP.match(_start(data)) else Kind.TEXT
    return sniff(data)


def _start(data: bytes) -> bytes:
    return data[:_SNIFFED].lstrip(b"\xef\xbb\xbf\t\n\x0c\r ")


def sniff(data: bytes) -> Kind:
    """Tell HTML, JSON, PDF, text and the rest by the first bytes, much as browsers do (mimesniff.spec.whatwg.org)."""
    start = _start(data)
    if _MARKUP.match(start):
        return Kind.HTML
    if start.startswith(b"%PDF-"):
        return Kind.PDF
    control = sum(1 for byte in start if byte < 9 or 13 < byte < 27 or 27 < byte < 32)
    utf16 = start[1::2].count(0) > len(start) // 5 or start[0::2].count(0) > len(start) // 5
    if control > 0 and not (utf16 and len(start) >= 8 and b"\x00\x00" not in start):
        return Kind.OTHER
    return Kind.JSON if start[:1] in (b"{", b"[") else Kind.TEXT
