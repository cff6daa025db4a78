"""The nineteen categories of harm, read from ``rules/categories.toml``.

A category says *what a thing is*; what to do about it for a child of a given age is the policy's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from safeguard.errors import DataError
from safeguard.resources import load_toml, rules_dir

if TYPE_CHECKING:
    from collections.abc import Mapping


class Category(StrEnum):
    """A kind of harm. The values are the identifiers used in files, on the command line and in headers."""

    SEXUAL = "sexual"
    CHILD_EXPLOITATION = "child_exploitation"
    GROOMING = "grooming"
    VIOLENCE = "violence"
    WEAPONS = "weapons"
    DANGEROUS_ACTS = "dangerous_acts"
    SELF_HARM = "self_harm"
    EATING_DISORDER = "eating_disorder"
    BULLYING = "bullying"
    HATE = "hate"
    EXTREMISM = "extremism"
    TRAFFICKING = "trafficking"
    DRUGS = "drugs"
    ALCOHOL_TOBACCO = "alcohol_tobacco"
    GAMBLING = "gambling"
    SCAM = "scam"
    MALWARE = "malware"
    BYPASS = "bypass"
    DATING = "dating"


class Basis(StrEnum):
    """Why a category may exist at all: a closed list, so that opinions can never become one."""

    SEXUAL = "sexual"
    VIOLENCE_CRUELTY = "violence_cruelty"
    SELF_HARM = "self_harm"
    EXPLOITATION_TRAFFICKING = "exploitation_trafficking"
    HATE_HARASSMENT_OF_PERSONS = "hate_harassment_of_persons"
    SUBSTANCE = "substance"
    GAMBLING_MONEY = "gambling_money"
    FRAUD_MALWARE = "fraud_malware"
    DANGEROUS_ACTS = "dangerous_acts"
    CIRCUMVENTION = "circumvention"


class Tier(StrEnum):
    """How far a policy may open a category."""

    LOCKED = "locked"  # no profile may allow it
    BLOCKED = "blocked"  # blocked below the minimum age
    WARNED = "warned"  # warned about, blocked for the youngest


@dataclass(frozen=True, slots=True)
class CategoryInfo:
    """What the rules say of one category.

    Attributes:
        min_age: from this age on (years) a profile may allow it; ``None`` means at no age by default.
        warn_age: from this age on a warning is enough; ``None`` where there is no such step.
        helpline: the block page offers a helpline.
        text_model: text can show it, so the trained model has an output for it.
        name: its name, by language code.
        reason: one plain sentence for the person who was stopped, by language code.
    """

    id: Category
    tier: Tier
    basis: Basis
    min_age: int | None
    warn_age: int | None
    helpline: bool
    text_model: bool
    name: Mapping[str, str]
    reason: Mapping[str, str]


@cache
def taxonomy() -> Mapping[Category, CategoryInfo]:
    """All categories in the order of :class:`Category`.

    Raises:
        DataError: ``rules/categories.toml`` does not describe exactly these categories.
    """
    path = rules_dir() / "categories.toml"
    table = load_toml(path)
    if set(table) != {category.value for category in Category}:
        odd = sorted(set(table) ^ {category.value for category in Category})
        raise DataError(f"{path} and the code disagree about the categories: {', '.join(odd)}")
    infos: dict[Category, CategoryInfo] = {}
    for category in Category:
        entry = table[category.value]
        try:
            infos[category] = CategoryInfo(
                id=category,
                tier=Tier(entry["tier"]),
                basis=Basis(entry["basis"]),
                min_age=entry.get("min_age"),
                warn_age=entry.get("warn_age"),
                helpline=entry.get("helpline", False),
                text_model=entry.get("text_model", True),
                name=MappingProxyType(entry["name"]),
                reason=MappingProxyType(entry["reason"]),
            )
        except (KeyError, ValueError) as error:
            raise DataError(f"{path}: category {category.value}: {error}") from error
    return MappingProxyType(infos)


@cache
def text_categories() -> tuple[Category, ...]:
    """The categories that text can show, in order: the columns of the text model."""
    return tuple(category for category, info in taxonomy().items() if info.text_model)
