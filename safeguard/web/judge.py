"""The part of filtering that costs time: judging one response. Pure, so that it can run in another process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from safeguard.errors import PageError
from safeguard.verdict import Action
from safeguard.web.media import combined, is_guessed, media_type

if TYPE_CHECKING:
    from safeguard.guard import Guard
    from safeguard.text.explain import Explanation
    from safeguard.verdict import Decision, Verdict
    from safeguard.web.messages import Response


_MOST_TIMES: Final = 3  # that parts are taken out of one page


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision about a response.

    Attributes:
        body: where the decision is to redact, what is left: UTF-8, without content coding; empty where the harmful
            part could not be taken out.
    """

    decision: Decision
    body: bytes = b""


def judge(guard: Guard, response: Response, profile: str, language: str) -> Judged:
    """What a profile says about a response, and the body without what must go; the reason is in ``language``.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    kind = media_type(response.headers)
    # After the type come the header's values as they are, for the charset that one of them may name.
    content_type = f"{'' if is_guessed(kind) else kind};{combined(response.headers, 'content-type')}"
    coding = combined(response.headers, "content-encoding")
    verdict = guard.check_page(response.body, content_type=content_type, content_encoding=coding, hints=response.hints)
    decision = guard.decide(verdict, profile, language=language)
    if decision.action is not Action.REDACT:
        return Judged(decision)
    left, next_ = response.body, decision
    # The same words may stand elsewhere too, in a script or under a picture, so what is left is judged like any page.
    for _ in range(_MOST_TIMES):
        try:
            left = guard.redact_page(left, next_, content_type=content_type, content_encoding=coding)
        except PageError:
            return Judged(decision)
        content_type, coding = f"{kind or 'text/html'};charset=utf-8", ""
        verdict = guard.check_page(left, content_type=content_type, hints=response.hints)
        next_ = guard.decide(verdict, profile, language=language)
        if next_.action.severity <= Action.TIP.severity:
            return Judged(decision, left)
        if next_.action is not Action.REDACT:
            break
    return Judged(decision)


def judge_text(guard: Guard, text: str, profile: str) -> tuple[Verdict, Decision, Explanation]:
    """The verdict on a text, what a profile says of it, and what decided, as the console shows them.

    Raises:
        TextError: it is no text that can be judged.
        UnknownProfileError: there is no such profile.
    """
    verdict, explanation = guard.explain_text(text)
    decision = guard.decide(verdict, profile)
    if decision.category not in (None, explanation.category):
        _, explanation = guard.explain_text(text, category=decision.category)
    return verdict, decision, explanation
