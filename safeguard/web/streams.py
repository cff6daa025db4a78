"""Judge what comes bit by bit, as it comes: event streams, lines of JSON, the messages of a WebSocket.

A stream cannot be held until it ends, so a window over its end is judged every few words, before they are let go. When
it turns harmful the stream ends there, with a sentence that says so in the chat itself. This runs where the bytes pass,
so it must be short: a window is a third of a millisecond.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from safeguard.errors import PageError
from safeguard.page.extract import parse_json
from safeguard.page.stream import WINDOW, LineReader, Window, Words, incremental_decoder, notice_lines, with_notice
from safeguard.verdict import Action
from safeguard.web.helplines import helplines

if TYPE_CHECKING:
    from collections.abc import Callable

    from safeguard.verdict import Decision

    Decide = Callable[[str], Decision]

EVENT_TYPE: Final = "text/event-stream"
EVERY: Final = 60  # characters of text between two looks,
_LOOKS: Final = 8  # at one piece, before they become rarer
_REMEMBERED: Final = 300  # characters of what was stopped that speak against what follows
_AT_AN_END: Final = 20  # or so many where a sentence ends
_ENDS: Final = (".", "!", "?", "…", "\n")
MAX_MESSAGE: Final = 2000  # characters of a message that is judged where it passes: about a millisecond

_NOTICE: Final = {
    "vi": "[Bộ lọc đã dừng nội dung ở đây. {reason}{help}]",
    "en": "[The filter has stopped this here. {reason}{help}]",
}
_HELP: Final = {
    "vi": " Cần người lắng nghe? Gọi {number}, miễn phí.",
    "en": " Need somebody to talk to? Call {number}, it is free.",
}


def notice_of(decision: Decision) -> str:
    """One sentence for the place where a stream stops."""
    language = decision.language
    offered = _HELP[language].format(number=helplines()[0].number) if decision.helpline else ""
    return _NOTICE[language].format(reason=decision.reason, help=offered)


def is_stopped(decision: Decision) -> bool:
    """Whether a decision stops a stream or a message: nobody can be asked in the middle of one."""
    return decision.action.severity >= Action.WARN.severity


class StreamFilter:
    """Lets a stream pass as long as it is good.

    Args:
        decide: what a profile says about a text.
        stopped: told when the stream has been cut.
    """

    def __init__(
        self, decide: Decide, stopped: Callable[[Decision], None], *, content_type: str, content_encoding: str
    ) -> None:
        self._decide = decide
        self._stopped = stopped
        self._events = content_type == EVENT_TYPE
        self._decode = incremental_decoder(content_encoding)
        self._lines = LineReader(events=self._events)
        self._window = Window()
        self._looks = 0  # at what has come with the last piece
        self.is_cut = False

    def feed(self, piece: bytes) -> list[bytes]:
        """What may go on of a piece; an empty piece is the end of the stream. Without content coding."""
        if self.is_cut:
            return []
        try:
            return self._feed(piece)
        except PageError:
            self.is_cut = True  # what cannot be read goes no further
            return []

    def _feed(self, piece: bytes) -> list[bytes]:
        passed: list[bytes] = []
        unseen: list[bytes] = []  # lines since the last look
        self._looks = 0
        for line, text in self._lines.read(self._decode(piece), last=not piece):
            self._window.add(text)
            unseen.append(line)
            if self._is_due(text):
                if (notice := self._look()) is not None:
                    return [*passed, notice]
                passed += unseen
                unseen.clear()
        is_over = not piece and self._window.fresh
        if (is_over or self._window.fresh >= EVERY) and (notice := self._look()) is not None:
            return [*passed, notice]
        return passed + unseen

    def _is_due(self, text: str) -> bool:
        fresh = self._window.fresh
        if self._looks >= _LOOKS:  # much has come at once: nobody waits for it word by word
            return fresh >= WINDOW
        return fresh >= EVERY or (fresh >= _AT_AN_END and text.endswith(_ENDS))

    def _look(self) -> bytes | None:
        self._looks += 1
        parts = [_sound(part) for part in self._window.parts() if part.strip(" \t\r\n\0")]
        self._window.looked_at()
        for part in parts:
            decision = self._decide(part)
            if is_stopped(decision):
                self.is_cut = True
                self._stopped(decision)
                return notice_lines(self._lines, notice_of(decision), events=self._events)
        return None


class MessageFilter:
    """Judges the messages that one side of a WebSocket sends, each with those before it."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self._window = Window()
        self._words = Words()

    def judge(self, message: str) -> Decision | None:
        """What to do about a message of at most :data:`MAX_MESSAGE` characters; ``None`` where it has no words."""
        text = self._words_of(message)
        if not text.strip(" \t\r\n\0"):
            return None
        text = _sound(text)
        alone = self._decide(text)
        if is_stopped(alone):
            return alone
        # Assistants send words, or parts of them, in messages of their own; what has an end is a message by itself.
        joint = "\n" if " " in text.strip() and text.endswith(_ENDS) else ""
        self._window.add(text + joint)
        if self._window.text == text + joint:
            return alone
        together = self._decide(self._window.text)
        self._window.looked_at()
        if is_stopped(together):
            # The end stays, so that the rest of a sentence is stopped with its beginning; good words soon outweigh it.
            self._window.text = self._window.text[-_REMEMBERED:]
        return together

    def _words_of(self, message: str) -> str:
        try:
            value = parse_json(message)
        except ValueError:
            return message
        if isinstance(value, str):
            return value
        return self._words.of(value) if isinstance(value, dict | list) else ""

    @staticmethod
    def mask(message: str, notice: str) -> str:
        """The message with the notice in the place of its words; its form stays, so that the page goes on working."""
        try:
            value = parse_json(message)
        except ValueError:
            return notice
        if not isinstance(value, dict | list):
            return json.dumps(notice, ensure_ascii=False)
        return json.dumps(with_notice(value, notice), ensure_ascii=False)


def _sound(text: str) -> str:
    """Without what is no text: NUL characters and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode() or " "
