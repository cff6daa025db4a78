"""Real pages, damaged in every way: nothing raises, nothing takes long, nothing grows without end."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from pathlib import Path
from random import Random
from typing import Final

import brotli
import pytest
from components import require_folder

from safeguard import Action, Guard
from safeguard.web.judge import judge
from safeguard.web.messages import Response

HELP: Final = Path("/usr/share/libreoffice/help/vi")  # Debian: libreoffice-help-vi
DATA: Final = Path(__file__).parents[2].parent / "shared" / "data" / "pages" / "readability"
MUTANTS: Final = 2000
LARGEST: Final = 100_000  # bytes of a mutant
# CPU time of one mutant. What is meant is 0.1 s; a shared machine stops for longer than that, and a slow path of the
# kind that is looked for here (quadratic or worse) takes seconds at this size.
SECONDS: Final = 2.0
MEMORY: Final = 64 << 20  # bytes above the start

_TYPES: Final = ("text/html", "text/html; charset=utf-16", "application/json", "text/javascript", "text/css", "", "x/y")
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


@pytest.fixture(scope="module")
def pages() -> list[bytes]:
    """Saved web pages where they are at hand, and always those of a help that Debian packages."""
    require_folder(HELP)
    return [path.read_bytes() for path in (*sorted(DATA.glob("*.html")), *sorted(HELP.rglob("*.html"))[::10])]


def test_mutated_pages(guard: Guard, pages: list[bytes]) -> None:
    random = Random(4)
    codings = {
        "": bytes,
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": lambda data: brotli.compress(data, quality=1),
    }
    for number in range(MUTANTS):
        body = mutate(random.choice(pages), random)
        coding = random.choice(list(codings))
        body = codings[coding](body)
        if random.random() < 0.1:
            body = body[: random.randrange(len(body) + 1)]
        headers = (("content-type", random.choice(_TYPES)), ("content-encoding", coding))
        before = time.process_time()
        judged = judge(guard, Response(200, headers, body), "lower_secondary", "vi")
        assert time.process_time() - before < SECONDS, number
        assert judged.decision.action in Action


def test_memory_is_bounded(guard: Guard, pages: list[bytes]) -> None:
    random = Random(5)
    largest = sorted(pages, key=len)[-3:]
    tracemalloc.start()
    try:
        for page in largest:
            for _ in range(3):
                guard.check_page(mutate(page * 4, random), content_type="text/html")
        bomb = gzip.compress(b"<p>word " * 4_000_000)
        guard.check_page(bomb, content_type="text/html", content_encoding="gzip")
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
