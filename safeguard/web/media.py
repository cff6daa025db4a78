"""What a response holds, read from its headers the way browsers read them.

A filter that reads a header otherwise than the browser can be walked around: two ``Content-Type`` lines, a type
without a slash or a second ``Content-Encoding`` would hide a page. Where readings differ, the one that gets the body
judged is taken.
"""

from __future__ import annotations

import codecs
import io
import zlib
from typing import TYPE_CHECKING, Final

import brotli
import regex
import zstandard

if TYPE_CHECKING:
    from safeguard.web.messages import Headers

SNIFF_BYTES: Final = 4096  # held before an undeclared body is taken for text or not; the standard looks at 1445

# Types behind which browsers look at the bytes (mimesniff.spec.whatwg.org, 7), and the one of all downloads.
_GUESSED: Final = frozenset({"", "application/octet-stream", "application/unknown", "unknown/unknown", "*/*"})
# They come bit by bit, perhaps without end: held, they would break the page.
_STREAMED: Final = frozenset(
    "text/event-stream application/x-ndjson application/ndjson application/jsonl application/x-jsonlines "
    "application/json-seq".split()
)
_SCRIPTS: Final = frozenset({"application/javascript", "application/ecmascript", "application/x-javascript"})
_QUOTED: Final = regex.compile(r'"(?:[^"\\]|\\.)*+(?:"|$)')
_ESSENCE: Final = regex.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")
_BOMS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BINARY: Final = regex.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")  # the standard's "binary data bytes"
_LOOKED_AT: Final = 1024


def combined(headers: Headers, name: str) -> str:
    """All values of a header in one, as RFC 9110 (5.3) joins lines of the same name."""
    return ", ".join(value for key, value in headers if key.lower() == name)


def media_type(headers: Headers) -> str:
    """The type of the body, lower-case and without parameters; empty where none can be read.

    Of several, the browser takes the last that it can read (fetch.spec.whatwg.org, "extract a MIME type"); here one
    that is text goes before all others.
    """
    kinds = [
        kind
        for item in _QUOTED.sub("", combined(headers, "content-type")).split(",")
        if _ESSENCE.fullmatch(kind := item.partition(";")[0].strip().lower()) and kind != "*/*"
    ]
    return next(filter(is_text, kinds), kinds[-1] if kinds else "")


def is_text(kind: str) -> bool:
    """Whether a body of that type is text for a reader."""
    return kind.startswith("text/") or kind in _SCRIPTS | _STREAMED or "json" in kind or kind.endswith(("+xml", "/xml"))


def is_several(kind: str) -> bool:
    """Whether a body of that type holds several, each with headers of its own: what is in them cannot be seen."""
    return kind.startswith("multipart/")


def is_document(kind: str) -> bool:
    """Whether a body of that type is a document whose text can be read, but that is no text itself."""
    return kind == "application/pdf"


def is_streamed(kind: str) -> bool:
    """Whether a body of that type is text that comes bit by bit and is shown as it comes."""
    return kind in _STREAMED


def is_guessed(kind: str) -> bool:
    """Whether the bytes say more than that type does.

    Pictures too: scripts may fetch what calls itself one, and show the page that is in it.
    """
    return kind in _GUESSED or (kind.startswith("image/") and not is_text(kind))


def starts_as_text(held: bytes, content_encoding: str) -> bool:
    """Whether the first bytes of a body are text; where that cannot be seen, yes: then it is held and judged."""
    try:
        start = _undo(held, content_encoding.strip().lower())[:_LOOKED_AT]
    except (LookupError, zlib.error, brotli.error, zstandard.ZstdError):
        return True
    # A tag at the start makes it a document whatever follows (mimesniff, 7.1): looked for before binary bytes are.
    return start.startswith(_BOMS) or start.lstrip(b"\t\n\x0c\r ").startswith(b"<") or _BINARY.search(start) is None


def _undo(held: bytes, coding: str) -> bytes:
    """The first decoded bytes of a body of which only the first coded ones are there."""
    match coding:
        case "" | "identity":
            return held
        case "gzip" | "x-gzip":
            return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(held, _LOOKED_AT)
        case "deflate":
            return zlib.decompressobj().decompress(held, _LOOKED_AT)
        case "br":
            return bytes(brotli.Decompressor().process(held, output_buffer_limit=_LOOKED_AT))
        case "zstd":
            return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(held)).read(_LOOKED_AT)
    raise LookupError(coding)
