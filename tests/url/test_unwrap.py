from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.url.address import parse_address
from safeguard.url.unwrap import unwrap


@pytest.mark.parametrize(
    ("url", "inner"),
    [
        ("https://translate.google.com/translate?sl=en&u=https%3A%2F%2Fbad.test%2Fx", "https://bad.test/x"),
        ("https://translate.google.com.vn/website?u=bad.test", "bad.test"),
        ("https://my--site-com-vn.translate.goog/p?_x_tr_sl=en", "http://my-site.com.vn/p"),
        ("https://www.google.com/url?sa=D&q=https://bad.test/", "https://bad.test/"),
        ("https://www.google.com/imgres?imgurl=http://bad.test/a.png", "http://bad.test/a.png"),
        ("https://www.google.com.vn/amp/s/bad.test/x", "bad.test/x"),
        ("https://cdn.ampproject.org/c/s/bad.test/x", "bad.test/x"),
        ("https://bad-test.cdn.ampproject.org/", "http://bad.test/"),
        ("https://webcache.googleusercontent.com/search?q=cache:AbCdEfGhIjKl:bad.test/x", "bad.test/x"),
        ("https://web.archive.org/web/20200101000000id_/http://bad.test/x?y=1", "http://bad.test/x?y=1"),
        ("https://web.archive.org/web/2020/http:/bad.test/", "http://bad.test/"),
        ("https://archive.ph/newest/https://bad.test/", "https://bad.test/"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fbad.test&h=x", "https://bad.test"),
        ("https://r.jina.ai/https://bad.test/x", "https://bad.test/x"),
        ("https://images.weserv.nl/?url=bad.test/a.png", "bad.test/a.png"),
        ("https://i0.wp.com/bad.test/a.png?w=3", "bad.test/a.png?w=3"),
        ("web.archive.org/web/2020/bad.test", "bad.test"),
        ("https://web.archive.org/web/https://bad.test/", "https://bad.test/"),
        ("https://archive.ph/https://bad.test/", "https://bad.test/"),
        ("https://www.facebook.com/l.php?u=https://bad.test", "https://bad.test"),
        ("https://12ft.io/proxy?q=https://bad.test", "https://bad.test"),
        ("https://wsrv.nl/?url=ssl:bad.test/a.png", "bad.test/a.png"),
    ],
)
def test_the_address_inside_is_found(url: str, inner: str) -> None:
    assert inner in unwrap(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://site.test/?u=https://other.test/",
        "https://www.google.com/search?q=bad.test",
        "https://www.google.com/url?q=words",
        "https://web.archive.org/web/2020/about",
        "https://web.archive.org/details/book",
        "https://www.facebook.com/profile.php?u=https://other.test",
        "https://web.archive.org.evil.test/web/2020/http://bad.test/",
        "https://evil-web.archive.org/web/2020/http://bad.test/",
        "https://r.jina.ai/",
        "not an address at all",
        "",
    ],
)
def test_what_leads_nowhere_else(url: str) -> None:
    assert unwrap(url) == ()


def test_wrappers_inside_of_wrappers() -> None:
    url = "https://web.archive.org/web/2020/https://translate.google.com/translate?u=http://bad.test/"
    assert unwrap(url)[-1] == "http://bad.test/"
    deep = "http://bad.test/"
    for _ in range(9):
        deep = f"https://web.archive.org/web/2020/{deep}"
    assert len(unwrap(deep)) == 3, "no deeper than people go"


@given(
    st.sampled_from(["", "https://web.archive.org/web/1/", "https://translate.google.com/?u="]), st.text(max_size=60)
)
def test_what_is_found_are_addresses(outer: str, text: str) -> None:
    for inner in unwrap(outer + text):
        assert parse_address(inner).host
