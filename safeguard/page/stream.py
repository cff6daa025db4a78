"""Text that comes bit by bit: the answers of chat assistants, feeds that never end, the messages of a chat.

Server-sent events (html.spec.whatwg.org, 9.2) and lines of JSON are read line by line. Assistants send words or parts
of words in events of their own, so what comes in is joined as it is shown, and a window over its end is what is judged.
"""

from __future__ import annotations

import codecs
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

import brotli
import regex
import zstandard

from safeguard.errors import PageError
from safeguard.page.body import ZSTD_WINDOW
from safeguard.page.extract import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WINDOW: Final = 1200  # characters that are judged together: about a screen of a phone
PART: Final = 3000  # characters of a text that comes all at once
_MAX_LINE: Final = 1 << 20  # bytes
_MAX_PIECE: Final = 1 << 20  # bytes that one piece may decode to; pieces come over the wire with 64 KiB at most
_SLICE: Final = 64  # bytes of zstd at a time: three bytes of it may stand for 128 KiB

# Under what names services put the words of an answer.
_TEXT_KEYS: Final = frozenset(
    "content text delta token response message answer output_text completion generated_text value v parts chunk chunks "
    "reasoning reasoning_content thinking thoughts thought text_delta output body msg data words".split()
)
_END: Final = regex.compile(rb"[\r\n]")


def incremental_decoder(content_encoding: str) -> Callable[[bytes], bytes]:
    """What undoes a content coding piece by piece.

    Raises:
        PageError: there is no such coding; and from the decoder, where the body is not what its coding says.
    """
    match content_encoding.strip().lower():
        case "" | "identity":
            return lambda piece: piece
        case "gzip" | "x-gzip":
            return _guarded(_Inflater(zlib.MAX_WBITS | 16), zlib.error)
        case "deflate":
            return _guarded(_Inflater(zlib.MAX_WBITS, -zlib.MAX_WBITS), zlib.error)
        case "br":
            return _guarded(_unbrotli(), brotli.error)
        case "zstd":
            return _guarded(_unzstd(), zstandard.ZstdError)
    raise PageError(f"a stream in the coding {content_encoding!r} cannot be read")


class _Inflater:
    """Gzip, of one member or several, or deflate; of the windows, the first in which the stream begins."""

    def __init__(self, *windows: int) -> None:
        self._windows = windows
        self._decoder = zlib.decompressobj(windows[0])
        self._has_begun = False

    def __call__(self, piece: bytes) -> bytes:
        output = b""
        while piece:
            try:
                output += self._decoder.decompress(piece, _MAX_PIECE - len(output) + 1)
            except zlib.error:
                if self._has_begun or len(self._windows) == 1:
                    raise
                # What servers call deflate has zlib's head, or none (RFC 9110, 8.4.1.2).
                self._windows = self._windows[1:]
                self._decoder = zlib.decompressobj(self._windows[0])
                continue
            self._has_begun = True
            if len(output) > _MAX_PIECE or self._decoder.unconsumed_tail:
                raise PageError("a piece of this stream is too large")
            piece = self._decoder.unused_data
            if self._decoder.eof:
                if not piece.startswith(b"\x1f\x8b"):
                    break
                self._decoder = zlib.decompressobj(self._windows[0])
        return output


def _unbrotli() -> Callable[[bytes], bytes]:
    decoder = brotli.Decompressor()

    def decode(piece: bytes) -> bytes:
        output = bytearray(decoder.process(piece, output_buffer_limit=_MAX_PIECE))
        while not decoder.is_finished() and not decoder.can_accept_more_data():
            if len(output) >= _MAX_PIECE:
                raise PageError("a piece of this stream is too large")
            output += decoder.process(b"", output_buffer_limit=_MAX_PIECE)
        return bytes(output)

    return decode


def _unzstd() -> Callable[[bytes], bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()

    def decode(piece: bytes) -> bytes:
        output = bytearray()
        for start in range(0, len(piece), _SLICE):
            output += decoder.decompress(piece[start : start + _SLICE])
            if len(output) > _MAX_PIECE:
                raise PageError("a piece of this stream is too large")
        return bytes(output)

    return decode


def _guarded(decode: Callable[[bytes], bytes], fault: type[Exception]) -> Callable[[bytes], bytes]:
    def decode_piece(piece: bytes) -> bytes:
        try:
            return decode(piece) if piece else b""
        except fault as error:
            raise PageError("this stream is not what its coding says") from error

    return decode_piece


class Window:
    """The end of a text that grows.

    Attributes:
        text: all that has come since :meth:`looked_at`, after at most :data:`WINDOW` characters of what was before.
        fresh: how many have come since.
    """

    def __init__(self) -> None:
        self.text = ""
        self.fresh = 0

    def add(self, text: str) -> None:
        self.text += text
        self.fresh += len(text)

    def looked_at(self) -> None:
        self.text = self.text[-WINDOW:]
        self.fresh = 0

    def parts(self) -> Iterator[str]:
        """The text in parts that are short enough to be judged each; they overlap by half a window."""
        step = PART - WINDOW // 2
        for start in range(0, max(1, len(self.text) - WINDOW // 2), step):
            yield self.text[start : start + PART]


class LineReader:
    """Parts a stream into lines, each with the text that it shows."""

    def __init__(self, *, events: bool) -> None:
        self._events = events
        self._rest = bytearray()
        self._words = Words()
        self._searched = 0  # bytes of the rest that hold no end of a line
        self.shape: Any = None  # the last JSON value, whose form a notice takes

    def read(self, piece: bytes, *, last: bool = False) -> Iterator[tuple[bytes, str]]:
        """The complete lines of what has come so far, each as its bytes and its text.

        Raises:
            PageError: a line is longer than any text for a reader.
        """
        self._rest += piece
        # The last byte may be a return whose line feed is still to come.
        until = len(self._rest) if last else len(self._rest) - 1
        done = 0
        while (end := _END.search(self._rest, max(done, self._searched), until)) is not None:
            size = end.end() + (end.group() == b"\r" and self._rest[end.end() : end.end() + 1] == b"\n")
            line = bytes(self._rest[done:size])
            done = size
            yield line, self._text(line)
        if last or self._rest.endswith(b"\n"):
            if line := bytes(self._rest[done:]):
                yield line, self._text(line)
            done = len(self._rest)
        del self._rest[:done]
        self._searched = max(0, len(self._rest) - 1)
        if len(self._rest) > _MAX_LINE:
            raise PageError("a line of this stream is too long")

    def _text(self, line: bytes) -> str:
        text = line.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").strip("\r\n")
        if self._events:
            name, _, text = text.partition(":")
            if name != "data":
                return ""
            text = text.removeprefix(" ")
        if not text or text == "[DONE]":
            return ""
        try:
            value = parse_json(text)
        except ValueError:
            return text + "\n"
        if not isinstance(value, dict | list):
            return value if isinstance(value, str) else text
        self.shape = value
        return self._words.of(value)


class Words:
    """The words of one JSON value after another: what stands under the names that services use, and all with a space.

    What is said with every value, such as the name of a model, is taken once: it would part words that come in pieces.
    """

    def __init__(self) -> None:
        self._before: frozenset[str] = frozenset()

    def of(self, value: Any) -> str:
        """The words of the next value."""
        named, others = _strings(value)
        before, self._before = self._before, frozenset(others)
        return "\n".join(filter(None, ["".join(named), *(text for text in others if text not in before)]))


def _strings(value: Any) -> tuple[list[str], list[str]]:
    """The strings under the names that services use, and all others that hold a space, in their order."""
    named: list[str] = []
    others: list[str] = []
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        key, item = stack.pop()
        if isinstance(item, str):
            if key in _TEXT_KEYS:
                named.append(item)
            elif " " in item.strip():
                others.append(item)
        elif isinstance(item, dict):
            stack.extend(reversed(item.items()))
        elif isinstance(item, list):
            stack.extend((key, part) for part in reversed(item))
    return named, others


def with_notice(value: Any, notice: str) -> Any:
    """An event of the same form that says ``notice`` instead of its words."""
    copy = json.loads(json.dumps(value))
    has_names = bool(_strings(copy)[0])
    said = False

    def say() -> str:
        nonlocal said
        text, said = ("" if said else notice), True
        return text

    stack: list[Any] = [copy]
    while stack:
        item = stack.pop()
        for key, part in list(item.items()) if isinstance(item, dict) else list(enumerate(item)):
            if isinstance(part, str):
                if key in _TEXT_KEYS:
                    item[key] = say()
                elif " " in part.strip():
                    item[key] = "" if has_names else say()
            elif isinstance(part, list) and key in _TEXT_KEYS and all(isinstance(text, str) for text in part):
                item[key] = [say()]
            elif isinstance(part, dict | list):
                stack.append(part)
    return copy


def notice_lines(reader: LineReader, notice: str, *, events: bool) -> bytes:
    """What ends a stream: an event with the notice, in the form of those before it."""
    value = notice if reader.shape is None else json.dumps(with_notice(reader.shape, notice), ensure_ascii=False)
    if not events:
        return (value + "\n").encode()
    lines = f"data: {value}\n\n"
    if isinstance(reader.shape, dict) and "choices" in reader.shape:  # such services end their streams so
        lines += "data: [DONE]\n\n"
    return ("\n\n" + lines).encode()
