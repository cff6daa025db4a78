from __future__ import annotations

import pytest
from filters import ENGLISH, URL, Setup

from safeguard import Action, Category, Decision, Guard, Outcome, UnknownProfileError
from safeguard.policy import FailMode, Policy
from safeguard.web.filter import GRANT_SECONDS, Plan
from safeguard.web.judge import Judged
from safeguard.web.messages import Headers, Request, Response, header

PDF = ("Content-Type", "application/pdf")
HTML = ("Content-Type", "text/html")


@pytest.fixture
def setup(guard: Guard) -> Setup:
    return Setup(guard)


def get(url: str = URL, *headers: tuple[str, str], client: str = "127.0.0.1", method: str = "GET") -> Request:
    return Request(method, url, headers, client=client)


def decided(action: Action, category: Category | None = Category.BULLYING) -> Decision:
    return Decision(action, category, "reason", "lower_secondary", "en")


PAGE = Response(200, (HTML,), b"<p>page</p>")


# The address


@pytest.mark.parametrize("url", ["https://pornhub.com/", "http://WWW.PornHub.com.:8080/x", "https://m.bet365.com/a?b"])
def test_a_listed_address_is_answered_before_it_is_asked(setup: Setup, url: str) -> None:
    reply = setup.web.before(get(url, ENGLISH))
    assert reply is not None
    assert reply.status == 403
    assert header(reply.headers, "X-Safeguard-Category") in ("sexual", "gambling")
    assert sum(setup.counters.total().values()) == 1


@pytest.mark.parametrize(
    "url", [URL, "http://127.0.0.1:9/", "https://[::1]/", "https://vi.wikipedia.org/wiki/C%E1%BB%9D"]
)
def test_other_addresses_go_on_and_count_nothing(setup: Setup, url: str) -> None:
    assert setup.web.before(get(url)) is None
    assert setup.counters.total() == {}


@pytest.mark.parametrize(
    "url", ["https://" + "a" * 300 + ".test/", f"https://site.test/{'x' * 70_000}", "https://a b/"]
)
def test_an_address_that_cannot_be_read_goes_nowhere(setup: Setup, url: str) -> None:
    reply = setup.web.before(get(url))
    assert reply is not None
    assert reply.status == 400
    assert setup.counters.total() == {}


def test_allow_list_profiles_open_their_hosts_only(guard: Guard) -> None:
    setup = Setup(guard, profile="early_years")
    assert setup.web.before(get("https://pbskids.org/games")) is None
    assert setup.web.before(get("https://www.pbskids.org./")) is None
    for url in (URL, "https://pbskids.org.evil.test/", "https://notpbskids.org/"):
        reply = setup.web.before(get(url, ENGLISH))
        assert reply is not None
        assert reply.status == 403
        assert b"not among those that adults have chosen" in reply.body
    assert setup.web.opens("pbskids.org", "127.0.0.1")
    assert not setup.web.opens("site.test", "127.0.0.1")


@pytest.mark.parametrize(
    ("host", "opens"),
    [("site.test", True), ("pornhub.com", False), ("::1", True), ("no host", False), ("127.0.0.1", True)],
)
def test_connecting_is_decided_by_the_host_and_not_counted(setup: Setup, host: str, opens: bool) -> None:
    assert setup.web.opens(host, "127.0.0.1") is opens
    assert setup.counters.total() == {}


def test_each_device_has_its_profile(guard: Guard) -> None:
    setup = Setup(guard, clients=[{"address": "10.0.0.9", "profile": "early_years"}])
    assert setup.web.before(get(client="10.0.0.8")) is None
    assert setup.web.before(get(client="10.0.0.9")) is not None


def test_an_unknown_profile_is_an_error_at_once(guard: Guard) -> None:
    with pytest.raises(UnknownProfileError, match="teen"):
        Setup(guard, profile="teen")


def test_the_try_site_answers_for_its_hosts_only(setup: Setup) -> None:
    assert setup.web.origin(get()) is None
    assert setup.web.origin(get("http://eviltry.safeguard.test.example/")) is None
    for host in ("try.safeguard.test", "TRY.safeguard.test."):
        reply = setup.web.origin(get(f"http://{host}/"))
        assert reply is not None
        assert reply.status == 200


@pytest.mark.parametrize(
    ("accepted", "setting", "language"),
    [("vi", "auto", "vi"), ("en-GB", "auto", "en"), ("fr", "auto", "vi"), ("en", "vi", "vi"), ("vi", "en", "en")],
)
def test_languages(guard: Guard, accepted: str, setting: str, language: str) -> None:
    request = get(URL, ("Accept-Language", accepted))
    assert Setup(guard, language=setting).web.language(request) == language


# The plan


@pytest.mark.parametrize(
    ("method", "status", "headers", "plan"),
    [
        ("GET", 200, (("Content-Type", "text/html; charset=utf-8"),), Plan.JUDGE),
        ("POST", 500, (("Content-Type", "application/json"),), Plan.JUDGE),
        ("GET", 404, (("Content-Type", "text/plain"),), Plan.JUDGE),
        ("GET", 200, (("Content-Type", "image/svg+xml"),), Plan.JUDGE),
        ("GET", 200, (("Content-Type", "application/xhtml+xml"),), Plan.JUDGE),
        ("GET", 200, (("Content-Type", "image/png, text/html"),), Plan.JUDGE),
        ("GET", 200, (), Plan.GUESS),
        ("GET", 200, (("Content-Type", "html"),), Plan.GUESS),
        ("GET", 200, (("Content-Type", "application/octet-stream"), ("Content-Length", "99999999999")), Plan.GUESS),
        ("GET", 200, (("Content-Type", "image/png"),), Plan.GUESS),
        ("GET", 206, (("Content-Type", "video/mp4"), ("Content-Range", "bytes 0-1/9")), Plan.PASS),
        ("GET", 200, (("Content-Type", "text/css"),), Plan.JUDGE),
        ("GET", 200, (("Content-Type", "text/javascript"),), Plan.JUDGE),
        ("GET", 200, (("Content-Type", "text/event-stream"),), Plan.STREAM),
        ("GET", 200, (("Content-Type", "application/x-ndjson"),), Plan.STREAM),
        ("HEAD", 200, (HTML,), Plan.PASS),
        ("GET", 101, (), Plan.PASS),
        ("GET", 204, (HTML,), Plan.PASS),
        ("GET", 304, (HTML,), Plan.PASS),
        ("GET", 200, (HTML, ("Content-Length", str(16 << 20))), Plan.JUDGE),
        ("GET", 200, (HTML, ("Content-Length", str((16 << 20) + 1))), Plan.REFUSE),
        ("GET", 200, (HTML, ("Content-Length", "nonsense")), Plan.JUDGE),
        ("GET", 206, (HTML,), Plan.REFUSE),
        ("GET", 206, (HTML, ("Content-Range", "bytes 0-99/200")), Plan.REFUSE),
        ("GET", 206, (HTML, ("Content-Range", "bytes 0-199/*")), Plan.REFUSE),
        ("GET", 206, (HTML, ("Content-Range", "bytes 0-199/200")), Plan.JUDGE),
        ("GET", 200, (("Content-Type", "application/json+protobuf"),), Plan.JUDGE),
        ("GET", 200, (("Content-Type", "application/x-json"),), Plan.JUDGE),
        ("GET", 200, (("Content-Type", "application/ndjson"),), Plan.STREAM),
        ("GET", 206, (("Content-Type", "multipart/byteranges; boundary=x"),), Plan.REFUSE),
        ("GET", 200, (("Content-Type", "multipart/x-mixed-replace; boundary=x"),), Plan.REFUSE),
        ("GET", 200, (PDF,), Plan.JUDGE),
        ("GET", 200, (PDF, ("Content-Length", str((16 << 20) + 1))), Plan.PASS),
        ("GET", 206, (PDF, ("Content-Range", "bytes 0-99/200")), Plan.PASS),
    ],
)
def test_plan(setup: Setup, method: str, status: int, headers: Headers, plan: Plan) -> None:
    assert setup.web.plan(get(method=method), status, headers) is plan


def test_settling_by_the_first_bytes(setup: Setup) -> None:
    assert setup.web.settle((), b"<html>") is Plan.JUDGE
    assert setup.web.settle((), b"\x89PNG\r\n\x1a\n\x00") is Plan.PASS


# The decision


@pytest.mark.parametrize(
    ("action", "status"),
    [(Action.ALLOW, None), (Action.TIP, None), (Action.WARN, 403), (Action.REDACT, 403), (Action.BLOCK, 403)],
)
def test_after(setup: Setup, action: Action, status: int | None) -> None:
    reply = setup.web.after(get(), PAGE, Judged(decided(action)))
    assert (reply.status if reply else None) == status
    assert setup.counters.total() == {("lower_secondary", "bullying", action.value): 1}


def test_too_large_is_as_the_profile_says(guard: Guard) -> None:
    reply = Setup(guard).web.refuse(get(URL, ENGLISH), ())
    assert reply is not None
    assert b"too large" in reply.body
    assert Setup(guard).web.refuse(get(URL, ENGLISH), (PDF,)) is None, "a book is a download"
    assert Setup(guard).web.refuse(get(URL, ENGLISH), (), b"%PDF-1.7 ...") is None, "under any type"
    several = Setup(guard).web.refuse(get(URL, ENGLISH), (("Content-Type", "multipart/x-mixed-replace"),))
    assert several is not None
    assert b"too large" not in several.body
    staff = Setup(guard, profile="staff")
    assert staff.web.refuse(get(), ()) is not None
    staff.post("continue", {"url": "/page", "category": "none"})
    assert staff.web.refuse(get(), ()) is None


def test_failing_is_as_the_profile_says(guard: Guard) -> None:
    closed = Setup(guard)
    reply = closed.web.failed(get())
    assert reply is not None
    assert reply.status == 503
    assert closed.counters.total() == {("lower_secondary", "none", "failed"): 1}
    profile = guard.policy.profile("staff").model_copy(update={"fail_mode": FailMode.OPEN})
    opened = Setup(Guard(policy=Policy({"staff": profile})), profile="staff")
    assert opened.web.failed(get()) is None


def test_a_redacted_page_takes_the_place_of_the_page(setup: Setup) -> None:
    headers = (
        HTML,
        ("Content-Encoding", "br"),
        ("ETag", "x"),
        ("Cache-Control", "max-age=99"),
        ("Set-Cookie", "a=b"),
        ("Content-Length", "3"),
    )
    redact = decided(Action.REDACT)
    reply = setup.web.after(get(), Response(201, headers, b"old"), Judged(redact, b"new"))
    assert reply is not None
    assert (reply.status, reply.body) == (201, b"new")
    assert set(reply.headers) == {
        ("Set-Cookie", "a=b"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("X-Safeguard-Category", "bullying"),
        ("X-Safeguard-Action", "redact"),
    }
    assert setup.counters.total() == {("lower_secondary", "bullying", "redact"): 1}
    whole = setup.web.after(get(), PAGE, Judged(redact))
    assert whole is not None
    assert whole.status == 403, "what could not be redacted is blocked"


# Going on after a warning


def test_going_on_holds_for_client_host_category_and_time(setup: Setup) -> None:
    warn = Judged(decided(Action.WARN))
    assert setup.web.after(get(), PAGE, warn) is not None
    reply = setup.post("continue", {"url": "/page?q=1", "category": "bullying"})
    assert (reply.status, header(reply.headers, "Location")) == (303, "/page?q=1")
    assert setup.web.after(get(), PAGE, warn) is None
    assert setup.web.after(get("https://site.test/other"), PAGE, warn) is None
    assert setup.web.after(get("https://www.site.test/"), PAGE, warn) is not None
    assert setup.web.after(get(client="10.0.0.2"), PAGE, warn) is not None
    assert setup.web.after(get(), PAGE, Judged(decided(Action.WARN, Category.HATE))) is not None
    assert setup.web.after(get(), PAGE, Judged(decided(Action.BLOCK))) is not None, "only warnings can be passed"
    setup.now += GRANT_SECONDS
    assert setup.web.after(get(), PAGE, warn) is not None


def test_what_has_ended_is_forgotten(setup: Setup) -> None:
    setup.post("continue", {"category": "bullying"}, client="10.0.0.1")
    setup.now += GRANT_SECONDS
    setup.post("continue", {"category": "bullying"}, client="10.0.0.2")
    assert [client for client, _, _ in setup.web._grants] == ["10.0.0.2"]


def test_going_on_uses_bounded_memory(setup: Setup) -> None:
    for number in range(10_050):
        setup.post("continue", {"category": "bullying"}, client=f"10.0.{number // 256}.{number % 256}")
    assert len(setup.web._grants) == 10_000


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test", "", "javascript:x", "/a\r\nX: y", "/é", "/\t/evil"]
)
def test_going_on_leads_nowhere_else(setup: Setup, target: str) -> None:
    assert header(setup.post("continue", {"url": target, "category": "x"}).headers, "Location") == "/"


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ((("Origin", "https://site.test"),), True),
        ((("Origin", "https://Site.test"),), True),
        ((("Sec-Fetch-Site", "same-origin"), ("Origin", "https://site.test")), True),
        ((("Sec-Fetch-Site", "same-origin"), ("Origin", "null")), True),
        ((("Origin", "https://evil.test"),), False),
        ((("Origin", "http://site.test"),), False),
        ((("Origin", "null"),), False),
        ((("X-Nothing", "x"),), False),
        ((("Sec-Fetch-Site", "cross-site"), ("Origin", "https://site.test")), False),
        ((("Sec-Fetch-Site", "same-site"),), False),
        ((("Sec-Fetch-Site", "none"),), False),
    ],
)
@pytest.mark.parametrize("path", ["continue", "appeal"])
def test_only_the_origin_itself_may_post(setup: Setup, path: str, headers: Headers, taken: bool) -> None:
    status = setup.post(path, {"category": "bullying"}, *headers).status
    assert status in ((200, 303) if taken else (403,))
    assert bool(setup.counters.total()) is taken


# Appeals


def test_an_appeal_is_kept_without_who_asked(setup: Setup) -> None:
    reply = setup.post("appeal", {"category": "gambling", "note": "Bài tập\x00 của em" + "x" * 500}, client="10.1.2.3")
    assert reply.status == 200
    (appeal,) = setup.appeals.open()
    assert (appeal.host, appeal.category) == ("site.test", "gambling")
    assert appeal.note.startswith("Bài tập của em")
    assert len(appeal.note) == 120
    assert "10.1.2.3" not in repr(appeal)
    assert setup.counters.total() == {("lower_secondary", "gambling", "appeal"): 1}


def test_appeals_that_come_too_often_are_thanked_and_dropped(setup: Setup) -> None:
    assert {setup.post("appeal", {"category": "hate"}).status for _ in range(50)} == {200}
    assert len(setup.appeals.open()) == 10
    setup.post("appeal", {"category": "hate"}, client="10.0.0.2")
    assert len(setup.appeals.open()) == 11
    setup.now += 3601
    setup.post("appeal", {"category": "hate"})
    assert len(setup.appeals.open()) == 12


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "appeal", 405), ("GET", "", 404), ("POST", "x", 404), ("GET", "health", 404)]
)
def test_other_own_paths_never_leave(setup: Setup, method: str, path: str, status: int) -> None:
    reply = setup.web.before(get(f"https://pbskids.org/.safeguard/{path}", method=method))
    assert reply is not None
    assert reply.status == status


def test_a_form_that_is_too_long_is_refused(setup: Setup) -> None:
    assert setup.post("appeal", b"note=" + b"x" * 5000).status == 403


# Headers


def test_outcomes_of_the_policy_are_all_answered(setup: Setup) -> None:
    decision = Decision(Action.BLOCK, None, "reason", "lower_secondary", "en", outcome=Outcome.UNDECODABLE)
    reply = setup.web.after(get(), PAGE, Judged(decision))
    assert reply is not None
    assert header(reply.headers, "X-Safeguard-Category") == "none"


# On its way


@pytest.mark.parametrize(
    ("profile", "ends"), [("primary", "&safe=active"), ("upper_secondary", "&safe=active"), ("staff", "")]
)
def test_searches_go_out_safe(guard: Guard, profile: str, ends: str) -> None:
    url, _ = Setup(guard, profile=profile).web.forwarded(get("https://www.google.com/search?q=meo"))
    assert url == f"https://www.google.com/search?q=meo{ends}"


def test_headers_of_safe_search_and_accounts_replace_the_clients(guard: Guard) -> None:
    web = Setup(guard, google_domains=("hoamai.edu.vn",)).web
    _, headers = web.forwarded(get("https://www.youtube.com/", ("youtube-restrict", "none"), ("X-Kept", "1")))
    assert headers == (("X-Kept", "1"), ("YouTube-Restrict", "Strict"))
    _, headers = web.forwarded(get("https://accounts.google.com/", ("x-googapps-allowed-domains", "evil.test")))
    assert headers == (("X-GoogApps-Allowed-Domains", "hoamai.edu.vn"),)


@pytest.mark.parametrize(
    "headers",
    [
        (("Accept", "application/dns-message"),),
        (("Content-Type", "application/dns-message"),),
        (("accept", "Application/DNS-JSON; x=1"),),
    ],
)
def test_dns_over_https_is_closed_on_any_host(guard: Guard, headers: Headers) -> None:
    reply = Setup(guard).web.before(get("https://innocent.test/", *headers))
    assert reply is not None
    assert header(reply.headers, "X-Safeguard-Category") == "bypass"
    assert Setup(guard, profile="staff").web.before(get("https://innocent.test/", *headers)) is None
    assert Setup(guard).web.before(get("https://innocent.test/", ("Accept", "text/html"))) is None
