from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard import Action, Category, Decision, Guard
from safeguard.web.streams import MessageFilter, StreamFilter, notice_of

HARM = "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn, cá cược bóng đá nhận thưởng ngay hôm nay, tài xỉu."
GOOD = "Quang hợp là quá trình cây xanh dùng ánh sáng mặt trời để tạo ra chất hữu cơ từ nước và khí cacbônic."


def event(text: str) -> bytes:
    return f"data: {json.dumps({'delta': text})}\n\n".encode()


class Setup:
    def __init__(self, guard: Guard, content_type: str = "text/event-stream", content_encoding: str = "") -> None:
        self.stopped: list[Decision] = []
        self.looks = 0
        self._guard = guard
        self.stream = StreamFilter(
            self.decide, self.stopped.append, content_type=content_type, content_encoding=content_encoding
        )

    def decide(self, text: str) -> Decision:
        self.looks += 1
        return self._guard.decide(self._guard.check_text(text), language="vi")

    def run(self, *pieces: bytes) -> bytes:
        return b"".join(part for piece in [*pieces, b""] for part in self.stream.feed(piece))


def words(text: str) -> list[bytes]:
    return [event(word + " ") for word in text.split()]


def test_a_good_stream_is_the_very_same(guard: Guard) -> None:
    setup = Setup(guard)
    pieces = words(GOOD * 20)
    assert setup.run(*pieces) == b"".join(pieces)
    assert setup.looks < len(pieces) / 5, "not every word is judged anew"


def test_a_stream_ends_where_it_turns_harmful(guard: Guard) -> None:
    setup = Setup(guard)
    out = setup.run(*words(GOOD), *words(HARM * 3), event("never seen")).decode()
    assert [decision.category for decision in setup.stopped] == [Category.GAMBLING]
    assert "never seen" not in out
    last = json.loads(out.strip().splitlines()[-1].removeprefix("data: "))
    assert last == {"delta": notice_of(setup.stopped[0])}


def test_harm_in_the_last_words_is_seen(guard: Guard) -> None:
    setup = Setup(guard, "application/x-ndjson")
    out = setup.run(json.dumps({"response": HARM}).encode())
    assert "tài xỉu" not in json.loads(out)["response"]
    assert len(setup.stopped) == 1


@pytest.mark.parametrize("before", [0, 1300, 5000])
@pytest.mark.parametrize("after", [0, 1300, 5000])
def test_harm_anywhere_in_a_long_line_is_seen(guard: Guard, before: int, after: int) -> None:
    long = (GOOD * 60)[:before] + " " + HARM * 8 + " " + (GOOD * 60)[:after]
    bodies = {"text/event-stream": event(long), "application/x-ndjson": json.dumps({"text": long}).encode()}
    for kind, body in bodies.items():
        setup = Setup(guard, kind)
        assert "tài xỉu" not in json.loads(setup.run(body).decode().strip().removeprefix("data: ")).popitem()[1]
        assert len(setup.stopped) == 1


@pytest.mark.parametrize("name", ["reasoning_content", "thinking", "chunk"])
def test_words_under_other_names_are_seen(guard: Guard, name: str) -> None:
    setup = Setup(guard)
    setup.run(*(f"data: {json.dumps({name: word + ' '})}\n\n".encode() for word in (HARM * 3).split()))
    assert len(setup.stopped) == 1


@pytest.mark.parametrize("good", [5, 12, 40])
def test_when_much_comes_at_once_no_harm_goes_on_before_it_is_seen(guard: Guard, good: int) -> None:
    """All in one piece: the lines since the last look are held back until the next."""
    setup = Setup(guard)
    out = setup.run(b"".join([*[event(GOOD)] * good, *words(HARM * 2), *[event(GOOD)] * 3])).decode()
    assert len(setup.stopped) == 1
    shown = "".join(json.loads(line[6:])["delta"] for line in out.splitlines() if line.startswith("data: "))
    assert "nổ lớn" not in shown


def test_much_at_once_is_looked_at_in_larger_parts(guard: Guard) -> None:
    setup = Setup(guard, "application/x-ndjson")
    lines = [json.dumps({"text": GOOD}).encode() + b"\n" for _ in range(300)]
    assert setup.run(b"".join(lines)) == b"".join(lines)
    assert setup.looks < 40


def test_what_cannot_be_read_goes_no_further(guard: Guard) -> None:
    setup = Setup(guard, content_encoding="gzip")
    assert setup.run(b"\xff" * 50, event("x")) == b""
    assert setup.stream.is_cut


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_no_bytes_raise(guard: Guard, pieces: list[bytes]) -> None:
    setup = Setup(guard)
    setup.run(*[piece for piece in pieces if piece])


def test_the_notice_offers_help_where_it_helps() -> None:
    decision = Decision(Action.BLOCK, Category.SELF_HARM, "Vì sao.", "primary", "vi", helpline=True)
    assert "111" in notice_of(decision)
    assert "111" not in notice_of(Decision(Action.BLOCK, Category.GAMBLING, "Why.", "primary", "en"))


# Messages


def make_messages(guard: Guard) -> MessageFilter:
    return MessageFilter(lambda text: guard.decide(guard.check_text(text), language="vi"))


def test_messages(guard: Guard) -> None:
    messages = make_messages(guard)
    for text, action in ((GOOD, Action.ALLOW), (json.dumps({"text": HARM}), Action.BLOCK), (GOOD, Action.ALLOW)):
        decision = messages.judge(text)
        assert decision is not None
        assert decision.action is action


@pytest.mark.parametrize("message", ["", "  ", "42", "null", "{}", '{"type": "ping"}', "\x00", '{"id":1}'])
def test_messages_without_words(guard: Guard, message: str) -> None:
    assert make_messages(guard).judge(message) is None


def test_harm_cut_into_messages_is_seen(guard: Guard) -> None:
    messages = make_messages(guard)
    parts = [HARM[start : start + 18] for start in range(0, len(HARM), 18)]
    decisions = [messages.judge(part) for part in parts]
    assert any(decision is not None and decision.action is Action.BLOCK for decision in decisions)


@pytest.mark.parametrize(
    ("message", "masked"),
    [
        ("bad words", "N"),
        ('"bad words"', '"N"'),
        ('{"id": 5, "user": "an", "text": "bad words"}', '{"id": 5, "user": "an", "text": "N"}'),
    ],
)
def test_a_masked_message_keeps_its_form(message: str, masked: str) -> None:
    assert MessageFilter.mask(message, "N") == masked


@pytest.mark.parametrize("size", [2, 6, 18])
def test_harm_that_comes_word_by_word_is_masked(guard: Guard, size: int) -> None:
    """Assistants over WebSocket: each message has a part of the answer, and is shown at once."""
    messages = make_messages(guard)
    shown = ""
    whole = HARM * 6
    for start in range(0, len(whole), size):
        message = json.dumps({"model": "Big Model", "text": whole[start : start + size]})
        decision = messages.judge(message)
        if decision is not None and decision.action is Action.BLOCK:
            message = messages.mask(message, "N")
        shown += json.loads(message)["text"]
    assert len(shown.replace("N", "")) < len(whole) / 3


def test_words_beside_the_named_ones_are_seen(guard: Guard) -> None:
    messages = make_messages(guard)
    decision = messages.judge(json.dumps({"text": "ok", "attachments": [{"title": HARM}]}))
    assert decision is not None
    assert decision.action is Action.BLOCK
    assert HARM not in messages.mask(json.dumps({"text": "ok", "attachments": [{"title": HARM}]}), "N")


def test_good_messages_are_shown_again_soon_after_harm(guard: Guard) -> None:
    messages = make_messages(guard)
    for start in range(0, len(HARM * 3), 6):
        messages.judge(json.dumps({"text": (HARM * 3)[start : start + 6]}))
    masked = 0
    for _ in range(20):
        decision = messages.judge(json.dumps({"text": GOOD}))
        masked += decision is not None and decision.action is Action.BLOCK
    assert masked < 6
