from __future__ import annotations

from pathlib import Path

import pytest

from safeguard.url.address import parse_address
from safeguard.url.services import service_of, services


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.tiktok.com/@a", "tiktok"),
        ("https://chat.zalo.me/", "zalo"),
        ("https://lienquan.garena.vn/", "garena"),
        ("https://gemini.google.com/", "gemini"),
        ("https://r1.googlevideo.com/", "youtube"),
        ("https://www.google.com/", None),
        ("https://nottiktok.com/", None),
        ("https://tiktok.com.evil.test/", None),
        ("http://192.0.2.1/", None),
    ],
)
def test_whose_a_host_is(url: str, name: str | None) -> None:
    service = service_of(parse_address(url))
    assert (service.name if service else None) == name


def test_the_guide_names_them_all() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in guide for name in services())
