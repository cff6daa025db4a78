from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.page.extract import extract
from safeguard.page.html import is_excessive
from safeguard.page.kinds import Kind, kind_of
from safeguard.page.segments import Role


def texts(html: str) -> list[tuple[str, str]]:
    return [(segment.text, segment.role.value) for segment in extract(html, Kind.HTML)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>one <b>two</b>three</p>", [("one twothree", "body")]),
        ("ca<b></b>si<i>no</i>", [("casino", "body")]),
        ("c&#97;s&#x69;no &amp; b&agrave;i", [("casino & bài", "body")]),
        ("<div>one</div><div>two</div>", [("one", "body"), ("two", "body")]),
        ("a<br>b", [("a", "body"), ("b", "body")]),
        ("<title>T</title><h1>H</h1>", [("T", "title"), ("H", "heading")]),
        ("<a href=x>link</a>", [("link", "link")]),
        ("<p>see <a href=x>this</a> now</p>", [("see this now", "body")]),
        ("<img alt='a picture'>", [("a picture", "alt")]),
        ("<meta name=description content='what it is'>", [("what it is", "meta")]),
        ("<meta property='og:title' content='title'>", [("title", "meta")]),
        ("<script>alert('x')</script><style>p{}</style>", []),
        ("<body><noscript>x</noscript></body>", [("x", "script")]),
        ("<script>show('one two three four five')</script>", [("one two three four five", "script")]),
        ("<template><p>x</p></template>", [("x", "script")]),
        ("<div><template shadowrootmode=open><p>x</template></div>", [("x", "body")]),
        ("<iframe srcdoc='&lt;p>x'></iframe>", [("x", "body")]),
        ("<iframe src='data:text/html,<p>a%20b'></iframe>", [("a b", "body")]),
        ("<iframe src='data:image/png;base64,AAAA'></iframe>", []),
        ("<bdo dir=rtl>cba</bdo>", [("abc", "body")]),
        ("<style>p{color:red} q::after{content:'in a style'}</style>", [("in a style", "script")]),
        ("<div style='display: none'>secret<b>too</b></div>", [("secrettoo", "hidden")]),
        ("<div style='position:absolute;left:-9999px'><a>casino</a></div>", [("casino", "hidden")]),
        ("<p hidden>x</p><p>y</p>", [("x", "hidden"), ("y", "body")]),
        ("<p style='font-size:0.9em'>seen</p>", [("seen", "body")]),
        ("<input placeholder='Search here'><input type=submit value=Go>", [("Search here", "alt"), ("Go", "body")]),
        ("<td>a<td>b", [("ab", "body")]),
        ("<table><tr><td>a<td>b</table>", [("a", "body"), ("b", "body")]),
        ("<p>unclosed <b>bold", [("unclosed bold", "body")]),
        ("<!-- comment -->text", [("text", "body")]),
        ("", []),
    ],
)
def test_html(html: str, expected: list[tuple[str, str]]) -> None:
    assert texts(html) == expected


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 200_000,
        "<a><div>" * 100_000,
        "<p " + " ".join(f"a{number}" for number in range(100_000)) + ">",
        "".join(f"<p><font a={number}>" for number in range(20_000)),
        "<div></span>" * 100_000,
    ],
    ids=["depth", "links", "attributes", "formatting", "unmatched ends"],
)
def test_markup_that_would_take_quadratic_time_is_told_apart(html: str) -> None:
    assert is_excessive(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>text<br>" * 50_000,
        "<ul>" + "<li>one" * 50_000 + "</ul>",
        "<div><b>x</b></div>" * 50_000,
        "<table>" + "<tr><td>a<td>b" * 30_000 + "</table>",
        "words " * 100_000,
    ],
    ids=["paragraphs", "list", "flat", "table", "words"],
)
def test_long_pages_are_not(html: str) -> None:
    assert not is_excessive(html)


def test_depth_is_not_pythons() -> None:
    assert texts("<div>" * 20_000 + "deep")[-1][0] == "deep"


@pytest.mark.parametrize(
    ("json", "expected"),
    [
        ('{"a": "two words", "b": ["three more words", 1, null]}', ["two words", "three more words"]),
        ('{"id": "x1"}', []),
        ('{"html": "<p>rich <b>text</b></p>"}', ["rich text"]),
        ('{"a": "line one"}\n{"a": "line two"}', ["line one", "line two"]),
        ("not json at all", ["not json at all"]),
        ('{"a": "c\\u1edd b\\u1ea1c"}', ["cờ bạc"]),
        ("[" * 100_000, ["[" * 100_000][:0]),
    ],
)
def test_json(json: str, expected: list[str]) -> None:
    assert [segment.text for segment in extract(json, Kind.JSON)] == expected


@pytest.mark.parametrize(
    ("content_type", "data", "kind"),
    [
        ("text/html; charset=utf-8", b"", Kind.HTML),
        ("application/xhtml+xml", b"", Kind.HTML),
        ("image/svg+xml", b"", Kind.HTML),
        ("application/rss+xml", b"", Kind.HTML),
        ("application/ld+json", b"", Kind.JSON),
        ("text/markdown", b"", Kind.TEXT),
        ("text/css", b"", Kind.STYLE),
        ("application/javascript", b"", Kind.SCRIPT),
        ("application/pdf", b"", Kind.PDF),
        ("application/json", b"<!doctype html>", Kind.HTML),
        ("image/png", b"\x89PNG\r\n\x1a\n\x00", Kind.OTHER),
        ("image/png", b"<html>", Kind.HTML),
        ("", b"<!DOCTYPE html><p>", Kind.HTML),
        ("", b"\n  <html>", Kind.HTML),
        ("", b'{"a": 1}', Kind.JSON),
        ("", b"just words", Kind.TEXT),
        ("text/plain", b"<h1>served as text", Kind.HTML),
        ("application/octet-stream", b"\x89PNG\x01\x02", Kind.OTHER),
        ("application/octet-stream", b"<html>", Kind.HTML),
        ("", "words in utf-16".encode("utf-16-le"), Kind.TEXT),
    ],
)
def test_kind(content_type: str, data: bytes, kind: Kind) -> None:
    assert kind_of(content_type, data) is kind


@given(st.text())
def test_any_text_is_some_page(text: str) -> None:
    for kind in Kind:
        for segment in extract(text, kind):
            assert segment.text.strip()
            assert segment.role in Role
