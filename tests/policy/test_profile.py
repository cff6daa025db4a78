from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from safeguard.errors import ConfigError
from safeguard.policy import FailMode, Mode, load_profiles
from safeguard.policy.profile import load_profile
from safeguard.resources import rules_dir
from safeguard.taxonomy import Category, Tier, taxonomy
from safeguard.verdict import Action

SHIPPED = rules_dir() / "profiles"


def test_the_five_profiles_from_youngest_to_oldest() -> None:
    profiles = load_profiles()
    assert list(profiles) == ["early_years", "primary", "lower_secondary", "upper_secondary", "staff"]
    assert profiles["early_years"].mode is Mode.ALLOW_LIST
    for profile in profiles.values():
        assert profile.fail_mode is FailMode.CLOSED
        assert set(profile.title) == set(profile.rationale) == {"vi", "en"}


def test_below_its_minimum_age_a_category_is_blocked_or_at_least_warned_about() -> None:
    for profile in load_profiles().values():
        youngest = profile.ages[0]
        for category, info in taxonomy().items():
            action = profile.responses[category].action
            if info.tier is Tier.LOCKED:
                assert action is Action.BLOCK
            elif youngest < 18 and (info.min_age is None or youngest < (info.warn_age or info.min_age)):
                assert action is Action.BLOCK, f"{profile.name} {category}"
            elif youngest < 18:
                assert action is not Action.ALLOW, f"{profile.name} {category}"


def test_a_younger_profile_is_never_milder() -> None:
    profiles = list(load_profiles().values())
    for younger, older in pairwise(profiles):
        for category in Category:
            assert younger.responses[category].action.severity >= older.responses[category].action.severity
            assert younger.responses[category].threshold <= older.responses[category].threshold


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('child_exploitation = { action = "block"', 'child_exploitation = { action = "warn"', "locked"),
        ("gambling = ", "gamblin = ", "gamblin"),
        ("threshold = 0.5 }", "threshold = 1.5 }", "threshold"),
        ('fail_mode = "closed"', 'fail_mode = "maybe"', "fail_mode"),
        ('undecodable = "block"', "", "undecodable"),
    ],
)
def test_a_profile_that_cannot_be_followed_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (SHIPPED / "lower_secondary.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_profile(path)
