"""The one brain for HTTP that every adapter calls.

For each exchange an adapter asks, in this order: :meth:`WebFilter.before` the request leaves, :meth:`WebFilter.plan`
when the answer's headers are there, a judge (:mod:`safeguard.web.judge`, in a process of its own) for what the plan
says is to be judged, and :meth:`WebFilter.after`. Whatever fails on the way ends in :meth:`WebFilter.failed`. Nothing
here waits or takes more than a millisecond.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from safeguard.errors import AddressError
from safeguard.policy import FailMode
from safeguard.store.appeals import MAX_NOTE, Appeal
from safeguard.taxonomy import Category
from safeguard.url.hosts import shipped_hosts
from safeguard.url.safesearch import SafeSearch, safe_answer, safe_headers, safe_url
from safeguard.verdict import Action, Decision, Outcome, Verdict
from safeguard.web import blockpage
from safeguard.web.blockpage import HELP
from safeguard.web.headers import (
    is_from_same_origin,
    is_navigation,
    is_whole,
    redacted_headers,
    request_headers,
)
from safeguard.web.layers import layers
from safeguard.web.media import (
    combined,
    is_document,
    is_guessed,
    is_several,
    is_streamed,
    is_text,
    media_type,
    starts_as_text,
)
from safeguard.web.messages import Reply, Request, header
from safeguard.web.probe_site import TRY_HOST
from safeguard.web.sending import MAX_FORM, is_form, is_read, read_message, read_sent, search_words
from safeguard.web.streams import MessageFilter, StreamFilter, notice_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from safeguard.guard import Guard
    from safeguard.policy import Profile
    from safeguard.store.appeals import Appeals
    from safeguard.store.counters import Counters
    from safeguard.web.config import FilterConfig
    from safeguard.web.judge import Judged
    from safeguard.web.layers import Layer
    from safeguard.web.messages import Headers, Response
    from safeguard.web.probe_site import ProbeSite
from safeguard.web.sending import Form

OWN_PATH: Final = "/.safeguard/"  # on every origin: it is answered here and never leaves
GRANT_SECONDS: Final = 30 * 60  # how long "go on" after a warning holds
_MAX_GRANTS: Final = 10_000
_MAX_APPEALS: Final = 10  # of one device in an hour

_NO_BODY: Final = frozenset({204, 205, 304})


class Plan(Enum):
    """What to do with the body of a response."""

    JUDGE = "judge"  # hold it, judge it, then let it go or replace it
    GUESS = "guess"  # hold its first bytes, then ask :meth:`WebFilter.settle`
    STREAM = "stream"  # judge it as it comes, with :meth:`WebFilter.stream`
    PASS = "pass"  # noqa: S105 - stream it as it comes: it holds no text for a reader
    REFUSE = "refuse"  # text that cannot be judged: ask :meth:`WebFilter.refuse` what becomes of it


class WebFilter:
    """Decides about HTTP exchanges. Used from one thread (the event loop's).

    Raises:
        UnknownProfileError: the configuration names a profile that does not exist.
    """

    def __init__(
        self,
        guard: Guard,
        config: FilterConfig,
        *,
        counters: Counters,
        appeals: Appeals,
        probe_site: ProbeSite,
        clock: Callable[[], float],
        now: Callable[[], datetime] | None = None,
        is_console: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.config = config
        self._guard = guard
        self._counters = counters
        self._appeals = appeals
        self._probe_site = probe_site
        self._clock = clock
        self._now = now or config.now
        self._is_console = is_console
        self._grants: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self._appeal_times: OrderedDict[str, deque[float]] = OrderedDict()
        self._advice: OrderedDict[tuple[str, str, str], tuple[float, Category | None]] = OrderedDict()
        for name in {config.profile, *(client.profile for client in config.clients)}:
            guard.policy.profile(name)  # an unknown profile is an error now, not at the first request

    def profile(self, request: Request) -> Profile:
        """The profile of the device that asks."""
        return self._guard.policy.profile(self.config.profile_of(request.client))

    def language(self, request: Request) -> str:
        """The language in which to speak to whom asks."""
        return blockpage.page_language(request) if self.config.language == "auto" else self.config.language

    def before(self, request: Request) -> Reply | None:
        """An answer in the server's place, or ``None`` to let the request go."""
        path = urlsplit(request.url).path
        if path.startswith(OWN_PATH):
            return self._own(request, path.removeprefix(OWN_PATH))
        profile = self.profile(request)
        try:
            layer = self._layer(request, profile)
        except AddressError:
            return _plain(400, "This address cannot be read.")
        if layer.until is not None:
            self._counters.add(profile.name, None, "hours")
            return blockpage.render_hours(request, layer.until, profile, self.language(request))
        decision = layer.decision
        assert decision is not None
        if decision.action.severity > Action.TIP.severity:
            return self._act(request, profile, decision)
        if request.method != "GET":
            return None
        return self._advise(request, profile) or self._search(request, profile)

    def _search(self, request: Request, profile: Profile) -> Reply | None:
        """An answer to a search that calls for help, or that asks for harm beyond doubt."""
        words = search_words(request.url)
        if not words.strip():
            return None
        if (help_with := self._guard.hear_help(words)) is not None:
            return self._offer_help(request, profile, help_with)
        verdict = self._guard.check_text(words)
        decision = self._guard.decide(verdict, profile.name, language=self.language(request))
        # A few words are little to go by: phrases must agree with the model. The results are judged in any case.
        agreed = any(
            finding.category is decision.category and finding.source.startswith("phrases/")
            for finding in verdict.findings
        )
        return self._act(request, profile, decision) if agreed else None

    def _offer_help(self, request: Request, profile: Profile, help_with: Category) -> Reply | None:
        """A helpline and a way on, once in a while; counted nowhere, because asking for help is nobody's business."""
        # A script that completes what is typed cannot show a page; the search itself comes as a navigation.
        if profile.tone == "adult" or not is_navigation(request) or self._granted(request, HELP):
            return None
        return blockpage.render_help(request, help_with, profile, self.language(request))

    def sends(self, request: Request) -> bool:
        """Whether a request sends what is to be asked about with :meth:`sent`, when its body is there."""
        return self.profile(request).tone != "adult" and is_read(request)

    def sent(self, request: Request) -> Reply | bytes | None:
        """What to do about it: a page that asks first, the body to send in its place, or ``None`` to let it go."""
        form = read_sent(request)
        if form is None:
            return None
        if not is_form(request) or not is_navigation(request):
            self._hear(request, form)
            return None
        if form.is_confirmed:
            return form.confirmed_body()
        profile, language = self.profile(request), self.language(request)
        help_with, personal = self._listen(request, form)
        if help_with is None and not personal:
            return None
        return blockpage.render_sending(request, form.fields, personal, help_with, profile, language)

    def said(self, request: Request, message: str) -> None:
        """Listen to a message that is sent over the WebSocket that ``request`` opened; it goes on in any case."""
        if len(message) <= MAX_FORM and self.profile(request).tone != "adult":
            self._hear(request, read_message(message))

    def _listen(self, request: Request, form: Form) -> tuple[Category | None, tuple[str, ...]]:
        """What help is needed with, unless it has been offered; or else which personal data goes to an unknown site."""
        if (help_with := self._guard.hear_help(form.words)) is not None and not self._granted(request, HELP):
            return help_with, ()
        return None, () if self.config.is_known(urlsplit(request.url).hostname or "") else form.personal()

    def _hear(self, request: Request, form: Form) -> None:
        """Keep advice for the next page of that site; of what was said, only whether it calls for help."""
        help_with, personal = self._listen(request, form)
        if help_with is None and not personal:
            return
        now = self._clock()
        key = _grant_key(request, HELP)
        self._advice[key] = (now + GRANT_SECONDS, help_with)
        self._advice.move_to_end(key)
        while len(self._advice) > _MAX_GRANTS or next(iter(self._advice.values()))[0] <= now:
            self._advice.popitem(last=False)

    def _advise(self, request: Request, profile: Profile) -> Reply | None:
        """The page that has waited for what a script sent, once."""
        key = _grant_key(request, HELP)
        if key not in self._advice or not is_navigation(request):
            return None
        until, help_with = self._advice.pop(key)
        if until <= self._clock():
            return None
        if help_with is not None:
            return self._offer_help(request, profile, help_with)
        return blockpage.render_sent(request, profile, self.language(request))

    def opens(self, host: str, client: str) -> bool:
        """Whether a device may connect to a host at all, as far as the host's name says. Counts nothing."""
        request = Request("CONNECT", f"https://{f'[{host}]' if ':' in host else host}/", client=client)
        profile = self.profile(request)
        try:
            decision = self._layer(request, profile).decision
        except AddressError:
            return False
        return decision is not None and decision.action in (Action.ALLOW, Action.TIP)

    def _layer(self, request: Request, profile: Profile) -> Layer:
        """The layer that decides about an address.

        Raises:
            AddressError: it cannot be read.
        """
        asked = layers(self._guard, self.config, request, profile, self._now(), self.language(request))
        return next(layer for layer in asked if layer.decision is not None)

    def name(self, host: str, client: str, *, counts: bool) -> Decision | str | None:
        """What a DNS answers about a name: a decision that closes it, what to answer with instead, or nothing special.

        Args:
            counts: the decision is counted.
        """
        name = f"[{host}]" if ":" in host else host.rstrip(".")
        request = Request("DNS", f"https://{name}/", client=client)
        profile = self.profile(request)
        if profile.tone != "adult" and host.lower().rstrip(".") in shipped_hosts("canary"):
            return Decision(Action.BLOCK, Category.BYPASS, "", profile.name)
        try:
            layer = self._layer(request, profile)
        except AddressError:
            return None  # no address of the web: names of services, of the machines in a house
        decision = layer.decision
        if decision is not None and decision.action.severity > Action.TIP.severity:  # a DNS cannot ask
            if counts and layer.until is None:
                self._count(profile, decision)
            return decision
        return safe_answer(host, SafeSearch(profile.safe_search))

    def forwarded(self, request: Request) -> tuple[str, Headers]:
        """The address and the headers with which a request goes on: safe search is on, nothing keeps it unjudged."""
        level = SafeSearch(self.profile(request).safe_search)
        headers = request_headers(request.headers, navigation=is_navigation(request))
        added = safe_headers(urlsplit(request.url).hostname or "", level, self.config.accounts)
        names = {name.lower() for name, _ in added}
        kept = tuple(item for item in headers if item[0].lower() not in names)
        return safe_url(request.url, level), (*kept, *added)

    def origin(self, request: Request) -> Reply | None:
        """The answer of the try site, judged like any server's; ``None`` for all other hosts."""
        host = (urlsplit(request.url).hostname or "").rstrip(".")
        return self._probe_site.reply(request) if f".{host}".endswith(f".{TRY_HOST}") else None

    def plan(self, request: Request, status: int, headers: Headers) -> Plan:
        """What to do with a response whose headers these are.

        Judged is every kind of text that a browser shows, and the words in scripts and style sheets.
        """
        if request.method == "HEAD" or status in _NO_BODY or 100 <= status < 200:
            return Plan.PASS
        if self._is_console(urlsplit(request.url).netloc):
            return Plan.PASS  # our own pages for adults: how to set up a proxy reads like a way around one
        kind = media_type(headers)
        if is_guessed(kind):
            return Plan.GUESS
        if is_streamed(kind):
            return Plan.STREAM
        if is_several(kind):
            return Plan.REFUSE
        if not is_text(kind) and not is_document(kind):
            return Plan.PASS
        # Page by page in parts that are harmless each: what is asked for in ranges is not judged as a whole.
        partial = status == 206 and not is_whole(header(headers, "content-range"))
        length = header(headers, "content-length")
        too_large = length.isascii() and length.isdigit() and int(length) > self.config.hold_bytes
        if not partial and not too_large:
            return Plan.JUDGE
        return Plan.PASS if is_document(kind) else Plan.REFUSE

    def stream(self, request: Request, headers: Headers) -> StreamFilter:
        """What judges a response that comes bit by bit; it undoes the content coding.

        Raises:
            PageError: it cannot be read.
        """
        profile = self.profile(request)
        return StreamFilter(
            self._decider(request, profile),
            lambda decision: self._count(profile, decision),
            content_type=media_type(headers),
            content_encoding=combined(headers, "content-encoding"),
        )

    def messages(self, request: Request) -> MessageFilter:
        """What judges the messages that a server sends over the WebSocket that ``request`` opened."""
        return MessageFilter(self._decider(request, self.profile(request)))

    def stopped_message(self, request: Request, decision: Decision) -> str:
        """Counts a message that was stopped, and says what takes its place."""
        self._count(self.profile(request), decision)
        return notice_of(decision)

    def _decider(self, request: Request, profile: Profile) -> Callable[[str], Decision]:
        language = self.language(request)

        def decide(text: str) -> Decision:
            return self._guard.decide(self._guard.check_text(text), profile.name, language=language)

        return decide

    def _count(self, profile: Profile, decision: Decision) -> None:
        self._counters.add(profile.name, decision.category.value if decision.category else None, decision.action.value)

    def settle(self, headers: Headers, held: bytes) -> Plan:
        """Whether a body whose first bytes these are is to be judged; a download passes."""
        return Plan.JUDGE if starts_as_text(held, combined(headers, "content-encoding")) else Plan.PASS

    def refuse(self, request: Request, headers: Headers, held: bytes = b"") -> Reply | None:
        """The answer in place of text that cannot be judged as a whole; ``None`` where it may pass.

        Args:
            held: what is there of it.
        """
        kind = media_type(headers)
        if is_document(kind) or held.startswith(b"%PDF-"):
            return None  # a book: a download like any other
        profile = self.profile(request)
        verdict = Verdict(outcome=Outcome.UNDECODABLE if is_several(kind) else Outcome.TOO_LARGE)
        return self._act(request, profile, self._guard.decide(verdict, profile.name, language=self.language(request)))

    def hints(self, request: Request) -> tuple[Category, ...]:
        """The categories that the host's name hints at, for whoever judges its pages."""
        try:
            return self._guard.hints(request.url)
        except AddressError:
            return ()

    def after(self, request: Request, response: Response, judged: Judged) -> Reply | None:
        """An answer in place of the judged response, or ``None`` to let it through unchanged."""
        decision = judged.decision
        if decision.action is Action.REDACT and judged.body:
            category = decision.category.value if decision.category else None
            self._counters.add(self.profile(request).name, category, decision.action.value)
            return Reply(response.status, redacted_headers(response.headers, decision), judged.body)
        return self._act(request, self.profile(request), decision)

    def failed(self, request: Request) -> Reply | None:
        """The answer when the filter itself failed: a page that says so, or ``None`` where the profile fails open."""
        profile = self.profile(request)
        self._counters.add(profile.name, None, "failed")
        if profile.fail_mode is FailMode.OPEN:
            return None
        return blockpage.render_failure(request, profile, self.language(request))

    def _act(self, request: Request, profile: Profile, decision: Decision) -> Reply | None:
        category = decision.category.value if decision.category else None
        if decision.action is Action.WARN and self._granted(request, category):
            return None
        self._counters.add(profile.name, category, decision.action.value)
        if decision.action is Action.WARN:
            return blockpage.render_warn(request, decision, profile)
        # Where a part should go and could not be taken out, the whole page goes: never the harm.
        if decision.action in (Action.BLOCK, Action.REDACT):
            return blockpage.render_block(request, decision, profile)
        return None

    def _own(self, request: Request, path: str) -> Reply:
        if path not in ("appeal", "continue"):
            return _plain(404, "Not found.")
        if request.method != "POST":
            return _plain(405, "Use the button on the page.", ("Allow", "POST"))
        if not is_from_same_origin(request) or len(request.body) > MAX_FORM:
            return _plain(403, "This form can only be sent from the page itself.")
        form = parse_qs(request.body.decode("utf-8", "replace"), max_num_fields=10)
        category = form.get("category", [""])[0]
        known = category if category in {item.value for item in Category} else None
        if path == "continue":
            return self._continue(request, HELP if category == HELP else known, form.get("url", ["/"])[0])
        return self._appeal(request, known, form.get("note", [""])[0])

    def _continue(self, request: Request, category: str | None, target: str) -> Reply:
        now = self._clock()
        key = _grant_key(request, category)
        self._grants[key] = now + GRANT_SECONDS
        self._grants.move_to_end(key)
        # The oldest end first, so what has ended stands in front: who went where is forgotten as soon as may be.
        while len(self._grants) > _MAX_GRANTS or next(iter(self._grants.values())) <= now:
            self._grants.popitem(last=False)
        if category != HELP:
            self._counters.add(self.profile(request).name, category, "continue")
        # Only a path on the same origin: never a way to elsewhere.
        local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isascii()
        safe = target if local and target.isprintable() else "/"
        return Reply(303, (("Location", safe), ("Cache-Control", "no-store"), ("Content-Length", "0")), b"")

    def _appeal(self, request: Request, category: str | None, note: str) -> Reply:
        now = self._clock()
        times = self._appeal_times.setdefault(request.client, deque(maxlen=_MAX_APPEALS))
        self._appeal_times.move_to_end(request.client)
        while len(self._appeal_times) > _MAX_GRANTS:
            self._appeal_times.popitem(last=False)
        # One that comes too often is thanked like any other, and dropped.
        if len(times) < _MAX_APPEALS or now - times[0] > 3600:
            times.append(now)
            self._counters.add(self.profile(request).name, category, "appeal")
            host = urlsplit(request.url).hostname or ""
            note = "".join(character for character in note if character.isprintable())[:MAX_NOTE]
            self._appeals.add(Appeal(datetime.now(UTC), host, category or "none", note))
        return blockpage.render_appeal_received(request, self.language(request))

    def _granted(self, request: Request, category: str | None) -> bool:
        return self._grants.get(_grant_key(request, category), 0.0) > self._clock()


def _grant_key(request: Request, category: str | None) -> tuple[str, str, str]:
    return request.client, urlsplit(request.url).netloc.lower(), category or ""


def _plain(status: int, text: str, *headers: tuple[str, str]) -> Reply:
    body = text.encode()
    fixed = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"))
    return Reply(status, (*fixed, ("Content-Length", str(len(body))), *headers), body)
