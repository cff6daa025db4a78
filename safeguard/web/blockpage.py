"""What a child sees in the place of a page: what, why in plain words, and what next.

Never the matched words, a score, blame or the address. The same answer takes the form that the browser can use: a
page, a compact page in a frame, JSON for a script, a neutral picture for an image, nothing for the rest.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from safeguard.pages import PageMaker, accepted_language, texts
from safeguard.verdict import Action, Decision
from safeguard.web.helplines import helplines
from safeguard.web.messages import Reply, header
from safeguard.web.sending import GO_ON

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from safeguard.policy.profile import Profile
    from safeguard.taxonomy import Category
    from safeguard.web.messages import Request

APPEAL_PATH: Final = "/.safeguard/appeal"
HELP: Final = "help"  # stands for a category where somebody goes on from a page that offered help
CONTINUE_PATH: Final = "/.safeguard/continue"
NOTE_LENGTH: Final = 120  # characters a child may add to an appeal

_PAGES: Final = PageMaker("safeguard.web")
_STYLE: Final = "block.css"
_SCRIPT: Final = "back.js"
# Destinations that get an empty body, with the type each expects (anything else would be an error in the console).
_EMPTY_TYPES: Final = {
    "audio": "audio/mpeg",
    "audioworklet": "text/javascript",
    "font": "font/woff2",
    "manifest": "application/manifest+json",
    "paintworklet": "text/javascript",
    "script": "text/javascript",
    "serviceworker": "text/javascript",
    "sharedworker": "text/javascript",
    "style": "text/css",
    "track": "text/vtt",
    "video": "video/mp4",
    "worker": "text/javascript",
    "xslt": "text/xsl",
}
_FRAMES: Final = ("iframe", "frame", "fencedframe", "embed", "object")


def render_block(request: Request, decision: Decision, profile: Profile) -> Reply:
    """403: the page is not shown. In the language of the decision, so that reason and page agree."""
    tone = texts("block", decision.language)[profile.tone]
    return _answer(
        request,
        403,
        decision.language,
        decision,
        kind="block",
        tone=profile.tone,
        text=tone,
        title=tone["title"],
        tip=tone["tips"][decision.category or "none"],
    )


def render_warn(request: Request, decision: Decision, profile: Profile) -> Reply:
    """403: the page is shown only after the person has said so (POST to ``/.safeguard/continue``)."""
    tone = texts("block", decision.language)[profile.tone]
    return _answer(
        request,
        403,
        decision.language,
        decision,
        kind="warn",
        tone=profile.tone,
        text=tone,
        title=tone["warn_title"],
        tip=tone["tips"][decision.category or "none"],
        address=_path(request.url),
        go_on_from=decision.category or "none",
    )


def render_help(request: Request, help_with: Category, profile: Profile, language: str) -> Reply:
    """403: before a search that calls for help, a helpline and a way on. It says nothing against the child."""
    tone = texts("block", language)[profile.tone]
    decision = Decision(Action.TIP, help_with, tone["asking"]["help_text"], profile.name, language, helpline=True)
    return _answer(
        request,
        403,
        language,
        decision,
        kind="warn",
        tone=profile.tone,
        text=tone,
        title=tone["asking"]["help_title"],
        tip="",
        address=_path(request.url),
        go_on_from=HELP,
    )


def render_sending(
    request: Request,
    fields: tuple[tuple[str, str], ...],
    personal: tuple[str, ...],
    help_with: Category | None,
    profile: Profile,
    language: str,
) -> Reply:
    """403: before a form goes out, a question; the form is in the page and goes on from there, kept nowhere else."""
    tone = texts("block", language)[profile.tone]
    asking = tone["asking"]
    reason = asking["help_text"] if help_with else " ".join(asking[kind] for kind in personal)
    decision = Decision(Action.TIP, help_with, reason, profile.name, language, helpline=help_with is not None)
    return _answer(
        request,
        403,
        language,
        decision,
        kind="send",
        tone=profile.tone,
        text=tone,
        title=asking["help_title"] if help_with else asking["title"],
        tip="" if help_with else asking["tip"],
        send_to=_path(request.url),
        send=[*fields, (GO_ON, "1")],
        send_label=asking["send"],
    )


def render_sent(request: Request, profile: Profile, language: str) -> Reply:
    """403: before the next page of an unknown site to which personal data has gone, a word about it; then on."""
    tone = texts("block", language)[profile.tone]
    asking = tone["asking"]
    decision = Decision(Action.TIP, None, asking["sent"], profile.name, language)
    return _answer(
        request,
        403,
        language,
        decision,
        kind="sent",
        tone=profile.tone,
        text=tone,
        title=asking["sent_title"],
        tip=asking["sent_tip"],
        address=_path(request.url),
        understood=asking["understood"],
    )


def render_hours(request: Request, until: datetime, profile: Profile, language: str) -> Reply:
    """403: there is no internet at this hour. When it is back, and that help is there all the same."""
    tone = texts("block", language)[profile.tone]
    hours = tone["hours"]
    reason = hours["text"].format(time=f"{until:%H:%M}")
    decision = Decision(Action.BLOCK, None, reason, profile.name, language)
    return _answer(
        request,
        403,
        language,
        decision,
        kind="hours",
        tone=profile.tone,
        text=tone,
        title=hours["title"],
        tip=hours["tip"],
    )


def render_failure(request: Request, profile: Profile, language: str) -> Reply:
    """503: the filter itself could not check the page. Nothing technical."""
    text = texts("block", language)["failure"]
    reply = _answer(
        request,
        503,
        language,
        None,
        kind="failure",
        tone=profile.tone,
        text=text,
        title=text["title"],
        can_retry=request.method in ("GET", "HEAD"),
    )
    return Reply(reply.status, (*reply.headers, ("Retry-After", "30")), reply.body)


def render_appeal_received(request: Request, language: str) -> Reply:
    """200: thanks, after an appeal was posted."""
    text = texts("block", language)["appeal"]
    body = _PAGES.render(
        "block.html.j2",
        language=language,
        kind="appeal",
        icon="sent",
        tone="teen",
        compact=False,
        text=text,
        title=text["title"],
        back=None,
        # The page before the blocked one: the blocked page itself lies between.
        back_steps=2,
        helpline=None,
    )
    return _reply(request, 200, _PAGES.headers(language, style=_STYLE, script=_SCRIPT), body)


def page_language(request: Request, default: str = "vi") -> str:
    """``vi`` or ``en``: the one the browser prefers; ``default`` where it names neither."""
    return accepted_language(header(request.headers, "Accept-Language"), default)


def _answer(
    request: Request, status: int, language: str, decision: Decision | None, *, kind: str, **values: Any
) -> Reply:
    """The answer in the form that fits what the browser asked for."""
    category = decision.category if decision else None
    extra = (("X-Safeguard-Category", category.value if category else "none"),)
    destination = _destination(request)
    helpline = helplines()[0] if decision and decision.helpline else None
    if destination == "image":
        body = _PAGES.render("placeholder.svg.j2", title=texts("block", language)["image"]["title"], language=language)
        headers = _PAGES.headers(language, style=_STYLE, content_type="image/svg+xml")
        return _reply(request, status, (*headers, *extra), body)
    if destination in _EMPTY_TYPES:
        headers = _PAGES.headers(language, style=_STYLE, content_type=_EMPTY_TYPES[destination])
        return _reply(request, status, (*headers, *extra), b"")
    if destination == "empty":
        answer = {
            "blocked": True,
            "category": category.value if category else None,
            "reason": decision.reason if decision else values["text"]["text"],
            "action": decision.action.value if decision else "block",
            "helpline": {"number": helpline.number, "name": helpline.name[language]} if helpline else None,
        }
        body = json.dumps(answer, ensure_ascii=False).encode()
        headers = _PAGES.headers(language, style=_STYLE, content_type="application/json")
        return _reply(request, status, (*headers, *extra), body)
    body = _PAGES.render(
        "block.html.j2",
        language=language,
        kind=kind,
        icon=category.value if category else ("failure" if kind == "failure" else "none"),
        category=category.value if category else "none",
        reason=decision.reason if decision else "",
        compact=destination in _FRAMES,
        back=_referrer(request),
        back_steps=1,
        helpline=helpline,
        appeal_path=APPEAL_PATH,
        continue_path=CONTINUE_PATH,
        note_length=NOTE_LENGTH,
        **values,
    )
    return _reply(request, status, (*_PAGES.headers(language, style=_STYLE, script=_SCRIPT), *extra), body)


def _reply(request: Request, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> Reply:
    return Reply(status, headers, b"" if request.method == "HEAD" else body)


def _destination(request: Request) -> str:
    """What the answer is for, in the words of Sec-Fetch-Dest; guessed from older headers where that is missing."""
    stated = header(request.headers, "Sec-Fetch-Dest").strip().lower()
    if header(request.headers, "X-Requested-With") or (
        header(request.headers, "Sec-Fetch-Mode") == "cors" and not stated
    ):
        return "empty"
    if stated:
        return stated
    wanted = header(request.headers, "Accept").partition(",")[0].partition(";")[0].strip().lower()
    if wanted.startswith("image/"):
        return "image"
    if wanted.startswith(("video/", "audio/", "font/")):
        return wanted.partition("/")[0]
    return {"application/json": "empty", "text/css": "style", "text/event-stream": "empty"}.get(wanted, "document")


def _referrer(request: Request) -> str | None:
    """Where the child came from, as far as the browser says: a link back that needs no script."""
    value = header(request.headers, "Referer")
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or value == request.url:
        return None
    return value


def _path(url: str) -> str:
    """Path and query of a URL: what the page may post back, so that it can never lead to another host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "/"
    # Two slashes at the start would be read as a host.
    path = "/" + parts.path.lstrip("/\\")
    return f"{path}?{parts.query}" if parts.query else path
