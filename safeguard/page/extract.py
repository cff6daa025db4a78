"""From a decoded body to the segments that a reader sees, each with its role.

HTML is parsed by lexbor as a browser would, so entities, broken markup and tags inside words (``por<b></b>n``) are
resolved. Text that a reader does not see is kept apart: hijacked sites hide gambling links there.
"""

from __future__ import annotations

import html
import json
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import regex
from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode


class Kind(StrEnum):
    """What a body is, as far as extraction is concerned."""

    HTML = "html"  # and every XML: SVG, RSS, XHTML
    JSON = "json"
    TEXT = "text"
    OTHER = "other"  # nothing that holds text for a reader


class Role(StrEnum):
    """What part a segment plays on the page."""

    TITLE = "title"
    HEADING = "heading"
    LINK = "link"
    BODY = "body"
    ALT = "alt"
    META = "meta"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text with its role; white space is single spaces."""

    text: str
    role: Role


_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml", "text/xml", "application/xml", "image/svg+xml"})
_SKIPPED: Final = frozenset({"script", "style", "noscript", "template", "iframe"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# Elements that do not part words: their text joins that around it.
_INLINE: Final = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby s samp small span "
    "strike strong sub sup time tt u var wbr -text -comment".split()
)
_ATTRIBUTES: Final = (("alt", Role.ALT), ("title", Role.ALT), ("aria-label", Role.ALT), ("placeholder", Role.ALT))
_META_NAMES: Final = frozenset(
    {"description", "keywords", "og:title", "og:description", "twitter:title", "twitter:description"}
)
_HIDING_STYLE: Final = regex.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    regex.IGNORECASE,
)
_CDATA: Final = regex.compile(r"<!\[CDATA\[(.*?)\]\]>", regex.DOTALL)
_TAG: Final = regex.compile(r"<(/?)([a-zA-Z][^\s/>]*+)([^>]*+)")
_FORMATTING: Final = frozenset("a b big code em font i nobr s small strike strong tt u".split())
# Void elements, and those whose end tag pages leave out, which the next of their kind closes.
_CLOSED_BY_ITSELF: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd option optgroup tr td th thead "
    "tbody tfoot colgroup rt rp path use circle rect line polygon stop".split()
)
_HARMLESS_TAGS: Final = 1000
_HARMLESS_LENGTH: Final = 10_000  # characters
_MAX_DEPTH: Final = 5000  # elements open at once; browsers stop at 512
_MAX_FORMATTING: Final = 1000  # formatting elements open at once
_MAX_ATTRIBUTES: Final = 1000  # of one tag
_SPACE: Final = regex.compile(r"\s+")


def kind_of(content_type: str, data: bytes) -> Kind:
    """What a decoded body is: by its declared type, or by its look where the type is missing or says nothing."""
    declared = content_type.partition(";")[0].strip().lower()
    if declared in _HTML_TYPES or declared.endswith("+xml"):
        return Kind.HTML
    if declared in ("application/json", "text/json") or declared.endswith("+json"):
        return Kind.JSON
    if declared in ("", "application/octet-stream", "unknown/unknown", "*/*"):
        return _sniff(data)
    if declared in ("text/css", "text/javascript"):
        return Kind.OTHER
    return Kind.TEXT if declared.startswith("text/") else Kind.OTHER


def _sniff(data: bytes) -> Kind:
    """Tell HTML, JSON, text and the rest by the first bytes, much as browsers do (mimesniff.spec.whatwg.org)."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf\t\n\x0c\r ")
    if regex.match(
        rb"<(?:!doctype|html|head|body|title|script|h1|div|p|a|table|iframe|font|br|!--|\?xml|svg)[\s>/?-]",
        start.lower(),
    ):
        return Kind.HTML
    if start[:1] in (b"{", b"["):
        return Kind.JSON
    control = sum(1 for byte in start if byte < 9 or 13 < byte < 27 or 27 < byte < 32)
    utf16 = start[1::2].count(0) > len(start) // 5 or start[0::2].count(0) > len(start) // 5
    return Kind.OTHER if control > 0 and not utf16 else Kind.TEXT


def extract(text: str, kind: Kind) -> list[Segment]:
    """The segments of a text of that kind, in reading order."""
    if kind is Kind.HTML:
        return list(_html(text))
    if kind is Kind.JSON:
        return [Segment(string, Role.BODY) for string in _json(text)]
    return [Segment(text, Role.BODY)] if kind is Kind.TEXT and text.strip() else []


def is_excessive(text: str) -> bool:
    """Whether markup is such that parsing it could take quadratic time: no page that people read comes near.

    The HTML standard's algorithm itself looks through all open elements for some tags, through all open formatting
    elements at each paragraph, and through all attributes of a tag for a duplicate.
    """
    if text.count("<") < _HARMLESS_TAGS and len(text) < _HARMLESS_LENGTH:
        return False
    open_tags: Counter[str] = Counter()
    depth = formatting = 0
    for match in _TAG.finditer(text):
        closing, name, rest = match.groups()
        name = name.lower()
        if closing:
            if open_tags[name]:
                open_tags[name] -= 1
                depth -= 1
                formatting -= name in _FORMATTING
            continue
        if len(rest) > _HARMLESS_LENGTH and len(rest.split(None, _MAX_ATTRIBUTES)) >= _MAX_ATTRIBUTES:
            return True
        if name not in _CLOSED_BY_ITSELF:
            open_tags[name] += 1
            depth += 1
            formatting += name in _FORMATTING
            if depth > _MAX_DEPTH or formatting > _MAX_FORMATTING:
                return True
    return False


def _unwrap(section: regex.Match[str]) -> str:
    """The text of a CDATA section: feeds put pages into them, which HTML's parser would read as comments."""
    content: str = section.group(1)
    return content if "<" in content else html.escape(content)


class _Page:
    """Collects text in reading order; a segment ends where an element does that parts words."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self._pieces: list[str] = []
        self._role = Role.BODY

    def add(self, piece: str, role: Role) -> None:
        if role is not self._role:
            # A link inside a sentence stays part of it: only a segment of links alone is one.
            inside = {role, self._role} == {Role.LINK, Role.BODY} and self._pieces
            if inside:
                self._role = Role.BODY
            else:
                self.end()
                self._role = role
        self._pieces.append(piece)

    def end(self) -> None:
        text = _SPACE.sub(" ", "".join(self._pieces)).strip()
        self._pieces.clear()
        if text:
            self.segments.append(Segment(text, self._role))


def _html(text: str) -> Iterator[Segment]:
    root = LexborHTMLParser(_CDATA.sub(_unwrap, text) if "<![CDATA[" in text else text).root
    if root is None:
        return
    page = _Page()
    # An explicit stack: the depth of a hostile page must not be Python's. None marks the end of an element.
    stack: list[tuple[LexborNode | None, Role]] = [(root, Role.BODY)]
    while stack:
        node, role = stack.pop()
        if node is None:
            page.end()
            continue
        tag = node.tag or ""
        if tag == "-text":
            page.add(node.text_content or "", role)
            continue
        if tag in _SKIPPED or not node.is_element_node:
            continue
        role = _role(tag, node, role)
        for piece, its_role in _attribute_texts(tag, node, role):
            page.end()
            page.add(piece, its_role)
            page.end()
        if tag not in _INLINE:
            page.end()
            stack.append((None, role))
        children = []
        child = node.first_child
        while child is not None:
            children.append((child, role))
            child = child.next
        stack.extend(reversed(children))
    page.end()
    yield from page.segments


def _role(tag: str, node: LexborNode, inherited: Role) -> Role:
    if inherited is Role.HIDDEN or tag in ("html", "body"):
        return inherited
    attributes = node.attributes
    if attributes and ("hidden" in attributes or _HIDING_STYLE.search(attributes.get("style") or "")):
        return Role.HIDDEN
    if tag == "title":
        return Role.TITLE
    if tag in _HEADINGS:
        return Role.HEADING
    return Role.LINK if tag == "a" and inherited is Role.BODY else inherited


def _attribute_texts(tag: str, node: LexborNode, role: Role) -> Iterator[tuple[str, Role]]:
    attributes = node.attributes
    if not attributes:
        return
    if tag == "meta":
        name = (attributes.get("name") or attributes.get("property") or "").lower()
        if name in _META_NAMES and (content := attributes.get("content")):
            yield content, Role.META
        return
    for name, its_role in _ATTRIBUTES:
        if value := attributes.get(name):
            yield value, Role.HIDDEN if role is Role.HIDDEN else its_role
    if tag == "input" and attributes.get("type") in ("submit", "button") and (value := attributes.get("value")):
        yield value, role


def _json(text: str) -> Iterator[str]:
    """The strings of a JSON document, or of JSON lines, that a reader may be shown: those with a space in them."""
    documents: list[Any] = []
    try:
        documents.append(json.loads(text, parse_int=float))
    except (ValueError, RecursionError):
        for line in text.splitlines():
            try:
                documents.append(json.loads(line))
            except (ValueError, RecursionError):
                documents.append(line)  # not JSON: judged as it stands
    stack = documents[::-1]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if len(value.split(None, 1)) > 1:
                yield from (segment.text for segment in _html(value)) if "<" in value else (value,)
        elif isinstance(value, dict):
            stack.extend(reversed(value.values()))
        elif isinstance(value, list):
            stack.extend(reversed(value))
