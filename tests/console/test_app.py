"""The console: what it says to people and machines, and that it gives nothing away and lets nothing in."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime

import httpx
import pytest

from safeguard.console.app import MAX_TEXT, ConsoleStatus, create_app
from safeguard.console.serve import serve_console
from safeguard.console.today import summarise
from safeguard.console.trial import pieces
from safeguard.errors import ListenError, TextError
from safeguard.store.appeals import Appeal
from safeguard.taxonomy import Category, taxonomy
from safeguard.text.explain import Explanation, Idea, Words
from safeguard.verdict import NO_SCORES, Action, Decision, Finding, Verdict

BASE = "http://127.0.0.1:8081"
COUNTS = {
    ("lower_secondary", "none", "allow"): 1240,
    ("lower_secondary", "gambling", "block"): 12,
    ("staff", "gambling", "warn"): 3,
    ("lower_secondary", "bullying", "warn"): 5,
    ("lower_secondary", "none", "block"): 2,
    ("lower_secondary", "gambling", "appeal"): 1,
}
PAGES = ("/", "/setup", "/try", "/nothing-here")


def judge(text: str, profile: str) -> tuple[Verdict, Decision, Explanation]:
    if "\x00" in text:
        raise TextError("the text is binary")
    at = text.find("nhà cái")
    if at < 0:
        allowed = Decision(Action.ALLOW, None, "Không thấy nội dung có hại.", profile, "vi")
        return Verdict(), allowed, Explanation(Category.SCAM, 0.0, "vi", -5.0, (), (), 0.0, ())
    findings = (
        Finding(Category.GAMBLING, 0.97, "model/text@1", 0, len(text), text),
        Finding(Category.GAMBLING, 0.97, "phrases/vi/gambling#1", at, at + 7, "nhà cái"),
    )
    scores = {**NO_SCORES, Category.GAMBLING: 0.97}
    reason = taxonomy()[Category.GAMBLING].reason["vi"]
    words = (Words(4.0, at, at + 7, "nhà cái"), Words(-1.0, at + 8, at + 16, "</text"))
    ideas = (
        Idea(
            "betting",
            {"vi": "nói chuyện cá cược", "en": "talks of bets"},
            good=False,
            start=at,
            end=at + 7,
            text="nhà cái",
        ),
    )
    explanation = Explanation(Category.GAMBLING, 0.97, "vi", -5.0, words, findings[1:], 1.0, ideas)
    decision = Decision(Action.BLOCK, Category.GAMBLING, reason, profile, "vi")
    return Verdict(scores, findings, language="vi"), decision, explanation


def status(**changes) -> ConsoleStatus:
    values = {
        "proxy": "127.0.0.1:8080",
        "console": BASE,
        "profile": "lower_secondary",
        "started": datetime(2026, 11, 23, 7, tzinfo=UTC),
        "ca_pem": lambda: b"-----BEGIN CERTIFICATE-----\n",
        "counts": lambda: COUNTS,
        "healthy": lambda: {"proxy": True, "workers": True},
    }
    return ConsoleStatus(**(values | changes))


def client(base: str = BASE, judge=judge, **changes) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(status(**changes), judge))
    return httpx.AsyncClient(transport=transport, base_url=base)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("path", PAGES)
async def test_pages_speak_the_browsers_language_and_fetch_nothing(path, language):
    async with client() as console:
        reply = await console.get(path, headers={"Accept-Language": language})
    assert reply.status_code == (404 if path == PAGES[-1] else 200)
    assert f'<html lang="{language}">' in reply.text
    assert not re.search(r"<script|src=|url\(|@import|style=|javascript:", reply.text)
    assert len(reply.content) < 50_000


@pytest.mark.parametrize("path", PAGES)
async def test_the_other_language_is_one_link_away(path):
    async with client() as console:
        reply = await console.get(path, params={"lang": "vi"})
        link = re.search(r'class="other" href="([^"]*)"', reply.text)[1]
        assert '<html lang="en">' in (await console.get(link)).text


@pytest.mark.parametrize("path", PAGES)
async def test_security_headers(path):
    async with client() as console:
        headers = (await console.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("127.0.0.1:8081", True),
        ("localhost:8081", True),
        ("[::1]:8081", True),
        ("192.168.1.20:8081", True),
        ("console.localhost", True),
        ("box.school.test", True),  # the address it was told to listen on
        ("evil.test:8081", False),
        ("127.0.0.1.evil.test", False),
        ("localhost.evil.test", False),
        ("try.safeguard.test", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("path", ["/", "/ca", "/metrics", "/.safeguard/health"])
async def test_only_names_of_its_own_are_answered(host, answered, path):
    async with client(console="http://box.school.test:8081") as console:
        reply = await console.get(path, headers={"Host": host})
    assert reply.status_code == (200 if answered else 421)


async def test_the_overview_shows_what_runs_and_what_was_done():
    async with client() as console:
        page = (await console.get("/?lang=vi")).text
    assert "127.0.0.1:8080" in page
    assert "Trung học cơ sở" in page
    assert "1.262" in page
    assert "Cờ bạc, cá cược" in page
    assert "12 chặn, 3 cảnh báo" in page
    assert "Lý do khác" in page


async def test_the_overview_lists_what_children_asked_and_escapes_it():
    asked = Appeal(
        datetime(2026, 11, 23, 8, tzinfo=UTC), "trang-bai-tap.test", "gambling", "<b>Em cần cho môn toán</b>"
    )
    async with client(appeals=lambda: (asked,)) as console:
        page = (await console.get("/?lang=vi")).text
    assert "trang-bai-tap.test" in page
    assert "&lt;b&gt;Em cần cho môn toán" in page
    assert "<b>Em cần" not in page


async def test_the_overview_before_anything_was_blocked():
    async with client(counts=lambda: {("lower_secondary", "none", "allow"): 3}) as console:
        page = (await console.get("/?lang=vi")).text
    assert "chưa có trang nào bị chặn" in page
    assert 'class="bars"' not in page


async def test_the_overview_of_a_console_alone():
    async with client(proxy="", counts=dict, healthy=dict) as console:
        page = (await console.get("/?lang=en")).text
        assert (await console.get("/.safeguard/health")).status_code == 200
    assert "No filter runs in this process" in page


async def test_the_overview_names_what_is_broken():
    async with client(healthy=lambda: {"proxy": True, "workers": False}) as console:
        page = (await console.get("/?lang=en")).text
    assert "The filter has a problem" in page
    assert "workers" in page


def test_a_summary_adds_up_over_profiles():
    today = summarise(COUNTS)
    assert (today.checked, today.blocked, today.warned, today.appeals) == (1262, 14, 8, 1)
    assert [(row.category, row.block, row.warn) for row in today.rows] == [
        (Category.GAMBLING, 12, 3),
        (Category.BULLYING, 0, 5),
        (None, 2, 0),
    ]
    assert summarise({}).rows == ()


async def test_set_up_gives_addresses_that_the_device_can_reach():
    async with client("http://192.168.1.20:8081", proxy="0.0.0.0:8080") as console:
        page = (await console.get("/setup?lang=en")).text
    assert "192.168.1.20</span>" in page
    assert "8080</span>" in page
    assert "0.0.0.0</span>" not in page
    assert '<svg class="qr"' in page or 'class="qr"' in page
    assert "http://192.168.1.20:8081/ca" in page


async def test_set_up_on_loopback_says_how_to_open_it_to_others():
    async with client() as console:
        page = (await console.get("/setup?lang=en")).text
    assert "safeguard proxy --listen" in page
    assert 'class="qr"' not in page


@pytest.mark.parametrize(
    ("agent", "system"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "iPhone and iPad"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 8)", "Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Windows 10 and 11"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Linux"),
        ("curl/8", None),
    ],
)
async def test_set_up_opens_the_instructions_of_the_device(agent, system):
    async with client() as console:
        page = (await console.get("/setup?lang=en", headers={"User-Agent": agent})).text
    opened = re.findall(r"<details open>\s*<summary>(.*?)</summary>", page)
    assert opened == ([system] if system else [])


async def test_the_certificate():
    async with client() as console:
        reply = await console.get("/ca")
        other = await console.get("/ca.crt")
    assert reply.content.startswith(b"-----BEGIN")
    assert reply.headers["Content-Type"] == "application/x-x509-ca-cert"
    assert 'filename="safeguard-ca.pem"' in reply.headers["Content-Disposition"]
    assert 'filename="safeguard-ca.crt"' in other.headers["Content-Disposition"]


async def test_no_certificate_yet():
    async with client(ca_pem=lambda: None) as console:
        reply = await console.get("/ca", headers={"Accept-Language": "en"})
        page = (await console.get("/setup")).text
    assert reply.status_code == 404
    assert reply.text.startswith("There is no certificate yet.")
    assert 'href="/ca"' not in page


async def test_try_marks_what_was_found_and_escapes_the_rest():
    text = "<script>x</script> nhà cái\r\n</textarea><b>đẹp</b>"
    async with client() as console:
        reply = await console.post("/try?lang=en", data={"text": text, "profile": "primary"})
    assert reply.status_code == 200
    assert "<script" not in reply.text
    assert "<b>đẹp" not in reply.text
    assert reply.text.count("</textarea>") == 1
    assert "<mark" in reply.text
    assert "<mark>nhà cái</mark>" in reply.text
    assert '<mark class="against">' in reply.text
    assert "talks of bets <q>nhà cái</q>" in reply.text
    assert "Why: Gambling" in reply.text
    assert "Block: Gambling" in reply.text
    assert "97% (threshold 60%)" in reply.text
    assert '<option value="primary" selected>' in reply.text


async def test_try_with_nothing_to_find():
    async with client() as console:
        reply = await console.post("/try?lang=en", data={"text": "Hôm nay học quang hợp."})
    assert "Let through" in reply.text
    assert "<mark" not in reply.text


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"text": " \n "}, 400),
        ({}, 400),
        ({"text": "a\x00b"}, 400),
        ({"text": "a" * (MAX_TEXT + 1)}, 413),
        ({"text": "a" * (MAX_TEXT * 20)}, 413),
        ({"text": "đ" * MAX_TEXT}, 200),
        ({"text": "a", "profile": "no such profile"}, 200),
        ({f"field{number}": "x" for number in range(500)}, 400),
    ],
)
async def test_try_with_odd_forms(form, code):
    async with client() as console:
        reply = await console.post("/try", data=form)
    assert reply.status_code == code
    assert ('role="alert"' in reply.text) == (code != 200)


async def test_try_without_a_judge_says_so():
    async with client(judge=None) as console:
        for reply in (await console.get("/try?lang=en"), await console.post("/try?lang=en", data={"text": "a"})):
            assert "safeguard check" in reply.text
            assert "<form" not in reply.text


@pytest.mark.parametrize(
    ("spans", "cut"),
    [
        ([], [("abcdef", None)]),
        ([(0, 6, 1.0)], [("abcdef", True)]),
        ([(1, 3, 1.0)], [("a", None), ("bc", True), ("def", None)]),
        ([(1, 4, -1.0), (2, 6, 1.0)], [("a", None), ("bcd", False), ("ef", None)]),
        ([(4, 6, 2.0), (0, 2, 1.0)], [("ab", True), ("cd", None), ("ef", True)]),
        ([(3, 3, 1.0)], [("abcdef", None)]),
    ],
)
def test_pieces_always_make_up_the_text(spans, cut):
    words = [Words(weight, start, end, "abcdef"[start:end]) for start, end, weight in spans]
    assert [(piece.text, piece.speaks_for) for piece in pieces("abcdef", words)] == cut


async def test_health():
    async with client() as console:
        reply = await console.get("/.safeguard/health")
    assert reply.status_code == 200
    assert reply.json() == {
        "status": "ok",
        "parts": {"proxy": True, "workers": True},
        "profile": "lower_secondary",
        "started": "2026-11-23T07:00:00+00:00",
    }
    async with client(healthy=lambda: {"proxy": True, "workers": False}) as console:
        reply = await console.get("/.safeguard/health")
    assert (reply.status_code, reply.json()["status"]) == (503, "failing")


async def test_metrics():
    async with client() as console:
        reply = await console.get("/metrics")
    assert reply.headers["Content-Type"].startswith("text/plain")
    lines = reply.text.splitlines()
    assert 'safeguard_decisions_total{action="block",category="gambling",profile="lower_secondary"} 12.0' in lines
    assert 'safeguard_healthy{part="proxy"} 1.0' in lines
    assert any(line.startswith("safeguard_build_info{version=") for line in lines)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_other_methods_are_refused(method):
    async with client() as console:
        assert (await console.request(method, "/")).status_code == 405


@pytest.mark.parametrize("listen", ["", "8081", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:x", "192.0.2.1:8081"])
def test_serving_on_an_impossible_address(listen):
    with pytest.raises(ListenError, match="the console cannot listen on"):
        serve_console(listen)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serving_alone_until_it_is_stopped(stop):
    script = """if True:
        from safeguard.console.serve import serve_console
        raise SystemExit(serve_console("127.0.0.1:0", announce=print))
    """
    with subprocess.Popen([sys.executable, "-uc", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        address = process.stdout.readline().decode().split()[-1]
        assert httpx.get(f"{address}/.safeguard/health", trust_env=False).json()["status"] == "ok"
        assert httpx.get(f"{address}/ca", trust_env=False).status_code == 404
        process.send_signal(stop)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, b"")


def test_serving_on_an_address_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ListenError, match="address already in use"):
            serve_console(listen)
