from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from safeguard import PageError
from safeguard.page.stream import (
    PART,
    WINDOW,
    LineReader,
    Window,
    Words,
    incremental_decoder,
    notice_lines,
    with_notice,
)


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_codings_are_undone_piece_by_piece(coding: str, encode: object, size: int) -> None:
    data = ("Đường lên đỉnh Olympia. " * 50).encode()
    coded = encode(data)  # type: ignore[operator]
    decode = incremental_decoder(coding)
    pieces = [coded[start : start + size] for start in range(0, len(coded), size)]
    assert b"".join(decode(piece) for piece in [*pieces, b""]) == data


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_what_is_not_in_its_coding_is_an_error(coding: str) -> None:
    decode = incremental_decoder(coding)
    with pytest.raises(PageError):
        decode(b"\xff" * 100)


def test_unknown_codings_are_errors() -> None:
    with pytest.raises(PageError):
        incremental_decoder("compress")


EVENTS = (
    b": comment\n"
    b'id: 7\ndata: {"choices": [{"delta": {"content": "Xin "}}]}\n\n'
    b'data: {"choices": [{"delta": {"content": "ch\xc3\xa0o"}}]}\r\n\r\n'
    b"data: plain words\n\n"
    b'data:"a string"\n\n'
    b"data: [DONE]\n\n"
)


@given(st.lists(st.integers(0, len(EVENTS)), max_size=8))
def test_events_are_read_however_they_are_cut(places: list[int]) -> None:
    reader = LineReader(events=True)
    edges = [0, *sorted(places), len(EVENTS)]
    pieces = [EVENTS[first:last] for first, last in itertools.pairwise(edges)]
    lines = [line for piece in pieces for line in reader.read(piece)] + list(reader.read(b"", last=True))
    assert b"".join(line for line, _ in lines) == EVENTS
    assert "".join(text for _, text in lines) == "Xin chàoplain words\na string"


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_can_be_read(data: bytes, events: bool) -> None:
    reader = LineReader(events=events)
    assert b"".join(line for line, _ in [*reader.read(data), *reader.read(b"", last=True)]) == data


def test_a_line_may_come_byte_by_byte() -> None:
    reader = LineReader(events=False)
    data = b'{"text": "' + b"a" * 50_000 + b'"}\r\n{"text": "b"}\n'
    pieces = [data[start : start + 1] for start in range(len(data))]
    lines = [line for piece in pieces for line in reader.read(piece)] + list(reader.read(b"", last=True))
    assert b"".join(line for line, _ in lines) == data
    assert [len(text) for _, text in lines] == [50_000, 1]


def test_a_line_without_end_is_an_error() -> None:
    with pytest.raises(PageError):
        list(LineReader(events=True).read(b"x" * (2 << 20)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"id": "a b", "delta": {"content": "one"}}, "one\na b"),
        ({"message": {"content": {"parts": ["one ", "two"]}}}, "one two"),
        ({"v": "tok", "p": "/message/x"}, "tok"),
        ({"title": "two words", "id": "x1"}, "two words"),
        ([1, None, {"text": "x"}], "x"),
    ],
)
def test_the_words_of_an_event(value: object, text: str) -> None:
    assert Words().of(value) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"id": "x", "choices": [{"delta": {"role": "a b", "content": "bad"}}]},
            {"id": "x", "choices": [{"delta": {"role": "", "content": "N"}}]},
        ),
        ({"content": {"parts": ["bad", "worse"]}}, {"content": {"parts": ["N"]}}),
        ({"text": "bad", "id": 1}, {"text": "N", "id": 1}),
        ({"title": "bad words", "id": "x"}, {"title": "N", "id": "x"}),
    ],
)
def test_a_notice_takes_the_form_of_the_event(value: object, expected: object) -> None:
    before = json.dumps(value)
    assert with_notice(value, "N") == expected
    assert json.dumps(value) == before


def test_a_notice_without_any_event_before_it() -> None:
    assert notice_lines(LineReader(events=True), "N", events=True) == b"\n\ndata: N\n\n"
    assert notice_lines(LineReader(events=False), "N", events=False) == b"N\n"


def test_a_window_keeps_what_has_not_been_looked_at() -> None:
    window = Window()
    for _ in range(100):
        window.add("0123456789" * 10)
    assert len(window.text) == window.fresh == 10_000
    parts = list(window.parts())
    assert max(map(len, parts)) <= PART
    assert "".join([parts[0], *(part[WINDOW // 2 :] for part in parts[1:])]) == window.text, "nothing is left out"
    window.looked_at()
    assert len(window.text) == WINDOW
    assert window.fresh == 0


def test_what_is_said_with_every_event_is_taken_once() -> None:
    words = Words()
    events = [{"model": "Big Model", "delta": piece} for piece in ("nhà ", "c", "ái ")]
    assert "".join(map(words.of, events)) == "nhà \nBig Modelcái "


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_bombs_are_errors(coding: str, encode: Callable[[bytes], bytes]) -> None:
    with pytest.raises(PageError, match="too large"):
        incremental_decoder(coding)(encode(bytes(64 << 20)))


def test_raw_deflate_and_several_members_of_gzip() -> None:
    raw = zlib.compressobj(wbits=-15)
    assert incremental_decoder("deflate")(raw.compress(b"words") + raw.flush()) == b"words"
    decode = incremental_decoder("gzip")
    both = gzip.compress(b"one ") + gzip.compress(b"two")
    assert b"".join(decode(both[start : start + 5]) for start in range(0, len(both), 5)) == b"one two"
