"""A profile: what is done for people of one age about each category, read from ``rules/profiles/<name>.toml``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from safeguard.errors import ConfigError
from safeguard.resources import load_toml, rules_dir
from safeguard.taxonomy import Category, Tier, taxonomy
from safeguard.verdict import Action, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_PROFILE: Final = "lower_secondary"


class FailMode(StrEnum):
    """What becomes of a page that the filter could not judge because it failed itself."""

    CLOSED = "closed"  # a page that says so, status 503
    OPEN = "open"  # the page


class Mode(StrEnum):
    """What is open at all."""

    FILTER = "filter"  # everything that is not judged harmful
    ALLOW_LIST = "allow_list"  # only the hosts of the profile's list, and those are judged as well


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Response(_Strict):
    """What follows when a category's score reaches ``threshold`` (calibrated probability)."""

    action: Action
    threshold: Annotated[float, Field(gt=0, le=1)]


class Profile(_Strict):
    """The answers for one age.

    Attributes:
        ages: the youngest and the oldest it is meant for, in years; ``None`` has no end.
        rationale: why it is as strict as it is, by language code: shown to parents and children.
        tone: which of the block page's tones speaks to them: ``early``, ``young``, ``teen`` or ``adult``.
        responses: for every category.
        unjudged: the action for what could not be judged, by outcome.
        safe_search: how much search engines and video sites are told to leave out
            (:class:`safeguard.url.safesearch.SafeSearch`).
        allow_hosts: the only hosts that are open in allow-list mode (with all their subdomains).
    """

    name: str
    ages: tuple[int, int | None]
    tone: str
    title: dict[str, str]
    rationale: dict[str, str]
    mode: Mode = Mode.FILTER
    fail_mode: FailMode = FailMode.CLOSED
    responses: dict[Category, Response]
    unjudged: dict[Outcome, Action]
    safe_search: Literal["off", "moderate", "strict"] = "strict"
    allow_hosts: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _complete(self) -> Profile:
        missing = [category.value for category in Category if category not in self.responses]
        if missing:
            raise ValueError(f"no response for {', '.join(missing)}")
        for category, info in taxonomy().items():
            if info.tier is Tier.LOCKED and self.responses[category].action is not Action.BLOCK:
                raise ValueError(f"{category} is locked and can only be blocked")
        for outcome in Outcome:
            if outcome not in (Outcome.SCANNED, Outcome.NOT_SCANNABLE) and outcome not in self.unjudged:
                raise ValueError(f"unjudged says nothing about {outcome}")
        return self


def load_profile(path: Path) -> Profile:
    """Read one profile; its name is the file's.

    Raises:
        ConfigError: it is not a profile, or opens what is locked.
    """
    table = load_toml(path)
    try:
        return Profile.model_validate({"name": path.stem, **table})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{path}: {place + ': ' if place else ''}{first['msg']}") from error


def load_profiles(folder: Path | None = None) -> Mapping[str, Profile]:
    """All profiles in ``folder`` (default: the shipped ones) by name, the youngest first."""
    folder = folder or rules_dir() / "profiles"
    profiles = [load_profile(path) for path in sorted(folder.glob("*.toml"))]
    return {profile.name: profile for profile in sorted(profiles, key=lambda profile: profile.ages[0])}
