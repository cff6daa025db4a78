from __future__ import annotations

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.url.lookalike import Imitation, imitates


def in_ascii(host: str) -> str:
    return idna.encode(host, uts46=True).decode()


@pytest.mark.parametrize(
    ("host", "brand"),
    [
        ("vietcombank.com.vn.evil.test", "vietcombank.com.vn"),
        ("login.vietcombank.com.vn.evil.test", "vietcombank.com.vn"),
        ("google.com.evil.test", "google.com"),
        ("google.com.evil.ar", "google.com"),
        ("vietcombank.com.vn.xyz", "vietcombank.com.vn"),
        ("vietc0mbank.test", "vietcombank.com.vn"),
        ("vietcornbank.test", "vietcombank.com.vn"),
        (in_ascii("vіetcombank.test"), "vietcombank.com.vn"),  # Cyrillic
        (in_ascii("vietcombánk.test"), "vietcombank.com.vn"),
        ("faceb00k.test", "facebook.com"),
        ("www.g00gle.test", "google.com"),
        ("sh0pee-khuyenmai.test", "shopee.vn"),
    ],
)
def test_names_that_only_look_alike(host: str, brand: str) -> None:
    assert imitates(host) == Imitation(brand, certain=True)


@pytest.mark.parametrize(
    ("host", "brand"),
    [
        ("vietcombank.test", "vietcombank.com.vn"),
        ("vietcombank-login.test", "vietcombank.com.vn"),
        ("garena-nhanqua.test", "garena.vn"),
        ("shopee.uudai.test", "shopee.vn"),
    ],
)
def test_names_in_domains_that_are_not_their_owners(host: str, brand: str) -> None:
    assert imitates(host) == Imitation(brand, certain=False)


@pytest.mark.parametrize(
    "host",
    [
        "vietcombank.com.vn",
        "www.vietcombank.com.vn",
        "api.facebook.net",
        "m.youtube.com",
        "docs.google.com",
        "shopee.sg",
        "www.google.de",
        "google.com.ar",
        "www.google.com.ua",
        "google.ie",
        "google.co.uk",
        "shopee.co.th",
        "dichvucong.hanoi.gov.vn",
        "momo-ramen.test",
        "shop.test",
        "facebookgroup.test",
        "youtube-downloader.test",
        "learn-google-sheets.test",
        "tieuhoc-login.edu.vn",
        "bank.test",
        "acb.test",
        "mb.test",
        "googol.test",
        "1.1.1.1",
        "2001:db8::1",
        "localhost",
        in_ascii("bóng-đá.test"),
        in_ascii("日本.test"),
    ],
)
def test_names_of_their_own(host: str) -> None:
    assert imitates(host) is None


@given(st.from_regex(r"[a-z0-9-]{1,12}(\.[a-z0-9-]{1,12}){0,3}", fullmatch=True))
def test_subdomains_of_the_real_one_never_imitate(prefix: str) -> None:
    assert imitates(f"{prefix}.vietcombank.com.vn") is None
    imitates(prefix)


@given(st.text(min_size=1, max_size=20))
def test_no_label_raises(text: str) -> None:
    imitates(f"xn--{text}.test")
