"""The same device a minute before and after the night begins."""

from __future__ import annotations

from datetime import datetime

import pytest
from filters import ENGLISH, URL, Setup

from safeguard import Guard
from safeguard.policy import Hours
from safeguard.web.messages import Request

NIGHT = (Hours.model_validate({"closed": ["22:00-06:00"]}),)
BEFORE, AFTER = datetime(2026, 11, 24, 21, 59), datetime(2026, 11, 24, 22, 1)


@pytest.fixture
def setup(guard: Guard) -> Setup:
    return Setup(guard, hours=NIGHT)


def ask(setup: Setup, when: datetime, url: str = URL, *headers: tuple[str, str], **more: str) -> bytes | None:
    setup.local = when
    reply = setup.web.before(Request("GET", url, (ENGLISH, *headers), **more))
    return reply.body if reply else None


def test_the_page_goes_away_when_the_night_begins(setup: Setup) -> None:
    assert ask(setup, BEFORE) is None
    page = ask(setup, AFTER)
    assert page is not None
    assert b"06:00" in page
    assert b"111" in page, "somebody listens at night too"
    assert b"<form" not in page
    assert setup.counters.total() == {("lower_secondary", "none", "hours"): 1}


def test_scripts_get_json(setup: Setup) -> None:
    body = ask(setup, AFTER, URL, ("Sec-Fetch-Dest", "empty"))
    assert body is not None
    assert b'"blocked": true' in body


def test_helplines_are_always_open(setup: Setup) -> None:
    assert ask(setup, AFTER, "https://www.tongdai111.vn/") is None
    assert ask(setup, AFTER, "https://vi.wikipedia.org/") is not None


def test_hosts_that_are_passed_through_close_too(setup: Setup) -> None:
    setup.local = BEFORE
    assert setup.web.opens("vietcombank.com.vn", "10.0.0.1")
    setup.local = AFTER
    assert not setup.web.opens("vietcombank.com.vn", "10.0.0.1")
    assert setup.web.name("site.test", "10.0.0.1", counts=True) is not None
    assert setup.web.name("tongdai111.vn", "10.0.0.1", counts=True) is None


def test_the_night_is_not_for_staff(guard: Guard) -> None:
    assert ask(Setup(guard, hours=NIGHT, profile="staff"), AFTER) is None


def test_an_address_that_cannot_be_read_is_said_to_be_so(setup: Setup) -> None:
    assert ask(setup, AFTER, "http://a..b/") == b"This address cannot be read."
