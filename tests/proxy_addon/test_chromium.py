"""A real browser behind a real proxy."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest
from components import require
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, sync_playwright
from support import Origin, Running


@pytest.fixture(scope="module")
def browser(proxy: Running) -> Iterator[Browser]:
    chromium = require("chromium")
    key = x509.load_pem_x509_certificate(proxy.ca.read_bytes()).public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    arguments = [
        "--no-sandbox",
        f"--ignore-certificate-errors-spki-list={base64.b64encode(digest).decode()}",
        "--proxy-bypass-list=<-loopback>",  # Chromium goes past the proxy for this machine otherwise
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments, proxy={"server": proxy.address})
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="vi-VN")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_good_page_is_shown(page: Page, origin: Origin, scheme: str) -> None:
    response = page.goto(origin.url(scheme, "benign/br"))
    assert response is not None
    assert response.status == 200
    assert page.inner_text("h1") == "Quang hợp là gì?"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_harmful_page_is_replaced_and_an_appeal_is_taken(page: Page, origin: Origin, scheme: str) -> None:
    response = page.goto(origin.url(scheme, "gambling/zstd"))
    assert response is not None
    assert response.status == 403
    assert response.headers["x-safeguard-category"] == "gambling"
    assert page.get_attribute("html", "lang") == "vi"
    assert "nổ hũ" not in page.content()
    with page.expect_navigation() as navigation:
        page.click("form[action='/.safeguard/appeal'] button")
    assert navigation.value.status == 200
    assert navigation.value.url.endswith("/.safeguard/appeal")


def test_one_comment_is_taken_out_and_the_page_still_works(page: Page, origin: Origin) -> None:
    response = page.goto(origin.url("https", "forum/gzip"))
    assert response is not None
    assert response.status == 200
    shown = page.inner_text("ul")
    assert "nổ hũ" not in shown
    assert "Nội dung này đã được ẩn." in shown
    assert "rừng ngập mặn" in shown
    assert page.title() == "Lớp 7A hỏi bài 4", "its script ran, and still finds four comments"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_form_with_a_phone_number_is_sent_after_a_question(page: Page, origin: Origin, scheme: str) -> None:
    page.goto(origin.url(scheme, "sign-up"))
    page.fill("[name=name]", "An & Mai")
    page.fill("[name=phone]", "0912345678")
    page.click("button")
    assert page.inner_text("h1") == "Khoan, gửi cho ai vậy?"
    page.click("form[method=post] button")
    assert page.title() == "Received"
    assert page.inner_text("p") == "name=An+%26+Mai phone=0912345678"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_search_that_calls_for_help_goes_on_from_the_help_page(page: Page, origin: Origin, scheme: str) -> None:
    page.goto(origin.url(scheme, "benign?q=em+không+muốn+sống+nữa"))
    assert page.get_attribute("a.call", "href") == "tel:111"
    page.click("form[action='/.safeguard/continue'] button")
    assert page.inner_text("h1") == "Quang hợp là gì?"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_a_script_fetches_is_judged_too(page: Page, origin: Origin, scheme: str) -> None:
    page.goto(origin.url(scheme, "benign"))
    fetched = page.evaluate("fetch('/gambling').then(async (r) => [r.status, await r.json()])")
    assert fetched[0] == 403
    assert fetched[1]["category"] == "gambling"


def test_websockets_work(page: Page, origin: Origin) -> None:
    page.goto(origin.url("https", "benign"))
    said = page.evaluate(
        """() => new Promise((resolve, reject) => {
            const socket = new WebSocket(`wss://${location.host}/socket`);
            socket.onopen = () => socket.send('xin chào');
            socket.onmessage = (event) => resolve(event.data);
            socket.onerror = () => reject(new Error('closed'));
        })"""
    )
    assert said == "xin chào"


def test_a_listed_address_shows_the_block_page_without_being_asked(page: Page) -> None:
    response = page.goto("https://www.pornhub.com/")
    assert response is not None
    assert response.status == 403
    assert page.get_attribute("html", "lang") == "vi"
