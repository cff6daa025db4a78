"""Turn a verdict into a decision for one profile."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from safeguard.errors import InputError, UnknownProfileError
from safeguard.policy.profile import DEFAULT_PROFILE, load_profiles
from safeguard.taxonomy import Category, taxonomy
from safeguard.verdict import Action, Decision, Outcome, Part, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeguard.policy.profile import Profile

_NOTHING_FOUND = {"vi": "Không thấy nội dung có hại.", "en": "Nothing harmful was found."}
_UNJUDGED = {
    Outcome.NOT_SCANNABLE: {
        "vi": "Loại nội dung này không có chữ để kiểm tra.",
        "en": "This kind of content has no words to check.",
    },
    Outcome.TOO_LARGE: {
        "vi": "Trang này quá lớn nên chưa kiểm tra được.",
        "en": "This page is too large to be checked.",
    },
    Outcome.UNDECODABLE: {
        "vi": "Trang này bị mã hóa lạ nên chưa đọc được.",
        "en": "This page is coded in a way that could not be read.",
    },
    Outcome.ENCRYPTED: {
        "vi": "Tài liệu này có mật khẩu nên chưa kiểm tra được.",
        "en": "This document has a password, so it could not be checked.",
    },
}


_REDACTED = {
    "vi": "Một phần của trang này đã được ẩn; phần còn lại vẫn xem được.",
    "en": "A part of this page has been hidden; the rest can be read.",
}


class Policy:
    """The profiles in force. Safe to share between threads."""

    def __init__(self, profiles: Mapping[str, Profile] | None = None) -> None:
        self.profiles: Mapping[str, Profile] = MappingProxyType(dict(load_profiles() if profiles is None else profiles))

    def profile(self, name: str = DEFAULT_PROFILE) -> Profile:
        """The profile of that name.

        Raises:
            UnknownProfileError: there is none.
        """
        try:
            return self.profiles[name]
        except KeyError:
            raise UnknownProfileError(name, tuple(self.profiles)) from None

    def decide(self, verdict: Verdict, profile: str = DEFAULT_PROFILE, language: str | None = None) -> Decision:
        """What to do about ``verdict`` under ``profile``.

        The strictest action that any category's score calls for; among equals, the category that is surest. Where
        the harm lies in parts of a page that can be taken out, and what is left calls for nothing, they go and the
        page stays.

        Args:
            language: of the reason, ``vi`` or ``en``; default: that of the thing judged.

        Raises:
            UnknownProfileError: there is no such profile.
            InputError: there are no reasons in that language.
        """
        chosen = self.profile(profile)
        language = language or verdict.language
        if language not in _NOTHING_FOUND:
            raise InputError(f"unknown language {language!r}: choose vi or en")
        reached = _reached(chosen, verdict.scores)
        if parts := _parts(chosen, verdict):
            strongest = max(parts, key=lambda part: part.score)
            info = taxonomy()[strongest.category]
            items = tuple(part.item for part in parts)
            return Decision(
                Action.REDACT,
                strongest.category,
                _REDACTED[language],
                profile,
                language,
                info.helpline,
                verdict.outcome,
                items,
            )
        # What could not be judged may still have a listed address: the stricter answer holds.
        unjudged = chosen.unjudged.get(verdict.outcome, Action.ALLOW)
        if not reached or unjudged.severity > max(reached)[0]:
            reason = _UNJUDGED.get(verdict.outcome, _NOTHING_FOUND)[language]
            return Decision(unjudged, None, reason, profile, language, outcome=verdict.outcome)
        _, _, category = max(reached, key=lambda item: item[:2])
        info = taxonomy()[category]
        action = chosen.responses[category].action
        return Decision(
            action, category, info.reason[language], profile, language, helpline=info.helpline, outcome=verdict.outcome
        )


def _reached(profile: Profile, scores: Mapping[Category, float]) -> list[tuple[int, float, Category]]:
    """The categories whose score calls for something, with the severity of what it calls for."""
    return [
        (response.action.severity, scores[category], category)
        for category in Category
        if scores[category] >= (response := profile.responses[category]).threshold
        and response.action is not Action.ALLOW
    ]


def _parts(profile: Profile, verdict: Verdict) -> list[Part]:
    """The parts that must go, where the page may stay without them."""
    if not verdict.parts or verdict.outcome is not Outcome.SCANNED:
        return []
    if any(severity > Action.TIP.severity for severity, _, _ in _reached(profile, verdict.rest)):
        return []
    return [
        part
        for part in verdict.parts
        if part.score >= (response := profile.responses[part.category]).threshold
        and response.action.severity > Action.TIP.severity
    ]
