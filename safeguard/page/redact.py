"""Take the harmful items out of a page: a quiet notice in their place, all else as it was.

HTML is written anew from its tree, so what a browser builds of it is what it built before, without those items; JSON
from its values. Both come out as UTF-8 without content coding.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import regex

from safeguard.errors import PageError
from safeguard.page.body import decode_body, decode_text
from safeguard.page.extract import json_prefix, parse_json, walk_json
from safeguard.page.html import SHOWN_ATTRIBUTES, read_html
from safeguard.page.kinds import Kind, kind_of
from safeguard.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable

    from selectolax.lexbor import LexborNode

NOTICE: Final = {"vi": "Nội dung này đã được ẩn.", "en": "This content has been hidden."}
_DOCTYPE: Final = regex.compile(r"(?:\s|<!--(?:(?!-->).)*+-->)*+(<!doctype[^>]*+>)", regex.IGNORECASE | regex.DOTALL)
_MARK: Final = "data-safeguard"
_STYLE: Final = "opacity:.6;font-style:italic"


def is_redactable(kind: Kind, content_type: str) -> bool:
    """Whether the items of such a body can be taken out: XML must not be written as HTML."""
    return kind is Kind.JSON or (kind is Kind.HTML and "xml" not in content_type.lower())


def redact(body: bytes, items: Collection[int], *, content_type: str, content_encoding: str, language: str) -> bytes:
    """The body without those items, as UTF-8.

    Args:
        items: numbers as in :class:`~safeguard.verdict.Part`, of the same body.

    Raises:
        PageError: the body cannot be read or written anew, or has no such item.
    """
    decoded = decode_body(body, content_encoding)
    kind = kind_of(content_type, decoded.data)
    if decoded.outcome is not Outcome.SCANNED or not is_redactable(kind, content_type):
        raise PageError("this body cannot be redacted")
    text = decode_text(decoded.data, content_type)
    notice = NOTICE[language]
    redacted = _html(text, frozenset(items), notice) if kind is Kind.HTML else _json(text, frozenset(items), notice)
    return redacted.encode("utf-8", "replace")


def _html(text: str, items: frozenset[int], notice: str) -> str:
    page = read_html(text, as_browsers=True)
    if not items or max(items) > len(page.items) or min(items) < 1:
        raise PageError("there is no such item on this page")
    kept = {node.mem_id: node for number, node in enumerate(page.items, start=1) if number not in items}
    holding = _above(kept.values())
    # The innermost first: an element must not be touched after the one around it has let go of it.
    for number in sorted(items, reverse=True):
        _mask(page.items[number - 1], kept, holding, notice)
    written: str = page.tree.html or ""
    if (doctype := _DOCTYPE.match(text)) is not None:
        # The tree forgets a doctype's identifiers, on which it depends how a browser lays out old pages.
        written = written.replace("<!DOCTYPE html>", doctype.group(1), 1)
    return written


def _mask(item: LexborNode, kept: Container[int], holding: Container[int], notice: str) -> None:
    """Empty an element, but for the items inside of it that stay (the answers to a comment).

    Args:
        kept: the nodes that stay.
        holding: the nodes that have one of them inside.
    """
    stack = [item]
    while stack:
        child = stack.pop().first_child
        while child is not None:
            following = child.next
            if child.mem_id not in kept:
                if child.mem_id in holding:
                    _strip(child)
                    stack.append(child)
                else:
                    child.decompose()
            child = following
    _strip(item)
    item.attrs[_MARK] = "hidden"
    if item.mem_id in holding:
        item.insert_child(notice)
    else:
        tag = "td" if item.tag == "tr" else "span"
        item.inner_html = f'<{tag} style="{_STYLE}">{notice}</{tag}>'


def _strip(element: LexborNode) -> None:
    """Take what an element's attributes show or lead to."""
    for name in ("href", "src", *SHOWN_ATTRIBUTES):
        if name in element.attributes:
            del element.attrs[name]


def _above(nodes: Iterable[LexborNode]) -> set[int]:
    """All elements that have one of these nodes inside."""
    found: set[int] = set()
    for node in nodes:
        above = node.parent
        while above is not None and above.mem_id not in found:
            found.add(above.mem_id)
            above = above.parent
    return found


def _json(text: str, items: frozenset[int], notice: str) -> str:
    prefix = ""
    try:
        documents = [parse_json(text)]
        prefix = json_prefix(text)  # clients cut off so many characters
    except ValueError:
        try:
            documents = [parse_json(line) for line in text.split("\n") if line.strip()]
        except ValueError:
            raise PageError("this is not JSON") from None
    found = set()

    def mask(string: str, item: int) -> str:
        if item not in items:
            return string
        found.add(item)
        # Only what reads like words: keys, dates and addresses keep the page working.
        return notice if len(string.split(None, 1)) > 1 else string

    document: Any = walk_json(documents[0] if len(documents) == 1 else documents, mask)
    if not items or found != items:
        raise PageError("there is no such item in this document")
    try:
        if len(documents) == 1:
            return prefix + json.dumps(document, allow_nan=False)
        return "\n".join(json.dumps(line, allow_nan=False) for line in document)
    except (RecursionError, ValueError):
        raise PageError("this document is nested too deep, or holds a number that JSON cannot say") from None
