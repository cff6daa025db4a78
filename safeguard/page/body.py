"""From the bytes of a response to its text, within bounds.

A compressed body is a promise that may be a bomb: every coding is undone by a streaming decoder that stops at a cap,
so that memory never depends on what the sender claims. What cannot be decoded is said to be so; nothing passes as
empty text.
"""

from __future__ import annotations

import codecs
import zlib
from dataclasses import dataclass
from typing import Final, Protocol

import brotli
import regex
import webencodings
import zstandard

from safeguard.errors import SafeguardError
from safeguard.page.charsets import decode_vietnamese
from safeguard.verdict import Outcome

MAX_BYTES: Final = 4 << 20  # of decoded text that is judged as a whole
_MAX_DECODED: Final = 4 * MAX_BYTES  # beyond it, samples are taken of what there is until then
_MAX_RATIO: Final = 300  # times its size; what people write compresses 20 times at most
_HARMLESS: Final = 1 << 20  # bytes that any body may decode to
_SAMPLE: Final = 256 << 10  # characters of each sample of a body that is too large
_CIPHERS: Final = frozenset({"aes128gcm", "aesgcm"})  # content codings that need a key (RFC 8188)
_MAX_CODINGS: Final = 3  # stacked; real servers use one
_MAX_MEMBERS: Final = 1000  # of a gzip body; each costs a copy of the rest
_CHUNK: Final = 1 << 16
ZSTD_WINDOW: Final = 1 << 23  # RFC 9659: a zstd body on the web needs no more


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded body: its bytes, whether they are all of it, or why there are none."""

    data: bytes
    outcome: Outcome


class _UndecodableError(SafeguardError):
    """The body is not what its content coding says."""


class _TooLargeError(SafeguardError):
    """The body is larger than the cap when decoded; ``start`` is what there is of it."""

    def __init__(self, start: bytes) -> None:
        super().__init__("too large")
        self.start = start


class _Decoder(Protocol):
    def __call__(self, data: bytes, limit: int) -> bytes: ...


def _inflate(data: bytes, limit: int, window: int) -> bytes:
    """Gzip (all members) or deflate."""
    output = bytearray()
    for _ in range(_MAX_MEMBERS):
        decoder = zlib.decompressobj(window)
        output += decoder.decompress(data, limit + 1 - len(output))
        if len(output) > limit:
            raise _TooLargeError(bytes(output))
        if not decoder.eof:
            if decoder.unconsumed_tail:
                raise _TooLargeError(bytes(output))
            raise _UndecodableError("it ends too early")
        rest = decoder.unused_data
        if window == zlib.MAX_WBITS | 16 and rest[:2] == b"\x1f\x8b":
            data = rest
        else:
            return bytes(output)
    raise _UndecodableError("it has too many members")


def _gzip(data: bytes, limit: int) -> bytes:
    return _inflate(data, limit, zlib.MAX_WBITS | 16)


def _deflate(data: bytes, limit: int) -> bytes:
    """RFC 9110 means zlib's format; some servers send the raw one, and browsers take both."""
    try:
        return _inflate(data, limit, zlib.MAX_WBITS)
    except zlib.error:
        return _inflate(data, limit, -zlib.MAX_WBITS)


def _brotli(data: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    output = bytearray(decoder.process(data, output_buffer_limit=_CHUNK))
    while not decoder.is_finished():
        if len(output) > limit:
            raise _TooLargeError(bytes(output))
        more = decoder.process(b"", output_buffer_limit=_CHUNK)
        if not more and decoder.can_accept_more_data():
            raise _UndecodableError("it ends too early")
        output += more
    if len(output) > limit:
        raise _TooLargeError(bytes(output))
    return bytes(output)


def _zstd(data: bytes, limit: int) -> bytes:
    reader = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).stream_reader(data, read_across_frames=True)
    output = reader.read(limit + 1)
    if len(output) > limit:
        raise _TooLargeError(output)
    if not output and data:
        raise _UndecodableError("it holds no frame")
    return output


def _identity(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise _TooLargeError(data)
    return data


_DECODERS: Final[dict[str, _Decoder]] = {
    "": _identity,
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}


def decode_body(body: bytes, content_encoding: str = "", limit: int = MAX_BYTES) -> Body:
    """Undo the content codings of a body, the last applied first.

    Args:
        content_encoding: the header's value; empty for none.
        limit: bytes; a body that decodes to more is ``too_large``. Of the last coding undone, up to four times as
            much is returned then, to be sampled, but nothing where the body blows up as no text does.
    """
    most = min(_MAX_DECODED * limit // MAX_BYTES, max(_HARMLESS, _MAX_RATIO * len(body), limit))
    codings = [coding.strip().lower() for coding in content_encoding.split(",")]
    if len(codings) > _MAX_CODINGS:
        return Body(b"", Outcome.UNDECODABLE)
    if not _CIPHERS.isdisjoint(codings):
        return Body(b"", Outcome.ENCRYPTED)
    try:
        for left in range(len(codings), 0, -1):
            body = _DECODERS[codings[left - 1]](body, most)
    except _TooLargeError as error:
        return Body(error.start if left == 1 and most >= _MAX_DECODED else b"", Outcome.TOO_LARGE)
    except (KeyError, _UndecodableError, zlib.error, brotli.error, zstandard.ZstdError):
        return Body(b"", Outcome.UNDECODABLE)
    return Body(body, Outcome.SCANNED if len(body) <= limit else Outcome.TOO_LARGE)


def sample(text: str) -> tuple[str, str, str]:
    """Head, middle and tail of a text that is too large to be judged as a whole."""
    middle = (len(text) - _SAMPLE) // 2
    return text[:_SAMPLE], text[max(middle, 0) : middle + _SAMPLE], text[-_SAMPLE:]


_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER_CHARSET: Final = regex.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", regex.IGNORECASE)
_META_CHARSET: Final = regex.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]+)", regex.IGNORECASE)
_META_WITHIN: Final = 1024  # bytes: where the HTML standard lets it stand
_LOOKED_AT: Final = 1 << 16  # bytes that are looked at to guess a charset
_BROKEN_UTF8: Final = regex.compile(rb"[\xc0-\xff](?![\x80-\xbf])|(?<![\x80-\xff])[\x80-\xbf]")


def decode_text(data: bytes, content_type: str = "") -> str:
    """The text of decoded bytes: by BOM, header, ``<meta>``, UTF-16's look, UTF-8, and else Windows-1258 (Vietnamese).

    Bytes that make no sense in the charset become U+FFFD: a browser shows them so too, and the rest is judged.
    """
    for bom, charset in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(charset, "replace")
    for label in _declared(data, content_type):
        # Only the names that browsers know (encoding.spec.whatwg.org): any other codec of Python's would read a page as
        # nobody sees it.
        if (encoding := webencodings.lookup(label)) is not None:
            text: str = encoding.codec_info.decode(data, "replace")[0]
            return text
        if (old := decode_vietnamese(data, label)) is not None:
            return old
    if (charset_16 := _looks_like_utf16(data)) is not None:
        return data.decode(charset_16, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        broken = sum(1 for _ in _BROKEN_UTF8.finditer(data, 0, _LOOKED_AT))
        # A few broken bytes are damage in UTF-8; text that fails all along is of the older code page.
        return data.decode("utf-8" if broken * 100 < min(len(data), _LOOKED_AT) else "cp1258", "replace")


def _declared(data: bytes, content_type: str) -> list[str]:
    names = [match.group(1).lower() for match in _HEADER_CHARSET.finditer(content_type)]
    if (meta := _META_CHARSET.search(data, 0, _META_WITHIN)) is not None:
        name = meta.group(1).decode("ascii", "replace").lower()
        # A page whose <meta> can be read as ASCII is not UTF-16, whatever it says (HTML standard, 13.2.3.2).
        names.append("utf-8" if name.startswith("utf-16") else name)
    return names


def _looks_like_utf16(data: bytes) -> str | None:
    """UTF-16 without BOM: every other byte of mostly Latin text is zero."""
    sample = data[:2048]
    if len(sample) < 4:
        return None
    if sample[1::2].count(0) > len(sample) // 5:
        return "utf-16-le"
    return "utf-16-be" if sample[0::2].count(0) > len(sample) // 5 else None
