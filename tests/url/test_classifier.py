from __future__ import annotations

import pytest

from safeguard import Action, AddressError, Category, Guard
from safeguard.url.address import Address
from safeguard.url.database import Match


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


@pytest.mark.parametrize(
    "url",
    [
        "https://web.archive.org/web/2020/https://www.pornhub.com/",
        "https://translate.google.com/translate?u=www.pornhub.com",
        "https://www-pornhub-com.translate.goog/",
    ],
)
def test_the_address_inside_is_judged(guard: Guard, url: str) -> None:
    assert guard.check_url(url).scores[Category.SEXUAL] == 1


def test_a_translated_lesson_is_open(guard: Guard) -> None:
    url = "https://translate.google.com/translate?u=https://vi.wikipedia.org/wiki/Quang_hop"
    assert guard.decide(guard.check_url(url), "early_years").action is Action.ALLOW


def test_a_banks_look_alike_is_closed_and_its_name_elsewhere_a_hint(guard: Guard) -> None:
    assert guard.decide(guard.check_url("https://vietc0mbank.test/")).category is Category.SCAM
    assert guard.decide(guard.check_url("https://vietcombank.test/"), "early_years").action is Action.ALLOW
    assert guard.hints("https://vietcombank.test/") == (Category.SCAM,)
    assert guard.decide(guard.check_url("https://www.vietcombank.com.vn/")).action is Action.ALLOW


class Kept:
    """A list of addresses to keep open."""

    def __init__(self, *hosts: str) -> None:
        self._hosts = hosts

    def lookup(self, address: Address) -> list[Match]:
        return [Match(None, "kept", address.host)] if address.host in self._hosts else []


def test_an_address_that_is_kept_open_opens_none_inside_of_it() -> None:
    guard = Guard(lists=[Kept("web.archive.org")])
    assert guard.decide(guard.check_url("https://web.archive.org/web/2020/lesson.test")).action is Action.ALLOW
    assert guard.decide(guard.check_url("https://web.archive.org/web/2020/pornhub.com")).action is Action.BLOCK
    inside = Guard(lists=[Kept("bet365.com")])
    assert inside.decide(inside.check_url("https://web.archive.org/web/2020/bet365.com")).action is Action.ALLOW


def test_what_adults_keep_open_is_no_imitation() -> None:
    guard = Guard(lists=[Kept("vietc0mbank.test")])
    assert guard.decide(guard.check_url("https://vietc0mbank.test/")).action is Action.ALLOW
