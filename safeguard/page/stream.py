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
import zstandard

from safeguard.errors import PageError
from safeguard.page.extract import parse_json, walk_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WINDOW: Final = 1200  # characters that are judged together: about a screen of a phone
_MAX_LINE: Final = 1 << 20  # bytes
_MAX_PIECE: Final = 8 << 20  # bytes that one piece may decode to

# Under what names services put the words of an answer.
_TEXT_KEYS: Final = frozenset(
    "content text delta token response message answer output_text completion generated_text value v parts".split()
)


def incremental_decoder(content_encoding: str) -> Callable[[bytes], bytes]:
    """What undoes a content coding piece by piece.

    Raises:
        PageError: there is no such coding; and from the decoder, where the body is not what its coding says.
    """
    match content_encoding.strip().lower():
        case "" | "identity":
            return lambda piece: piece
        case "gzip" | "x-gzip":
            return _inflater(zlib.MAX_WBITS | 16)
        case "deflate":
            return _inflater(zlib.MAX_WBITS)
        case "br":
            return _guarded(brotli.Decompressor().process, brotli.error)
        case "zstd":
            return _guarded(zstandard.ZstdDecompressor().decompressobj().decompress, zstandard.ZstdError)
    raise PageError(f"a stream in the coding {content_encoding!r} cannot be read")


def _inflater(window: int) -> Callable[[bytes], bytes]:
    decoder = zlib.decompressobj(window)

    def inflate(piece: bytes) -> bytes:
        output = decoder.decompress(piece, _MAX_PIECE)
        if decoder.unconsumed_tail:
            raise PageError("a piece of this stream is too large")
        return output

    return _guarded(inflate, zlib.error)


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
        text: at most the last :data:`WINDOW` characters.
        fresh: how many have come since :meth:`looked_at`.
    """

    def __init__(self) -> None:
        self.text = ""
        self.fresh = 0

    def add(self, text: str) -> None:
        self.text = (self.text + text)[-WINDOW:]
        self.fresh += len(text)

    def looked_at(self) -> None:
        self.fresh = 0


class LineReader:
    """Parts a stream into lines, each with the text that it shows."""

    def __init__(self, *, events: bool) -> None:
        self._events = events
        self._rest = b""
        self.shape: Any = None  # the last JSON value, whose form a notice takes

    def read(self, piece: bytes, *, last: bool = False) -> Iterator[tuple[bytes, str]]:
        """The complete lines of what has come so far, each as its bytes and its text.

        Raises:
            PageError: a line is longer than any text for a reader.
        """
        data = self._rest + piece
        lines = data.splitlines(keepends=True) if b"\r" in data else data.split(b"\n")
        if b"\r" not in data:
            lines = [*(line + b"\n" for line in lines[:-1]), *lines[-1:]]
        self._rest = b""
        if lines and not last and not lines[-1].endswith((b"\n", b"\r")):
            self._rest = lines.pop()
            if len(self._rest) > _MAX_LINE:
                raise PageError("a line of this stream is too long")
        for line in lines:
            yield line, self._text(line)

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
        return shown_text(value)


def shown_text(value: Any) -> str:
    """The words of an event: the strings under the names that services use, or else all that hold a space."""
    named: list[str] = []
    others: list[str] = []
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        key, item = stack.pop()
        if isinstance(item, str):
            (named if key in _TEXT_KEYS else others).append(item)
        elif isinstance(item, dict):
            stack.extend(reversed(item.items()))
        elif isinstance(item, list):
            stack.extend((key, part) for part in reversed(item))
    return "".join(named) or "\n".join(text for text in others if " " in text.strip())


def with_notice(value: Any, notice: str) -> Any:
    """An event of the same form that says ``notice`` instead of its words."""
    copy = json.loads(json.dumps(value))
    said = False

    def say() -> str:
        nonlocal said
        text, said = ("" if said else notice), True
        return text

    stack: list[Any] = [copy]
    while stack:
        item = stack.pop()
        pairs = list(item.items()) if isinstance(item, dict) else list(enumerate(item))
        for key, part in pairs:
            if isinstance(part, str):
                if key in _TEXT_KEYS:
                    item[key] = say()
            elif isinstance(part, dict | list):
                if key in _TEXT_KEYS and isinstance(part, list) and all(isinstance(text, str) for text in part):
                    item[key] = [say()]
                else:
                    stack.append(part)
    return copy if said else walk_json(copy, lambda text, _: say() if " " in text.strip() else text)


def notice_lines(reader: LineReader, notice: str, *, events: bool) -> bytes:
    """What ends a stream: an event with the notice, in the form of those before it."""
    value = notice if reader.shape is None else json.dumps(with_notice(reader.shape, notice), ensure_ascii=False)
    if not events:
        return (value + "\n").encode()
    lines = f"data: {value}\n\n"
    if isinstance(reader.shape, dict) and "choices" in reader.shape:  # such services end their streams so
        lines += "data: [DONE]\n\n"
    return ("\n\n" + lines).encode()
