"""safeguard judges text, pages, addresses and pictures for harm to children, first in Vietnamese and English.

>>> from safeguard import Guard
>>> Guard().check_text("Hôm nay lớp mình học về quang hợp.").top[1] < 0.5
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from safeguard.errors import (
    AddressError,
    ConfigError,
    DataError,
    ImageError,
    InputError,
    ListenError,
    MissingExtraError,
    PageError,
    SafeguardError,
    TextError,
    UnknownProfileError,
)
from safeguard.taxonomy import Category
from safeguard.verdict import Action, Decision, Finding, Outcome, Part, Verdict

if TYPE_CHECKING:
    from safeguard.guard import Guard
    from safeguard.policy import Policy, Profile

__version__ = "0.1.0"

__all__ = [
    "Action",
    "AddressError",
    "Category",
    "ConfigError",
    "DataError",
    "Decision",
    "Finding",
    "Guard",
    "ImageError",
    "InputError",
    "ListenError",
    "MissingExtraError",
    "Outcome",
    "PageError",
    "Part",
    "Policy",
    "Profile",
    "SafeguardError",
    "TextError",
    "UnknownProfileError",
    "Verdict",
    "__version__",
]

# Loaded at first use (PEP 562), so that importing safeguard for a type or an error costs next to nothing.
_LAZY = {"Guard": "safeguard.guard", "Policy": "safeguard.policy", "Profile": "safeguard.policy"}


def __getattr__(name: str) -> object:
    if name in _LAZY:
        value = getattr(import_module(_LAZY[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
