from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard

from safeguard.web.media import combined, is_guessed, is_text, media_type, starts_as_text

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], ""),
        (["text/html; charset=utf-8"], "text/html"),
        (["TEXT/HTML"], "text/html"),
        (["html"], ""),
        (["text/html, image/png"], "text/html"),
        (["image/png, text/html"], "text/html"),
        (["image/png", "text/html"], "text/html"),
        (["text/html", "image/png"], "text/html"),
        (["image/png", "video/mp4"], "video/mp4"),
        (["image/png, */*"], "image/png"),
        (['image/png; name="a, text/html"'], "image/png"),
        (['image/png; name="a\\", text/html"'], "image/png"),
        (['image/png; name="a, text/html'], "image/png"),
        (["image/png; text/html"], "image/png"),
    ],
)
def test_the_type_is_read_as_browsers_read_it(values: list[str], kind: str) -> None:
    assert media_type(tuple(("Content-Type", value) for value in values)) == kind


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/html", True),
        ("text/plain", True),
        ("text/vtt", True),
        ("application/json", True),
        ("application/ld+json", True),
        ("application/xhtml+xml", True),
        ("image/svg+xml", True),
        ("text/xml", True),
        ("text/css", True),
        ("text/javascript", True),
        ("application/javascript", True),
        ("text/event-stream", True),
        ("image/png", False),
        ("video/mp4", False),
        ("application/pdf", False),
        ("", False),
    ],
)
def test_what_is_text(kind: str, text: bool) -> None:
    assert is_text(kind) is text


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "application/unknown", "unknown/unknown"])
def test_what_is_guessed(kind: str) -> None:
    assert is_guessed(kind)
    assert not is_text(kind)


@pytest.mark.parametrize(
    ("held", "text"),
    [
        (b"<!doctype html>", True),
        ("Xin chào".encode(), True),
        (b'{"a": 1}', True),
        (b"\xff\xfea\x00b\x00", True),
        (b"\n <p>\x00\x01", True),  # a tag makes it a document, whatever follows
        (b"", True),
        (PNG, False),
        (b"PK\x03\x04", False),
        (b"\x00" * 4096, False),
        (b"%PDF-1.7\n%\x01", False),
    ],
)
@pytest.mark.parametrize("coding", ["", "identity", "gzip", "GZIP", "x-gzip", "deflate", "br", "zstd"])
def test_first_bytes(held: bytes, text: bool, coding: str) -> None:
    encode = {
        "gzip": gzip.compress,
        "x-gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": brotli.compress,
        "zstd": zstandard.ZstdCompressor().compress,
    }.get(coding.lower(), bytes)
    assert starts_as_text(encode(held), coding) is text


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "unknown", "gzip, br"])
def test_what_cannot_be_looked_into_counts_as_text(coding: str) -> None:
    assert starts_as_text(b"\x07not that coding at all", coding)


def test_a_bomb_is_not_unpacked() -> None:
    assert not starts_as_text(gzip.compress(b"\x00" * (64 << 20))[:4096], "gzip")


def test_values_of_one_header_are_joined() -> None:
    assert (
        combined((("Content-Encoding", "gzip"), ("X", "y"), ("content-encoding", "br")), "content-encoding")
        == "gzip, br"
    )
