"""Real pages, damaged in every way."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Final

import brotli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

MUTANTS: Final = 2000
LARGEST: Final = 100_000  # bytes of a mutant

_TYPES: Final = ("text/html", "text/html; charset=utf-16", "application/json", "text/javascript", "text/css", "", "x/y")
_CODINGS: Final = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=1),
}
_BITS: Final = (
    b"<div>", b"</div>", b"<p", b"<!--", b"-->", b"<script>", b"</script>", b"<template>", b"<style>", b"&#x", b"\x00",
    b"\xff\xfe", b'"', b"'", b"<table><td>", b"<svg><![CDATA[", b"<a href=", b"<li class=comment>", b"{", b"[",
    b"\\u00", b"<iframe srcdoc='", b"<bdo dir=rtl>", "\u200b".encode(), b"style='display:none'",
)  # fmt: skip


def mutate(page: bytes, random: Random) -> bytes:
    start = random.randrange(max(1, len(page) - LARGEST // 2))
    data = bytearray(page[start : start + LARGEST // 2])
    for _ in range(random.randint(1, 40)):
        place = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0:
                data[place:place] = random.choice(_BITS) * random.choice((1, 1, 3, 200))
            case 1:
                del data[place : place + random.randint(1, 300)]
            case 2:
                data[place : place + 1] = bytes([random.randrange(256)])
            case 3:
                other = random.randrange(len(data) + 1)
                data[place:place] = data[other : other + random.randint(1, 500)]
            case 4:
                del data[place + random.randint(100, LARGEST) :]
    return bytes(data[:LARGEST])


def mutants(pages: list[bytes], random: Random) -> Iterator[tuple[bytes, str, str]]:
    """Bodies, each with a content type and a content coding, which may both be wrong."""
    for _ in range(MUTANTS):
        body = mutate(random.choice(pages), random)
        coding = random.choice(list(_CODINGS))
        body = _CODINGS[coding](body)
        if random.random() < 0.1:
            body = body[: random.randrange(len(body) + 1)]
        yield body, random.choice(_TYPES), coding
