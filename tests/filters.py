"""What tests of the filter share."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urlencode

from safeguard import Guard
from safeguard.store.appeals import Appeals
from safeguard.store.counters import Counters
from safeguard.web.config import FilterConfig
from safeguard.web.filter import WebFilter
from safeguard.web.messages import Reply, Request
from safeguard.web.probe_site import ProbeSite

URL = "https://site.test/page?q=1"
ENGLISH = ("Accept-Language", "en")


class Setup:
    """A filter with all its parts at hand."""

    def __init__(self, guard: Guard, **settings: object) -> None:
        self.now = 1000.0
        self.local = datetime(2026, 11, 24, 9, 30)
        self.counters = Counters(lambda: date(2026, 11, 23))
        self.appeals = Appeals()
        self.web = WebFilter(
            guard,
            FilterConfig(**settings),  # type: ignore[arg-type]
            counters=self.counters,
            appeals=self.appeals,
            probe_site=ProbeSite(),
            clock=lambda: self.now,
            now=lambda: self.local,
        )

    def post(self, path: str, form: dict[str, str] | bytes = b"", *headers: tuple[str, str], **more: str) -> Reply:
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        headers = headers or (("Origin", "https://site.test"),)
        reply = self.web.before(
            Request("POST", f"https://site.test/.safeguard/{path}", (*headers, ENGLISH), body, **more)
        )
        assert reply is not None
        return reply
