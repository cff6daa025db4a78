"""What judging pages costs: CPU time of one thread for real pages, scaled to 30 KB of HTML, and where it goes.

Usage: python benchmarks/page_speed.py DATA [--runs N], where DATA holds ``pages/readability``. Each page is judged N
times and its fastest run counts, so that what else the machine does is left out. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from rich.progress import track
from selectolax.lexbor import LexborHTMLParser

from safeguard import Guard
from safeguard.page.body import decode_body, decode_text
from safeguard.page.classifier import join_segments
from safeguard.page.html import is_excessive, read_html

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from mutants import MUTANTS, mutants

PAGE = 30 * 1024  # bytes


def fastest(work: Callable[[], object], runs: int) -> float:
    """Milliseconds of CPU time."""
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--runs", type=int, default=5)
    arguments = options.parse_args()
    guard = Guard()
    classifier = guard._page
    rows, sizes = [], []
    paths = sorted((arguments.data / "pages" / "readability").glob("*.html"))
    for path in track(paths, "measure", transient=True):
        # The first 30 KB, so that every page counts alike; pages that are shorter are left out.
        body = path.read_bytes()[:PAGE]
        if len(body) < PAGE:
            continue
        text = decode_text(body, "text/html")
        page = join_segments(read_html(text).segments)
        steps: list[Callable[[], object]] = [
            lambda text=text: is_excessive(text),
            lambda text=text: LexborHTMLParser(text),
            lambda text=text: read_html(text),
            lambda page=page: classifier.judge(page),
            lambda body=body: guard.check_page(body, content_type="text/html"),
        ]
        rows.append([fastest(step, arguments.runs) for step in steps])
        sizes.append(len(page.text))
    table = np.array(rows)
    print(f"{len(table)} pages of 30 KB HTML, with {np.median(sizes) / 1024:.1f} KB of visible text in the median\n")
    print("| step | CPU ms, p50 | p90 | p99 |")
    print("|---|---:|---:|---:|")
    for column, name in enumerate(("guard against slow markup", "parse", "parse and read", "judge", "all")):
        values = [np.percentile(table[:, column], share) for share in (50, 90, 99)]
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in values) + " |")
    per_size = []
    for body, kind, coding in track(
        mutants([path.read_bytes() for path in paths], Random(4)), "mutants", total=MUTANTS, transient=True
    ):
        size = max(len(decode_body(body, coding).data), 10_000)
        took = fastest(lambda: guard.check_page(body, content_type=kind, content_encoding=coding), 2)  # noqa: B023 - at once
        per_size.append(took / size * 100_000)
    middle, late, most = (np.percentile(per_size, share) for share in (50, 99, 100))
    print(f"\n{len(per_size)} mutated pages, CPU ms for 100 KB: p50 {middle:.1f}, p99 {late:.1f}, most {most:.1f}")


if __name__ == "__main__":
    main()
