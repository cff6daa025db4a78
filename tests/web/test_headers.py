from __future__ import annotations

import pytest
from filters import URL

from safeguard.web.headers import is_navigation, request_headers
from safeguard.web.messages import Headers, Request


@pytest.mark.parametrize(
    ("navigation", "headers", "kept"),
    [
        (True, (("Range", "bytes=0-"), ("If-Range", "x"), ("Cookie", "a")), (("Cookie", "a"),)),
        (False, (("Range", "bytes=0-"),), (("Range", "bytes=0-"),)),
        (False, (("Accept-Encoding", "gzip;q=0.5, br, dcz, *"),), (("Accept-Encoding", "gzip;q=0.5, br"),)),
        (False, (("accept-encoding", "compress"),), (("accept-encoding", "identity"),)),
        (False, (("Accept-Encoding", "GZIP, zstd"),), (("Accept-Encoding", "GZIP, zstd"),)),
    ],
)
def test_request_headers(navigation: bool, headers: Headers, kept: Headers) -> None:
    assert request_headers(headers, navigation=navigation) == kept


@pytest.mark.parametrize(
    ("headers", "navigation"),
    [
        ((("Sec-Fetch-Dest", "document"), ("Accept", "*/*")), True),
        ((("Sec-Fetch-Dest", "iframe"),), True),
        ((("Sec-Fetch-Dest", "video"), ("Accept", "text/html")), False),
        ((("Sec-Fetch-Dest", "empty"),), False),
        ((("Accept", "text/html,application/xhtml+xml"),), True),
        ((("Accept", "*/*"),), False),
        ((), False),
    ],
)
def test_navigations(headers: Headers, navigation: bool) -> None:
    assert is_navigation(Request("GET", URL, headers)) is navigation
