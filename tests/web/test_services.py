from __future__ import annotations

import pytest
from filters import ENGLISH, Setup

from safeguard import Guard
from safeguard.web.config import ClosedServices
from safeguard.web.messages import Request

CLOSED = (
    ClosedServices(closed=frozenset({"tiktok"})),
    ClosedServices(closed=frozenset({"youtube"}), profile="primary"),
)


@pytest.mark.parametrize(
    ("profile", "url", "stopped"),
    [
        ("primary", "https://www.tiktok.com/", True),
        ("primary", "https://m.youtube.com/", True),
        ("upper_secondary", "https://www.tiktok.com/", True),
        ("upper_secondary", "https://m.youtube.com/", False),
        ("staff", "https://www.tiktok.com/", False),
        ("primary", "https://zalo.me/", False),
    ],
)
def test_services_are_closed_for_whom_they_are(guard: Guard, profile: str, url: str, stopped: bool) -> None:
    web = Setup(guard, profile=profile, services=CLOSED).web
    reply = web.before(Request("GET", url, (ENGLISH,)))
    assert (reply is not None) is stopped
    if reply is not None:
        page = reply.body.decode()
        assert "Adults have switched off" in page
        assert "/.safeguard/appeal" in page, "a child may ask"
    host = url.split("/")[2]
    assert web.opens(host, "10.0.0.1") is not stopped
    assert (not isinstance(web.name(host, "10.0.0.1", counts=False), str | None)) is stopped
