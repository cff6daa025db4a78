from __future__ import annotations

import inspect
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from safeguard.store.counters import Counters


class Calendar:
    def __init__(self) -> None:
        self.day = date(2026, 11, 23)

    def __call__(self) -> date:
        return self.day


def test_today_and_total() -> None:
    calendar = Calendar()
    counters = Counters(calendar)
    counters.add("primary", "gambling", "block")
    counters.add("primary", None, "allow")
    assert counters.today() == {("primary", "gambling", "block"): 1, ("primary", "none", "allow"): 1}
    calendar.day += timedelta(days=1)
    assert counters.today() == {}
    counters.add("primary", "gambling", "block")
    assert counters.today() == {("primary", "gambling", "block"): 1}
    assert counters.total()["primary", "gambling", "block"] == 2


def test_what_was_handed_out_does_not_change() -> None:
    counters = Counters(Calendar())
    before = counters.today()
    counters.add("primary", None, "allow")
    assert before == {}


def test_threads() -> None:
    counters = Counters(Calendar())
    with ThreadPoolExecutor(8) as threads:
        for _ in range(8):
            threads.submit(lambda: [counters.add("primary", None, "allow") for _ in range(1000)])
    assert counters.total() == {("primary", "none", "allow"): 8000}


def test_there_is_no_place_for_who_or_where() -> None:
    assert list(inspect.signature(Counters.add).parameters) == ["self", "profile", "category", "happened"]
