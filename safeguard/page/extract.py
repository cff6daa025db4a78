"""From a decoded body to the segments that a reader sees, whatever its format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import regex

from safeguard.page.html import read_html
from safeguard.page.kinds import Kind
from safeguard.page.scripts import script_texts, style_texts
from safeguard.page.segments import Role, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PREFIX: Final = regex.compile(r"[\ufeff \t\r\n]*+(?:(?:\)\]\}'|while\(1\);|for\(;;\);|throw 1;),*+\s*+)?")


def extract(text: str, kind: Kind) -> list[Segment]:
    """The segments of a text of that kind, in reading order."""
    match kind:
        case Kind.HTML:
            return read_html(text).segments
        case Kind.JSON:
            return _json(text)
        case Kind.SCRIPT:
            return [Segment(run, Role.SCRIPT) for run in script_texts(text)]
        case Kind.STYLE:
            return [Segment(run, Role.SCRIPT) for run in style_texts(text)]
        case Kind.TEXT if text.strip():
            return [Segment(text, Role.BODY)]
    return []


def parse_json(text: str) -> Any:
    """A JSON document, with or without a prefix against inclusion.

    Raises:
        ValueError: it is not one, or nested too deep.
    """
    try:
        return json.loads(text[len(json_prefix(text)) :], parse_int=_number)
    except RecursionError:
        raise ValueError("nested too deep") from None


def json_prefix(text: str) -> str:
    """What stands before a JSON document: white space, and what keeps it from being included as a script."""
    match = _PREFIX.match(text)
    return match.group() if match is not None else ""


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 4000 else float(digits)  # Python refuses longer ones


def _json(text: str) -> list[Segment]:
    """The strings of a JSON document, or of JSON lines, that a reader may be shown: those with a space in them."""
    documents: list[Any] = []
    sound = True
    try:
        documents.append(parse_json(text))
    except ValueError:
        for line in filter(str.strip, text.split("\n")):
            try:
                documents.append(parse_json(line))
            except ValueError:
                sound = False
                documents.append(line)  # not JSON: judged as it stands
    segments: list[Segment] = []

    def take(string: str, item: int) -> str:
        if len(string.split(None, 1)) > 1:
            texts: Iterator[str] | tuple[str] = (string,)
            if "<" in string:
                texts = (segment.text for segment in read_html(string).segments)
            segments.extend(Segment(text, Role.BODY, item if sound else 0) for text in texts if text.strip())
        return string

    walk_json(documents[0] if len(documents) == 1 else documents, take)
    return segments


def walk_json(document: Any, visit: Callable[[str, int], str]) -> Any:
    """Call ``visit`` with every string value and the number of the innermost list element that holds it.

    What it returns takes the string's place. Items are counted from 1 in reading order; 0 is outside of any list.
    """
    holder = [document]
    items = 0
    stack: list[tuple[Any, Any, int]] = [(holder, 0, 0)]
    while stack:
        place, key, item = stack.pop()
        value = place[key]
        if isinstance(place, list) and place is not holder:
            items += 1
            item = items
        if isinstance(value, str):
            place[key] = visit(value, item)
        elif isinstance(value, dict):
            stack.extend((value, name, item) for name in reversed(value))
        elif isinstance(value, list):
            stack.extend((value, number, item) for number in reversed(range(len(value))))
    return holder[0]
