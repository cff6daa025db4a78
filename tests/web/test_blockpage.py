"""Block page: short, in the right tone, language and form, and harmless whatever comes in."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime
from itertools import product

import pytest

from safeguard.policy import Policy
from safeguard.taxonomy import Category, taxonomy
from safeguard.verdict import Action, Decision
from safeguard.web.blockpage import (
    page_language,
    render_appeal_received,
    render_block,
    render_failure,
    render_hours,
    render_sent,
    render_warn,
)
from safeguard.web.helplines import helplines
from safeguard.web.messages import Reply, Request, header

POLICY = Policy()
PROFILES = {"early": "early_years", "young": "primary", "teen": "lower_secondary", "adult": "staff"}
MOST_WORDS = {"early": 40, "young": 40, "teen": 60, "adult": 80}
LANGUAGES = ("vi", "en")
MAX_SIZE = 15_000  # bytes, headers included
OTHER_REASON = {
    "vi": "Trang này chưa nằm trong danh sách người lớn đã chọn cho em.",
    "en": "This page is not among those that adults have chosen for you.",
}


def decision(category: Category | None, language: str, tone: str = "teen", action: Action = Action.BLOCK) -> Decision:
    if category is None:
        return Decision(action, None, OTHER_REASON[language], PROFILES[tone], language)
    info = taxonomy()[category]
    return Decision(action, category, info.reason[language], PROFILES[tone], language, helpline=info.helpline)


def ask(url: str = "https://site.test/page?q=1", method: str = "GET", **headers: str) -> Request:
    return Request(method, url, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


def block(
    request: Request, category: Category | None = Category.GAMBLING, language: str = "vi", tone: str = "teen"
) -> Reply:
    return render_block(request, decision(category, language, tone), POLICY.profile(PROFILES[tone]))


def visible_words(body: bytes) -> list[str]:
    text = re.sub(r"(?s)<(script|style|title|svg)\b.*?</\1>", " ", body.decode())
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return [word for word in text.split() if any(character.isalnum() for character in word)]


def size(reply: Reply) -> int:
    return len(reply.body) + sum(len(name) + len(value) + 4 for name, value in reply.headers)


EVERY_PAGE = list(product((None, *Category), PROFILES, LANGUAGES, (render_block, render_warn)))


@pytest.mark.parametrize(("category", "tone", "language", "render"), EVERY_PAGE)
def test_every_page_is_short_and_complete(category, tone, language, render):
    made = decision(category, language, tone)
    reply = render(ask(Referer="https://other.test/"), made, POLICY.profile(PROFILES[tone]))
    page = reply.body.decode()
    assert reply.status == 403
    assert len(visible_words(reply.body)) <= MOST_WORDS[tone]
    assert size(reply) < MAX_SIZE
    assert made.reason in html.unescape(page)
    assert f'<html lang="{language}">' in page
    assert ("tel:111" in page) == made.helpline
    assert header(reply.headers, "X-Safeguard-Category") == (category.value if category else "none")


def test_the_helpline_comes_with_the_categories_of_the_requirements():
    with_help = {category for category in Category if b"tel:111" in block(ask(), category).body}
    assert with_help >= {
        Category.SELF_HARM,
        Category.GROOMING,
        Category.TRAFFICKING,
        Category.BULLYING,
        Category.CHILD_EXPLOITATION,
    }
    assert helplines()[0].verified_on.year >= 2026


def test_every_category_has_a_tip_of_its_own_and_a_drawing_of_its_own():
    for tone, language in product(PROFILES, LANGUAGES):
        pages = [block(ask(), category, language, tone).body.decode() for category in Category]
        assert len({re.search(r'class="tip">(.*?)<', page)[1] for page in pages}) == len(Category)
        assert len({re.search(r'class="sign".*?</svg>', page, re.DOTALL)[0] for page in pages}) == len(Category)


def test_headers():
    reply = block(ask())
    assert header(reply.headers, "Cache-Control") == "no-store"
    assert header(reply.headers, "X-Content-Type-Options") == "nosniff"
    assert header(reply.headers, "Vary") == "Accept-Language"
    assert header(reply.headers, "Content-Language") == "vi"
    policy = header(reply.headers, "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize("render", [render_block, render_warn])
def test_nothing_comes_from_elsewhere(render):
    page = render(ask(), decision(Category.SELF_HARM, "vi"), POLICY.profile()).body.decode()
    assert not re.search(r"https?:|//[a-z]|src=|url\(|@import|@font-face|javascript:|style=", page)


def test_the_address_is_not_shown():
    page = block(ask("https://secret-site.test/private/path?name=an")).body.decode()
    assert "secret-site" not in page
    assert "private" not in page


HOSTILE = "https://site.test/%22%3E<script>alert(1)</script>?a=\"><img src=x>&b='x"


def test_hostile_addresses_and_reasons_are_escaped():
    made = Decision(Action.WARN, Category.SCAM, "<b onload='x'>\"&", "lower_secondary", "en")
    for render in (render_block, render_warn):
        page = render(ask(HOSTILE, Referer=HOSTILE), made, POLICY.profile()).body.decode()
        assert page.count("<script>") == 1  # our own
        assert "<img" not in page
        assert "<b onload" not in page
        assert "&lt;b onload=" in page


@pytest.mark.parametrize(
    ("url", "posted"),
    [
        ("https://site.test/a/b?c=d&e=f", "/a/b?c=d&e=f"),
        ("https://site.test", "/"),
        ("https://site.test//evil.test/x", "/evil.test/x"),
        ("https://site.test/\\evil.test", "/evil.test"),
        ("https://site.test/?next=//evil.test", "/?next=//evil.test"),
        ("http://[broken", "/"),
    ],
)
def test_a_warning_posts_back_a_path_and_never_a_host(url, posted):
    page = render_warn(ask(url), decision(Category.BULLYING, "vi"), POLICY.profile()).body.decode()
    form = re.search(r'(?s)<form method="post" action="/.safeguard/continue">.*?</form>', page)[0]
    assert html.unescape(re.search(r'name="url" value="(.*?)"', form)[1]) == posted
    assert 'name="category" value="bullying"' in form


def test_the_appeal_form_asks_for_no_identity():
    for tone in PROFILES:
        page = block(ask(), tone=tone).body.decode()
        form = re.search(r'(?s)<form[^>]*action="/.safeguard/appeal">.*?</form>', page)[0]
        names = set(re.findall(r'name="(\w+)"', form))
        assert names <= {"category", "note"}
        assert ('maxlength="120"' in form) == (tone in ("teen", "adult"))


@pytest.mark.parametrize(
    ("referrer", "link"),
    [
        ("https://other.test/list?a=1&b=2", "https://other.test/list?a=1&b=2"),
        ("https://site.test/page?q=1", None),  # a reload
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_the_way_back_without_a_script_is_where_the_child_came_from(referrer, link):
    page = block(ask(Referer=referrer)).body.decode()
    tag = re.search(r'<a class="button main" id="back"[^>]*>', page)[0]
    if link:
        assert f'href="{html.escape(link)}"' in tag
    else:
        assert "hidden" in tag


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "vi"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en-US,en;q=0.9", "en"),
        ("en;q=0.5, vi;q=0.6", "vi"),
        ("fr-FR, en;q=0.3", "en"),
        ("fr, de", "vi"),
        ("vi;q=0, en;q=0.1", "en"),
        ("en;q=abc, vi", "vi"),
        ("en;q=nan", "vi"),
        ("*", "vi"),
        ("EN", "en"),
    ],
)
def test_the_language_is_the_browsers(accepted, language):
    assert page_language(ask(Accept_Language=accepted)) == language


def test_the_language_falls_back_to_the_given_one():
    assert page_language(ask(Accept_Language="fr"), "en") == "en"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Sec-Fetch-Dest": "document"}, "text/html; charset=utf-8"),
        ({"Sec-Fetch-Dest": "iframe"}, "text/html; charset=utf-8"),
        ({}, "text/html; charset=utf-8"),
        ({"Accept": "*/*"}, "text/html; charset=utf-8"),
        ({"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, "text/html; charset=utf-8"),
        ({"Sec-Fetch-Dest": "image"}, "image/svg+xml"),
        ({"Accept": "image/avif,image/webp,*/*;q=0.8"}, "image/svg+xml"),
        ({"Sec-Fetch-Dest": "empty", "Accept": "*/*"}, "application/json"),
        ({"X-Requested-With": "XMLHttpRequest"}, "application/json"),
        ({"Accept": "application/json, text/plain, */*"}, "application/json"),
        ({"Sec-Fetch-Dest": "script"}, "text/javascript"),
        ({"Sec-Fetch-Dest": "style"}, "text/css"),
        ({"Accept": "text/css,*/*;q=0.1"}, "text/css"),
        ({"Sec-Fetch-Dest": "font"}, "font/woff2"),
        ({"Sec-Fetch-Dest": "video"}, "video/mp4"),
    ],
)
def test_the_form_fits_what_was_asked_for(headers, kind):
    reply = block(Request("GET", "https://site.test/", tuple(headers.items())))
    assert reply.status == 403
    assert header(reply.headers, "Content-Type") == kind
    assert header(reply.headers, "X-Safeguard-Category") == "gambling"
    assert header(reply.headers, "Cache-Control") == "no-store"
    assert bool(reply.body) == (kind.startswith(("text/html", "image", "application/json")))
    assert size(reply) < MAX_SIZE


def test_json():
    answer = json.loads(block(ask(Sec_Fetch_Dest="empty"), Category.SELF_HARM).body)
    assert answer == {
        "blocked": True,
        "category": "self_harm",
        "reason": taxonomy()[Category.SELF_HARM].reason["vi"],
        "action": "block",
        "helpline": {"number": "111", "name": "Tổng đài điện thoại quốc gia bảo vệ trẻ em"},
    }
    answer = json.loads(block(ask(Sec_Fetch_Dest="empty"), None, "en").body)
    assert (answer["category"], answer["helpline"]) == (None, None)


def test_the_placeholder_is_a_neutral_picture():
    reply = block(ask(Sec_Fetch_Dest="image"), Category.SEXUAL)
    assert reply.body.startswith(b"<svg xmlns=")
    assert block(ask(Sec_Fetch_Dest="image"), Category.SCAM).body == reply.body


def test_a_frame_gets_the_compact_page():
    page = block(ask(Sec_Fetch_Dest="iframe"), Category.SELF_HARM).body.decode()
    assert 'class="teen frame"' in page
    assert 'id="back"' not in page
    assert "tel:111" in page
    assert "/.safeguard/appeal" in page


def test_head_has_no_body():
    made = decision(Category.GAMBLING, "vi")
    profile = POLICY.profile()
    request = ask(method="HEAD")
    for reply in (
        render_block(request, made, profile),
        render_warn(request, made, profile),
        render_failure(request, profile, "vi"),
        render_appeal_received(request, "vi"),
    ):
        assert reply.body == b""
        assert header(reply.headers, "Content-Type")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", PROFILES)
def test_a_word_about_what_was_sent(language, tone):
    reply = render_sent(ask(), POLICY.profile(PROFILES[tone]), language)
    assert len(visible_words(reply.body)) <= MOST_WORDS[tone]
    assert size(reply) < MAX_SIZE
    assert "<form" not in reply.body.decode(), "nothing is posted, nothing is counted"
    assert 'href="/' in reply.body.decode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", PROFILES)
def test_hours(language, tone):
    reply = render_hours(ask(), datetime(2026, 11, 25, 6, 0), POLICY.profile(PROFILES[tone]), language)
    assert reply.status == 403
    assert "06:00" in reply.body.decode()
    assert len(visible_words(reply.body)) <= MOST_WORDS[tone]
    assert size(reply) < MAX_SIZE


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", PROFILES)
def test_failure(language, tone):
    reply = render_failure(ask(), POLICY.profile(PROFILES[tone]), language)
    assert reply.status == 503
    assert header(reply.headers, "Retry-After").isdigit()
    assert header(reply.headers, "X-Safeguard-Category") == "none"
    assert f'<html lang="{language}">' in reply.body.decode()
    assert len(visible_words(reply.body)) <= 40
    assert size(reply) < MAX_SIZE


def test_failure_offers_to_try_again_only_where_that_sends_nothing_twice():
    profile = POLICY.profile()
    assert 'href=""' in render_failure(ask(), profile, "vi").body.decode()
    assert 'href=""' not in render_failure(ask(method="POST"), profile, "vi").body.decode()
    assert json.loads(render_failure(ask(Sec_Fetch_Dest="empty"), profile, "en").body)["category"] is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_thanks_for_an_appeal(language):
    reply = render_appeal_received(ask(method="POST"), language)
    assert reply.status == 200
    assert header(reply.headers, "Cache-Control") == "no-store"
    assert f'<html lang="{language}">' in reply.body.decode()
    assert len(visible_words(reply.body)) <= 40
