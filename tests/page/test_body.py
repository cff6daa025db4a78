from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from safeguard.page.body import Body, decode_body, decode_text
from safeguard.verdict import Outcome

TEXT = "Cờ bạc là bác thằng bần. " * 40
DATA = TEXT.encode()


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("", DATA),
        ("identity", DATA),
        ("gzip", gzip.compress(DATA)),
        ("GZip", gzip.compress(DATA)),
        ("x-gzip", gzip.compress(DATA)),
        ("gzip", gzip.compress(DATA[:100]) + gzip.compress(DATA[100:])),
        ("deflate", zlib.compress(DATA)),
        ("deflate", raw_deflate(DATA)),
        ("br", brotli.compress(DATA)),
        ("zstd", zstd(DATA)),
        ("zstd", zstd(DATA[:100]) + zstd(DATA[100:])),
        ("gzip, br", brotli.compress(gzip.compress(DATA))),
        ("gzip,gzip", gzip.compress(gzip.compress(DATA))),
    ],
)
def test_codings(coding: str, body: bytes) -> None:
    decoded = decode_body(body, coding)
    assert decoded.outcome is Outcome.SCANNED
    assert decoded.data == DATA


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", DATA),
        ("gzip", gzip.compress(DATA)[:-20]),
        ("deflate", b"\xff" * 20),
        ("br", b"\xff" * 20),
        ("br", brotli.compress(DATA)[:-5]),
        ("zstd", DATA),
        ("compress", DATA),
        ("dcb", DATA),
        ("gzip, gzip, gzip, gzip", DATA),
    ],
)
def test_what_cannot_be_decoded_is_said_to_be_so(coding: str, body: bytes) -> None:
    assert decode_body(body, coding).outcome is Outcome.UNDECODABLE


@pytest.mark.parametrize("coding", ["aes128gcm", "AESGCM", "gzip, aes128gcm"])
def test_what_needs_a_key_is_encrypted(coding: str) -> None:
    assert decode_body(b"sealed", coding) == Body(b"", Outcome.ENCRYPTED)


@pytest.mark.parametrize("encode", [gzip.compress, zlib.compress, brotli.compress, zstd])
def test_a_bomb_stops_at_the_cap(encode: object) -> None:
    coding = {gzip.compress: "gzip", zlib.compress: "deflate", brotli.compress: "br", zstd: "zstd"}[encode]  # type: ignore[index]
    bomb = encode(b"\x00" * 20_000_000)  # type: ignore[operator]
    decoded = decode_body(bomb, coding, limit=100_000)
    assert decoded.outcome is Outcome.TOO_LARGE
    assert decoded.data == b""


def test_a_body_of_exactly_the_cap_passes() -> None:
    assert decode_body(gzip.compress(b"x" * 1000), "gzip", limit=1000).outcome is Outcome.SCANNED
    assert decode_body(gzip.compress(b"x" * 1001), "gzip", limit=1000).outcome is Outcome.TOO_LARGE


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]))
def test_no_bytes_raise(body: bytes, coding: str) -> None:
    assert decode_body(body, coding, limit=1000).outcome in Outcome


WORDS = "Đường lên đỉnh Olympia"


@pytest.mark.parametrize(
    ("data", "content_type", "expected"),
    [
        (WORDS.encode(), "", WORDS),
        (WORDS.encode(), "text/html; charset=utf-8", WORDS),
        (WORDS.encode(), 'text/html; charset="UTF-8"', WORDS),
        (b"\xef\xbb\xbf" + WORDS.encode(), "text/html; charset=iso-8859-1", WORDS),
        (WORDS.encode("utf-16"), "", WORDS),
        (("hello there, " * 5).encode("utf-16-le"), "", "hello there, " * 5),
        (("hello there, " * 5).encode("utf-16-be"), "", "hello there, " * 5),
        (b"caf\xe9", "text/plain; charset=latin1", "café"),
        (b'<meta charset="shift_jis">' + "漢字".encode("shift_jis"), "text/html", '<meta charset="shift_jis">漢字'),
        (
            b"Tr\xeb b\xean nh\xe0 c\xf3 c\xe2y",
            "text/plain; charset=no-such",
            b"Tr\xeb b\xean nh\xe0 c\xf3 c\xe2y".decode("cp1258"),
        ),
        (b"good text with one bad \xff byte " * 1 + b"and much more " * 50, "", None),
        (b"", "", ""),
        (b"abc", "text/plain; charset=punycode-", "abc"),
        (b"abc", "text/plain; charset=utf_7", "abc"),
        (b"abcd", "text/html; charset=utf-32", "abcd"),
        (b"abc", "text/html; charset=cp037", "abc"),
    ],
)
def test_charsets(data: bytes, content_type: str, expected: str | None) -> None:
    text = decode_text(data, content_type)
    assert text == expected if expected is not None else "good text with one bad \ufffd byte" in text


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_give_text(data: bytes, content_type: str) -> None:
    assert isinstance(decode_text(data, f"text/html; charset={content_type}"), str)
