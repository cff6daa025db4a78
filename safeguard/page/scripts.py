"""Words for a reader inside scripts and style sheets.

A script is not lexed: where a string ends depends on every quote, comment and regular expression before it, so one odd
quote could hide all that follows. Instead, it is cut at every quote, tag and line, and the pieces that read like words
with spaces between them are taken, whichever side of a quote they stand on; code seldom does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARACTERS: Final = 200_000  # of words taken from one script
_CUTS: Final = ("'", "`", "<", ">", "\n")  # each becomes a double quote
_ESCAPED_TAG: Final = ("\\u003c", "\\u003e", "\\u003C", "\\u003E", "\\x3c", "\\x3e")
_ESCAPE: Final = regex.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrtbfv])|(.))")
_SURROGATES: Final = regex.compile(r"[\ud800-\udbff][\udc00-\udfff]")
_JOIN: Final = regex.compile(r"([\"'`])[ \t]*+\+\s*+\1")
_MIN_CHARACTERS: Final = 12
_MIN_SPACES: Final = 3
_CODE: Final = "(){}[];=|&\\"
_MOST_CODE: Final = 0.05  # of the characters of a piece
_KEYWORDS: Final = frozenset(
    "function return var let const else new typeof instanceof case break if for while throw void this in of default "
    "class extends import export from async await null true false undefined px solid none important // /* *".split()
)
_MOST_KEYWORDS: Final = 0.4  # of the words of a piece
_CONTENT: Final = regex.compile(r"content\s*:\s*(?:\"([^\"\n]{2,})\"|'([^'\n]{2,})')", regex.IGNORECASE)
_CSS_ESCAPE: Final = regex.compile(r"\\([0-9a-fA-F]{1,6})\s?")


def script_texts(text: str) -> Iterator[str]:
    """Runs of words in a script, with its escapes undone and strings that are added to each other joined."""
    if "+" in text:
        text = _JOIN.sub("", text)
    if "\\" in text:
        for tag in _ESCAPED_TAG:
            text = text.replace(tag, '"')
        text = text.replace("\\n", '"').replace("\\r", '"')
    for cut in _CUTS:
        text = text.replace(cut, '"')
    taken = 0
    for piece in text.split('"'):
        if len(piece) < _MIN_CHARACTERS or piece.count(" ") < _MIN_SPACES:
            continue
        if "\\" in piece:
            piece = _undo_escapes(piece)
        if _is_code(piece):
            continue
        taken += len(piece)
        yield piece
        if taken > MAX_CHARACTERS:
            return


def _is_code(piece: str) -> bool:
    words = piece.split()
    if len(words) <= _MIN_SPACES or sum(map(piece.count, _CODE)) > _MOST_CODE * len(piece):
        return True
    return sum(word in _KEYWORDS for word in words) > _MOST_KEYWORDS * len(words)


def _undo_escapes(piece: str) -> str:
    piece = _ESCAPE.sub(_unescape, piece)
    if _SURROGATES.search(piece):
        piece = piece.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return piece


def style_texts(text: str) -> Iterator[str]:
    """What a style sheet writes on the page with ``content``."""
    for match in _CONTENT.finditer(text):
        content = _CSS_ESCAPE.sub(lambda code: _character(code.group(1)), match.group(1) or match.group(2))
        if any(character.isalpha() for character in content):
            yield content


def _unescape(escape: regex.Match[str]) -> str:
    code = escape.group(1) or escape.group(2) or escape.group(3)
    return _character(code) if code else " " if escape.group(4) else str(escape.group(5))


def _character(code: str) -> str:
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"
