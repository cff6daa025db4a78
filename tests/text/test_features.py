from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from safeguard.text.features import BITS, ngrams
from safeguard.text.normalize import fold


def of(texts: list[str]) -> list[set[int]]:
    folded = fold(texts)
    buckets, bounds = ngrams(folded, folded.edges)
    assert len(bounds) == len(texts) + 1
    parts = [buckets[first:last].tolist() for first, last in itertools.pairwise(bounds)]
    assert all(len(part) == len(set(part)) for part in parts), "each n-gram once"
    return [set(part) for part in parts]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_together_as_alone(texts: list[str]) -> None:
    assert of(texts) == [of([text])[0] for text in texts]


def test_what_repeats_counts_once() -> None:
    once, often = of(["xin chào bạn. ", "xin chào bạn. " * 50])
    assert once < often  # only those across the seams are new
    assert len(often) < 2 * len(once)


def test_digits_are_one_and_the_same() -> None:
    assert of(["rồng vàng 79"]) == of(["rồng vàng 88"])


def test_accents_and_order_matter() -> None:
    assert of(["cờ bạc"]) != of(["co bac"])
    assert of(["nhà cái"]) != of(["cái nhà"])


def test_buckets_are_spread() -> None:
    words = " ".join(f"từ{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}" for n in range(5000))
    (buckets,) = of([words])
    assert max(buckets) < 1 << BITS
    counts = np.histogram(list(buckets), bins=16, range=(0, 1 << BITS))[0]
    assert counts.max() < 1.3 * counts.min()
