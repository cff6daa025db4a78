"""The pieces that a page is read into, each with its role."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What part a segment plays on the page."""

    TITLE = "title"
    HEADING = "heading"
    LINK = "link"
    BODY = "body"
    ALT = "alt"
    META = "meta"
    HIDDEN = "hidden"  # in the page, but not shown
    SCRIPT = "script"  # shown only if a script or a style sheet puts it on the page


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text with its role.

    Attributes:
        text: white space is single spaces.
        item: the innermost item of a list (a comment, a post, a search result, a card) that it belongs to, counted
            from 1 in reading order; 0 where it belongs to none.
    """

    text: str
    role: Role
    item: int = 0
