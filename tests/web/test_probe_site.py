"""The try site: every category has a probe and a twin in both languages, and pages are judged as any server's."""

from __future__ import annotations

import re
from itertools import product

import pytest

from safeguard.taxonomy import Category, taxonomy
from safeguard.web.messages import Request, header
from safeguard.web.probe_site import TRY_HOST, ProbeSite, probe_host, samples

SITE = ProbeSite(lambda: b"-----BEGIN CERTIFICATE-----\n", "http://127.0.0.1:8081")
LANGUAGES = ("vi", "en")


def get(path: str, host: str = TRY_HOST, site: ProbeSite = SITE, method: str = "GET", language: str = ""):
    return site.reply(Request(method, f"http://{host}{path}", (("Accept-Language", language),)))


@pytest.mark.parametrize(("language", "category", "kind"), list(product(LANGUAGES, Category, ("probe", "twin"))))
def test_every_sample_is_a_page_of_its_own(language, category, kind):
    reply = get(f"/{kind}/{language}/{category}", probe_host(category))
    sample = samples(language)[category, kind]
    words = " ".join((sample.title, *sample.paragraphs)).split()
    page = reply.body.decode()
    assert reply.status == 200
    assert header(reply.headers, "Content-Type") == "text/html; charset=utf-8"
    assert 60 <= len(words) <= 125
    assert f'<html lang="{language}">' in page
    assert page.count("<p>") == len(sample.paragraphs) + 1


def test_no_text_is_used_twice():
    texts = [sample.paragraphs for language in LANGUAGES for sample in samples(language).values()]
    assert len(set(texts)) == len(texts)


def test_what_no_words_can_show_has_a_host_of_its_own():
    hosts = {probe_host(category) for category in Category}
    assert hosts == {TRY_HOST, f"child-exploitation.{TRY_HOST}", f"malware.{TRY_HOST}"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_index_links_to_every_sample(language):
    page = get("/", language=language).body.decode()
    assert f'<html lang="{language}">' in page
    for category, code in product(Category, LANGUAGES):
        assert f'href="http://{probe_host(category)}/probe/{code}/{category}"' in page
        assert f'href="/twin/{code}/{category}"' in page
        assert taxonomy()[category].name[language] in page
    assert 'href="/ca.pem"' in page
    assert 'href="http://127.0.0.1:8081/setup?lang=' in page
    assert len(page.encode()) < 50_000


def test_the_language_can_be_chosen():
    assert '<html lang="en">' in get("/?lang=en", language="vi").body.decode()
    assert '<html lang="vi">' in get("/?lang=xx", language="vi").body.decode()


def test_every_link_of_the_index_leads_somewhere():
    for link in re.findall(r'href="(/[^"]*|http://[^"]*safeguard\.test[^"]*)"', get("/").body.decode()):
        url = link if link.startswith("http") else f"http://{TRY_HOST}{link}"
        assert SITE.reply(Request("GET", url)).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/probe/vi/nothing",
        "/probe/fr/gambling",
        "/probe/vi",
        "/probe/vi/gambling/x",
        "/x",
        "//",
        "/<script>",
        "/%2e%2e/x",
    ],
)
def test_other_paths_are_missing(path):
    reply = get(path)
    assert reply.status == 404
    assert b"<script>" not in reply.body


@pytest.mark.parametrize("host", ["example.com", "safeguard.test", f"not{TRY_HOST}", f"{TRY_HOST}.evil.test"])
def test_other_hosts_are_none_of_its_business(host):
    assert get("/", host) is None


@pytest.mark.parametrize("host", [TRY_HOST.upper(), f"{TRY_HOST}.", f"{TRY_HOST}:80", f"any.{TRY_HOST}"])
def test_its_hosts_in_every_spelling(host):
    assert get("/", host).status == 200


def test_the_certificate():
    reply = get("/ca.pem")
    assert reply.body.startswith(b"-----BEGIN")
    assert header(reply.headers, "Content-Type") == "application/x-x509-ca-cert"
    without = ProbeSite()
    assert get("/ca.pem", site=without).status == 404
    assert b"/ca.pem" not in get("/", site=without).body


def test_methods():
    head = get("/", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    post = get("/", method="POST")
    assert (post.status, header(post.headers, "Allow")) == (405, "GET, HEAD")


def test_nothing_comes_from_elsewhere():
    for path in ("/", "/probe/vi/gambling", "/missing"):
        reply = get(path)
        page = reply.body.decode()
        assert not re.search(r"src=|url\(|@import|<script|style=|javascript:", page)
        assert header(reply.headers, "Content-Security-Policy").startswith("default-src 'none'")
        assert header(reply.headers, "Cache-Control") == "no-store"
