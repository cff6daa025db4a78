"""Read HTML the way it is seen: segments in reading order, and the items of its lists.

Lexbor parses as a browser does, so entities, broken markup and tags inside words (``por<b></b>n``) are resolved. Text
that a reader does not see is kept apart, because hijacked sites hide gambling links there, and so is text that waits
in scripts, templates and style sheets to be shown. Documents inside the document (``srcdoc``, ``data:`` addresses,
shadow roots) are read in their place.
"""

from __future__ import annotations

import base64
import binascii
import html
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

import regex
from selectolax.lexbor import LexborHTMLParser

from safeguard.page.scripts import script_texts, style_texts
from safeguard.page.segments import Role, Segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selectolax.lexbor import LexborNode

    Attributes = Mapping[str, str | None]

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# Elements that do not part words: their text joins that around it.
_INLINE: Final = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby s samp small span "
    "strike strong sub sup time tt u var wbr -text -comment".split()
)
SHOWN_ATTRIBUTES: Final = {"alt": 1, "title": 2, "aria-label": 3, "placeholder": 4}.keys()  # a set that keeps its order
_META_NAMES: Final = frozenset(
    {"description", "keywords", "og:title", "og:description", "twitter:title", "twitter:description"}
)
_HIDING_STYLE: Final = regex.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    regex.IGNORECASE,
)
_BACKWARDS: Final = regex.compile(r"unicode-bidi\s*:\s*(?:isolate-|bidi-)override", regex.IGNORECASE)
_RIGHT_TO_LEFT: Final = regex.compile(r"direction\s*:\s*rtl", regex.IGNORECASE)
_STYLE: Final = regex.compile(r"<style[^>]*>(.*?)</style", regex.IGNORECASE | regex.DOTALL)
_RULE: Final = regex.compile(r"([^{}]{1,500})\{([^{}]*+)\}")
_CDATA: Final = ("<![CDATA[", "]]>")
_FEED: Final = regex.compile(r"\s*(?:<\?|<(?:rss|feed|rdf|svg|urlset|opml)\b|<!--)", regex.IGNORECASE)
_TAG: Final = regex.compile(r"<(/?)([a-zA-Z][^\s/>]*+)([^>]*+)")
_QUOTED: Final = regex.compile(r"\"[^\"]*+\"|'[^']*+'")
_TEMPLATE: Final = regex.compile(r"^<template[^>]*>|</template>$", regex.IGNORECASE)
_FORMATTING: Final = frozenset("a b big code em font i nobr s small strike strong tt u".split())
# Void elements, and those whose end tag pages leave out, which the next of their kind closes.
_CLOSED_BY_ITSELF: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd option optgroup tr td th thead "
    "tbody tfoot colgroup rt rp path use circle rect line polygon stop".split()
)
_HARMLESS_TAGS: Final = 1000
_HARMLESS_LENGTH: Final = 10_000  # characters
_LONG_TAG: Final = regex.compile(rf"<[a-zA-Z][^>]{{{_HARMLESS_LENGTH},}}+")
_MAX_DEPTH: Final = 5000  # elements open at once; browsers stop at 512
_MAX_FORMATTING: Final = 1000  # formatting elements open at once
_MAX_ATTRIBUTES: Final = 1000  # of one tag
_MAX_NESTED: Final = 3  # documents inside documents

# What sites call the things that people post, and that stand in lists.
_ITEM_TAGS: Final = frozenset({"li", "div", "article", "section", "tr", "blockquote", "dd", "p", "details"})
_ITEM_NAME: Final = regex.compile(
    r"(?:^|[\s_-])(?:comment|reply|review|post|tweet|toot|message|msg|answer|bubble|status|story|entry|card|result|hit"
    r"|feed-?item|list-?item|thread-?item|binh-?luan|bai-?viet|tra-?loi|danh-?gia)(?:$|[\s_-])",
    regex.IGNORECASE,
)
_MIN_ALIKE: Final = 3  # elements of the same class beside each other make a list


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A parsed page.

    Attributes:
        items: the element of each item, in reading order; item ``n`` of a segment is ``items[n - 1]``.
    """

    tree: LexborHTMLParser
    segments: list[Segment]
    items: list[LexborNode]


def is_excessive(text: str) -> bool:
    """Whether markup is such that parsing it could take quadratic time: no page that people read comes near.

    The HTML standard's algorithm itself looks through all open elements for some tags, through all open formatting
    elements at each paragraph, and through all attributes of a tag for a duplicate.
    """
    if text.count("<") < _HARMLESS_TAGS:  # too few to nest deep
        return any(_has_too_many_attributes(tag.group()) for tag in _LONG_TAG.finditer(text))
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
        if len(rest) > _HARMLESS_LENGTH and _has_too_many_attributes(rest):
            return True
        if name not in _CLOSED_BY_ITSELF:
            open_tags[name] += 1
            depth += 1
            formatting += name in _FORMATTING
            if depth > _MAX_DEPTH or formatting > _MAX_FORMATTING:
                return True
    return False


def _has_too_many_attributes(tag: str) -> bool:
    return len(_QUOTED.sub("", tag).split(None, _MAX_ATTRIBUTES)) >= _MAX_ATTRIBUTES


def read_html(text: str, *, as_browsers: bool = False) -> HtmlPage:
    """Parse a page and collect its segments.

    Args:
        as_browsers: it is read as HTML and nothing else; otherwise what looks like a feed is read as XML is.
    """
    tree = LexborHTMLParser(_unwrapped(text) if not as_browsers and _FEED.match(text) else text)
    reader = _Reader(_backwards_selectors(text) if "bidi" in text else frozenset())
    if tree.root is not None:
        reader.read(tree.root, Role.BODY, 0)
    return HtmlPage(tree, reader.segments, reader.items)


def _unwrapped(text: str) -> str:
    """The text without the marks of CDATA sections: feeds put pages into them, which HTML reads as comments."""
    begin, end = _CDATA
    pieces: list[str] = []
    done = 0
    while (start := text.find(begin, done)) >= 0 and (stop := text.find(end, start)) >= 0:
        content = text[start + len(begin) : stop]
        pieces += (text[done:start], content if "<" in content else html.escape(content))
        done = stop + len(end)
    return "".join([*pieces, text[done:]])


def _backwards_selectors(text: str) -> frozenset[str]:
    """The plain selectors (``p``, ``.x``, ``#x``) whose style writes text from right to left, letter by letter."""
    found = set()
    for sheet in _STYLE.finditer(text):
        for rule in _RULE.finditer(sheet.group(1)):
            if _BACKWARDS.search(rule.group(2)) and _RIGHT_TO_LEFT.search(rule.group(2)):
                found |= {selector.strip() for selector in rule.group(1).split(",")}
    return frozenset(found)


@dataclass(slots=True)
class _Frame:
    """Where the walk stands: what the nodes of an element inherit."""

    role: Role
    item: int
    backwards: bool = False


class _Reader:
    """Walks a tree. A segment ends where an element does that parts words."""

    def __init__(self, backwards: frozenset[str], nested: int = 0) -> None:
        self.segments: list[Segment] = []
        self.items: list[LexborNode] = []
        self._backwards = backwards
        self._nested = nested
        self._pieces: list[str] = []
        self._role = Role.BODY
        self._item = 0

    def read(self, root: LexborNode, role: Role, item: int) -> None:
        """Walk the tree below ``root``."""
        leads: set[int] | None = None  # the elements with a link inside, looked for when a list is met
        # An explicit stack: the depth of a hostile page must not be Python's. A node of None ends an element.
        stack: list[tuple[LexborNode | None, _Frame, bool]] = [(root, _Frame(role, item), False)]
        while stack:
            node, frame, in_list = stack.pop()
            if node is None:
                self._end()
                continue
            tag = node.tag or ""
            if tag == "-text":
                text = node.text_content or ""
                if self._pieces or not text.isspace():
                    self._add(text[::-1] if frame.backwards else text, frame)
            elif node.is_element_node and (inner := self._enter(tag, node, frame, in_list)) is not None:
                if tag not in _INLINE or inner.item != frame.item:
                    self._end()
                    stack.append((None, frame, False))
                children = _children(node)
                if len(children) < _MIN_ALIKE or inner.role is Role.HIDDEN or not (alike := _look_alike(children)):
                    stack += [(child, inner, False) for child in children]
                    continue
                if leads is None:
                    leads = _with_links(root)
                # One of several of the same class that lead somewhere is listed, as cards and results are.
                stack += [(child, inner, child.mem_id in alike and child.mem_id in leads) for child in children]
        self._end()

    def _enter(self, tag: str, node: LexborNode, frame: _Frame, in_list: bool) -> _Frame | None:
        """What the children of an element inherit; ``None`` where they are not to be read."""
        attributes: Attributes = node.attributes
        if tag in _SPECIAL:
            self._read_special(tag, node, attributes, frame)
            return None
        role = frame.role
        backwards = frame.backwards
        item = frame.item
        if attributes and tag not in ("html", "body"):
            style = attributes.get("style") or ""
            if role not in (Role.HIDDEN, Role.SCRIPT) and (
                "hidden" in attributes or (style and _HIDING_STYLE.search(style))
            ):
                role = Role.HIDDEN
            if style and _BACKWARDS.search(style) and _RIGHT_TO_LEFT.search(style):
                backwards = True
        if tag == "bdo" and (attributes.get("dir") or "").lower() == "rtl":
            backwards = True
        if self._backwards and not backwards:
            names = {f".{name}" for name in (attributes.get("class") or "").split()}
            backwards = not self._backwards.isdisjoint({tag, f"#{attributes.get('id')}", *names})
        if role is Role.BODY or role is Role.LINK:
            if tag == "title":
                role = Role.TITLE
            elif tag in _HEADINGS:
                role = Role.HEADING
            elif tag == "a":
                role = Role.LINK
        if in_list or ((tag in _ITEM_TAGS or "-" in tag) and _is_item(attributes)):
            self.items.append(node)
            item = len(self.items)
        inner = frame
        if role is not frame.role or item != frame.item or backwards is not frame.backwards:
            inner = _Frame(role, item, backwards)
        if attributes and (tag in ("meta", "input") or not SHOWN_ATTRIBUTES.isdisjoint(attributes)):
            self._read_attributes(tag, attributes, inner)
        return inner

    def _read_special(self, tag: str, node: LexborNode, attributes: Attributes, frame: _Frame) -> None:
        """Elements whose content is no text of the page itself."""
        later = _Frame(Role.HIDDEN if frame.role is Role.HIDDEN else Role.SCRIPT, frame.item)
        if tag == "template":
            content = _TEMPLATE.sub("", node.html or "")
            is_shadow = "shadowrootmode" in attributes or "shadowroot" in attributes
            self._read_nested(content, frame if is_shadow else later)
        elif tag == "noscript":
            self._read_nested(node.inner_html or "", later)
        elif tag == "script":
            for text in script_texts(node.text_lexbor() or ""):
                self._whole(text, later)
        elif tag == "style":
            for text in style_texts(node.text_lexbor() or ""):
                self._whole(text, later)
        else:  # frames and objects
            if srcdoc := attributes.get("srcdoc"):
                self._read_nested(srcdoc, frame)
            for name in ("src", "data"):
                if (address := attributes.get(name) or "").lstrip()[:5].lower() == "data:":
                    self._read_nested(data_url_text(address), frame)

    def _read_nested(self, content: str, frame: _Frame) -> None:
        """Read a document inside the document; its items are none that could be taken out by themselves."""
        if self._nested >= _MAX_NESTED or not content.strip() or is_excessive(content):
            return
        root = LexborHTMLParser(content).root
        if root is None:
            return
        reader = _Reader(self._backwards, self._nested + 1)
        reader.read(root, frame.role, 0)
        self._end()
        self.segments += (Segment(segment.text, segment.role, frame.item) for segment in reader.segments)

    def _read_attributes(self, tag: str, attributes: Attributes, frame: _Frame) -> None:
        if tag == "meta":
            name = (attributes.get("name") or attributes.get("property") or "").lower()
            if name in _META_NAMES and (content := attributes.get("content")):
                self._whole(content, _Frame(Role.META, frame.item))
            return
        of_attribute = frame if frame.role in (Role.HIDDEN, Role.SCRIPT) else _Frame(Role.ALT, frame.item)
        for name in SHOWN_ATTRIBUTES:
            if value := attributes.get(name):
                self._whole(value, of_attribute)
        if tag == "input" and attributes.get("type") in ("submit", "button") and (value := attributes.get("value")):
            self._whole(value, frame)

    def _whole(self, text: str, frame: _Frame) -> None:
        """A segment of its own."""
        self._end()
        self._add(text, frame)
        self._end()

    def _add(self, piece: str, frame: _Frame) -> None:
        role = frame.role
        if role is not self._role or frame.item != self._item:
            # A link inside a sentence stays part of it: only a segment of links alone is one.
            if frame.item == self._item and {role, self._role} == {Role.LINK, Role.BODY} and self._pieces:
                self._role = Role.BODY
            else:
                self._end()
                self._role = role
                self._item = frame.item
        self._pieces.append(piece)

    def _end(self) -> None:
        if self._pieces:
            text = " ".join("".join(self._pieces).split())
            self._pieces.clear()
            if text:
                self.segments.append(Segment(text, self._role, self._item))


_SPECIAL: Final = frozenset({"script", "style", "noscript", "template", "iframe", "frame", "object", "embed"})


_LISTED: Final = frozenset({"article", "li", "div", "tr", "section"})


def _children(node: LexborNode) -> list[LexborNode]:
    """The children of a node, the last first."""
    return list(node.iter(include_text=True))[::-1]


def _look_alike(children: list[LexborNode]) -> frozenset[int]:
    """The children of which several have the same tag and class."""
    listed = [child for child in children if child.tag in _LISTED]
    if len(listed) < _MIN_ALIKE:
        return frozenset()
    looks = [(child.tag, (child.attributes.get("class") or "").partition(" ")[0]) for child in listed]
    times = Counter(looks)
    return frozenset(
        child.mem_id for child, look in zip(listed, looks, strict=True) if look[1] and times[look] >= _MIN_ALIKE
    )


def _with_links(root: LexborNode) -> set[int]:
    """All elements that have a link inside."""
    found: set[int] = set()
    for link in root.css("a"):
        above = link.parent
        while above is not None and above.mem_id not in found:
            found.add(above.mem_id)
            above = above.parent
    return found


def _is_item(attributes: Attributes) -> bool:
    if not attributes:
        return False
    for name in ("class", "id", "itemprop", "data-testid", "role"):
        if (value := attributes.get(name)) and _ITEM_NAME.search(value):
            return True
    return (attributes.get("itemtype") or "").rstrip("/").endswith(("/Comment", "/Review", "/Answer"))


def data_url_text(address: str) -> str:
    """The text of a ``data:`` address (RFC 2397), empty where it holds none."""
    head, comma, data = address.strip()[5:].partition(",")
    if not comma or (not head.lower().startswith(("text/", "application/xhtml", "image/svg", ";", "base64")) and head):
        return ""
    raw = unquote_to_bytes(data)
    if head.lower().replace(" ", "").endswith(";base64"):
        try:
            raw = base64.b64decode(raw + b"=" * (-len(raw) % 4))
        except (binascii.Error, ValueError):
            return ""
    return raw.decode("utf-8", "replace")
