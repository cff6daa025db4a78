"""Real pages, damaged in every way: nothing raises, nothing grows without end.

How long they take is measured by ``benchmarks/page_speed.py``.
"""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path
from random import Random
from typing import Final

import pytest
from components import require_folder
from mutants import mutants, mutate

from safeguard import Action, Guard, Outcome
from safeguard.web.judge import judge
from safeguard.web.messages import Response

HELP: Final = Path("/usr/share/libreoffice/help/vi")  # Debian: libreoffice-help-vi
DATA: Final = Path(__file__).parents[2].parent / "shared" / "data" / "pages" / "readability"
MEMORY: Final = 64 << 20  # bytes above the start


@pytest.fixture(scope="module")
def pages() -> list[bytes]:
    """Saved web pages where they are at hand, and always those of a help that Debian packages."""
    require_folder(HELP)
    return [path.read_bytes() for path in (*sorted(DATA.glob("*.html")), *sorted(HELP.rglob("*.html"))[::10])]


def test_mutated_pages(guard: Guard, pages: list[bytes]) -> None:
    for body, kind, coding in mutants(pages, Random(4)):
        headers = (("content-type", kind), ("content-encoding", coding))
        judged = judge(guard, Response(200, headers, body), "lower_secondary", "vi")
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


def test_what_takes_quadratic_time_elsewhere(guard: Guard) -> None:
    """Each of these took minutes once, or does in a naive reader; here they take moments."""
    for body, kind in (
        (b"<?xml version='1.0'?><rss>" + b"<![CDATA[" * 300_000, "text/xml"),
        (b"<?xml version='1.0'?><rss>" + b"<![CDATA[a]]>" * 200_000, "text/xml"),
        (b"<![CDATA[" * 300_000, "text/html"),
    ):
        assert guard.check_page(body, content_type=kind).outcome in Outcome
