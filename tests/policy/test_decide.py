from __future__ import annotations

import pytest

from safeguard.errors import InputError, UnknownProfileError
from safeguard.policy import Policy
from safeguard.taxonomy import Category, taxonomy
from safeguard.verdict import NO_SCORES, Action, Outcome, Verdict

POLICY = Policy()


def verdict(**scores: float) -> Verdict:
    return Verdict({**NO_SCORES, **{Category(name): score for name, score in scores.items()}}, language="en")


@pytest.mark.parametrize(
    ("profile", "scores", "action", "category"),
    [
        ("lower_secondary", {}, Action.ALLOW, None),
        ("lower_secondary", {"gambling": 0.64}, Action.ALLOW, None),
        ("lower_secondary", {"gambling": 0.65}, Action.BLOCK, "gambling"),
        ("primary", {"gambling": 0.6}, Action.BLOCK, "gambling"),
        ("lower_secondary", {"bullying": 0.9}, Action.WARN, "bullying"),
        ("primary", {"bullying": 0.9}, Action.BLOCK, "bullying"),
        ("lower_secondary", {"bullying": 0.99, "scam": 0.7}, Action.BLOCK, "scam"),
        ("lower_secondary", {"drugs": 0.7, "scam": 0.8}, Action.BLOCK, "scam"),
        ("upper_secondary", {"violence": 0.9}, Action.WARN, "violence"),
        ("staff", {"self_harm": 1.0}, Action.ALLOW, None),
        ("staff", {"child_exploitation": 1.0}, Action.BLOCK, "child_exploitation"),
    ],
)
def test_decisions(profile: str, scores: dict[str, float], action: Action, category: str | None) -> None:
    decision = POLICY.decide(verdict(**scores), profile)
    assert decision.action is action
    assert decision.category == category


@pytest.mark.parametrize("profile", list(POLICY.profiles))
@pytest.mark.parametrize("outcome", [Outcome.TOO_LARGE, Outcome.UNDECODABLE])
def test_what_was_not_judged_never_passes_in_silence(profile: str, outcome: Outcome) -> None:
    assert POLICY.decide(Verdict(outcome=outcome), profile).action in (Action.WARN, Action.BLOCK)


def test_a_listed_address_and_a_body_that_cannot_be_read_give_the_stricter_answer() -> None:
    listed = {**NO_SCORES, Category.ALCOHOL_TOBACCO: 1.0}
    assert POLICY.decide(Verdict(listed, outcome=Outcome.UNDECODABLE), "staff").action is Action.WARN
    assert POLICY.decide(Verdict(listed, outcome=Outcome.UNDECODABLE), "primary").category is Category.ALCOHOL_TOBACCO


def test_no_reasons_in_other_languages() -> None:
    with pytest.raises(InputError, match="'fr'"):
        POLICY.decide(verdict(), language="fr")


def test_what_holds_no_text_passes() -> None:
    assert POLICY.decide(Verdict(outcome=Outcome.NOT_SCANNABLE)).action is Action.ALLOW


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_category_has_a_reason_and_the_right_ones_a_helpline(language: str) -> None:
    with_help = set()
    for category, info in taxonomy().items():
        decision = POLICY.decide(verdict(**{category.value: 1.0}), "primary", language)
        assert decision.reason == info.reason[language]
        assert decision.language == language
        if decision.helpline:
            with_help.add(category.value)
    assert with_help == {"self_harm", "eating_disorder", "grooming", "trafficking", "bullying", "child_exploitation"}


def test_an_unknown_profile_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownProfileError, match=r"'teen'.*lower_secondary"):
        POLICY.decide(verdict(), "teen")
