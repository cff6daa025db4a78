"""The try site keeps its word under the shipped rules and model: probes are stopped, twins and the index open."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from safeguard.taxonomy import Category, taxonomy
from safeguard.verdict import Action
from safeguard.web.messages import Request
from safeguard.web.probe_site import TRY_HOST, ProbeSite, probe_host

if TYPE_CHECKING:
    from safeguard import Guard, Verdict

PROFILES = ("early_years", "primary", "lower_secondary", "upper_secondary", "staff")
SAMPLES = list(product(("vi", "en"), Category))
SITE = ProbeSite(lambda: b"", "http://127.0.0.1:8081")


def judge(guard: Guard, url: str) -> Verdict:
    reply = SITE.reply(Request("GET", url))
    return guard.check_page(reply.body, url=url, content_type="text/html; charset=utf-8")


@pytest.mark.parametrize(("language", "category"), SAMPLES)
def test_probes_are_stopped_for_what_they_are(guard: Guard, language: str, category: Category):
    verdict = judge(guard, f"http://{probe_host(category)}/probe/{language}/{category}")
    assert guard.decide(verdict).action in (Action.BLOCK, Action.WARN)
    assert verdict.scores[category] >= 0.5


@pytest.mark.parametrize("category", [category for category, info in taxonomy().items() if not info.text_model])
def test_listed_hosts_are_stopped_before_anything_is_fetched(guard: Guard, category: Category):
    verdict = guard.check_url(f"http://{probe_host(category)}/probe/vi/{category}")
    assert guard.decide(verdict).action is Action.BLOCK


@pytest.mark.parametrize(("language", "category"), SAMPLES)
def test_twins_open(guard: Guard, language: str, category: Category):
    verdict = judge(guard, f"http://{TRY_HOST}/twin/{language}/{category}")
    assert guard.decide(verdict).action is Action.ALLOW


@pytest.mark.parametrize(("language", "profile"), list(product(("vi", "en"), PROFILES)))
def test_the_index_opens_for_every_age(guard: Guard, language: str, profile: str):
    verdict = judge(guard, f"http://{TRY_HOST}/?lang={language}")
    assert guard.decide(verdict, profile).action is Action.ALLOW
