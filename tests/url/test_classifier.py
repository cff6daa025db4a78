from __future__ import annotations

import pytest

from safeguard import Action, AddressError, Category, Guard


@pytest.mark.parametrize(
    ("url", "category"),
    [
        ("https://www.pornhub.com/view?x=1", Category.SEXUAL),
        ("bet365.com", Category.GAMBLING),
        ("https://CROXYPROXY.com./", Category.BYPASS),
    ],
)
def test_listed_hosts(guard: Guard, url: str, category: Category) -> None:
    verdict = guard.check_url(url)
    assert verdict.top == (category, 1.0)
    finding = verdict.findings[0]
    assert finding.source.startswith("hosts/seed#")
    assert url[finding.start : finding.end] == finding.text != ""


@pytest.mark.parametrize(
    "url",
    [
        "https://notpornhub.com.school.test/",
        "https://baomoi.test/canh-bao-nha-cai-uy-tin-lua-dao",
        "https://school.test/",
        "https://suckhoe.test/tu-tu-la-gi",
    ],
)
def test_words_alone_never_block(guard: Guard, url: str) -> None:
    verdict = guard.check_url(url)
    for profile in guard.policy.profiles:
        assert guard.decide(verdict, profile).action is Action.ALLOW


def test_what_is_no_address(guard: Guard) -> None:
    with pytest.raises(AddressError):
        guard.check_url("not an address")
