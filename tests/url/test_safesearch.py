from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.url.safesearch import Accounts, SafeSearch, safe_answer, safe_headers, safe_url

OFF, MODERATE, STRICT = SafeSearch


@pytest.mark.parametrize("level", [MODERATE, STRICT])
@pytest.mark.parametrize(
    ("asked", "safe"),
    [
        ("https://www.google.com/search?q=a", "https://www.google.com/search?q=a&safe=active"),
        ("https://www.google.com.vn/search?safe=off&q=a", "https://www.google.com.vn/search?q=a&safe=active"),
        ("https://google.de/search?q=a&safe=images&safe=off", "https://google.de/search?q=a&safe=active"),
        ("https://www.google.co.uk/search?q=a&%73afe=off", "https://www.google.co.uk/search?q=a&safe=active"),
        ("https://www.google.com/search?q=a&SAFE=off", "https://www.google.com/search?q=a&safe=active"),
        ("https://images.google.com/images?q=a#safe=off", "https://images.google.com/images?q=a&safe=active#safe=off"),
        ("https://www.google.com//search?q=a", "https://www.google.com//search?q=a&safe=active"),
        ("https://www.google.com/%73earch?q=a", "https://www.google.com/%73earch?q=a&safe=active"),
        ("https://www.bing.com/Search?q=a", "https://www.bing.com/Search?q=a&adlt=strict"),
        ("https://google.vn/search?q=a&b&&c", "https://google.vn/search?q=a&b&&c&safe=active"),
        ("https://www.google.com/webhp", "https://www.google.com/webhp?safe=active"),
        ("https://www.google.com./search?q=a", "https://www.google.com./search?q=a&safe=active"),
        ("https://www.google.com/search?q=m%C3%A8o+con", "https://www.google.com/search?q=m%C3%A8o+con&safe=active"),
        ("https://www.bing.com/images/search?q=a&adlt=off", "https://www.bing.com/images/search?q=a&adlt=strict"),
        ("https://duckduckgo.com/?q=a&kp=-2", "https://duckduckgo.com/?q=a&kp=1"),
        ("https://search.brave.com/search?q=a&safesearch=off", "https://search.brave.com/search?q=a&safesearch=strict"),
    ],
)
def test_searches_are_made_safe(asked: str, safe: str, level: SafeSearch) -> None:
    assert safe_url(asked, level) == safe
    assert safe_url(asked, OFF) == asked


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/maps?q=a",
        "https://www.google.com/settings?q=a",
        "https://www.google.com/url?q=a",
        "https://duckduckgo.com/dist/x.js?q=a",
        "https://docs.google.com/search?q=a",
        "https://www.google.com.evil.test/search?q=a",
        "https://wwwgoogle.com/search?q=a",
        "https://www.google.test/search?q=a",
        "https://coccoc.com/search?query=a",
        "https://site.test/search?q=a&safe=off",
        "https://[::1/search?q=a",
        "",
    ],
)
def test_all_else_stays_as_it_was(url: str) -> None:
    assert safe_url(url, STRICT) == url


@given(st.text(max_size=80), st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=5))
def test_nothing_raises_and_nothing_else_is_lost(text: str, fields: list[tuple[str, str]]) -> None:
    once = safe_url(text, STRICT)
    assert safe_url(once, STRICT) == once
    query = "&".join(f"{name}={value}".replace("#", "").replace("&", "") for name, value in fields)
    safe = safe_url(f"https://www.google.com/search?{query}", STRICT)
    if safe.isprintable() and safe.isascii():
        before = [field for field in parse_qsl(query, keep_blank_values=True) if field[0].strip().lower() != "safe"]
        assert parse_qsl(urlsplit(safe).query, keep_blank_values=True) == [*before, ("safe", "active")]


@pytest.mark.parametrize(
    ("host", "level", "headers"),
    [
        ("www.youtube.com", STRICT, (("YouTube-Restrict", "Strict"),)),
        ("M.YouTube.com.", MODERATE, (("YouTube-Restrict", "Moderate"),)),
        ("www.youtube.com", OFF, ()),
        ("www.youtube.com.evil.test", STRICT, ()),
        ("www.google.com", STRICT, ()),
    ],
)
def test_headers(host: str, level: SafeSearch, headers: object) -> None:
    assert safe_headers(host, level) == headers


def test_accounts_of_the_school_only() -> None:
    school = Accounts(("hoamai.edu.vn", "hoamai.vn"), ("hoamai.edu.vn",), "0000-tenant")
    assert safe_headers("accounts.google.com", OFF, school) == (
        ("X-GoogApps-Allowed-Domains", "hoamai.edu.vn,hoamai.vn"),
    )
    assert safe_headers("login.microsoftonline.com", STRICT, school) == (
        ("Restrict-Access-To-Tenants", "hoamai.edu.vn"),
        ("Restrict-Access-Context", "0000-tenant"),
    )
    assert safe_headers("meet.google.com", OFF, school) == safe_headers("google.com", OFF, school) != ()
    assert safe_headers("evilgoogle.com", OFF, school) == ()
    assert safe_headers("login.microsoftonline.com", STRICT) == ()
    assert safe_headers("site.test", STRICT, school) == ()


@pytest.mark.parametrize(
    ("host", "level", "answer"),
    [
        ("www.google.com.vn", STRICT, "forcesafesearch.google.com"),
        ("google.fr", MODERATE, "forcesafesearch.google.com"),
        ("www.youtube.com", STRICT, "restrict.youtube.com"),
        ("www.youtube.com", MODERATE, "restrictmoderate.youtube.com"),
        ("www.bing.com", STRICT, "strict.bing.com"),
        ("duckduckgo.com", STRICT, "safe.duckduckgo.com"),
        ("www.ecosia.org", STRICT, "strict-safe-search.ecosia.org"),
        ("pixabay.com", STRICT, "safesearch.pixabay.com"),
        ("search.brave.com", STRICT, "forcesafe.search.brave.com"),
        ("yandex.ru", STRICT, "213.180.193.56"),
        ("www.google.com", OFF, None),
        ("mail.google.com", STRICT, None),
        ("coccoc.com", STRICT, None),
    ],
)
def test_answers_of_a_dns(host: str, level: SafeSearch, answer: str | None) -> None:
    assert safe_answer(host, level) == answer
