"""The ways in which a page gets past other filters, and some more: each must be found, and its good twin must not."""

from __future__ import annotations

import base64
import gzip
import json
import unicodedata
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote

import brotli
import pytest
import regex
import zstandard

from safeguard import Category, Guard, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

HARM = (
    "Nhà cái uy tín, nạp rút 24/7, tài xỉu, nổ hũ, cá cược bóng đá, casino trực tuyến. Khuyến mãi nạp đầu 100%, hoàn "
    "trả mỗi ngày, đăng ký nhận ngay 100k, bắn cá đổi thưởng, xóc đĩa, tỷ lệ cược cao nhất."
)
GOOD = (
    "Trường tiểu học Kim Đồng thông báo lịch nghỉ Tết. Phụ huynh đón các em lúc 16 giờ 30 tại cổng trường. Các em nhớ "
    "mang áo ấm, đọc hai truyện ngắn trong kỳ nghỉ và viết một đoạn văn kể về ngày Tết ở quê em."
)


def html(text: str, head: str = "<meta charset=utf-8>") -> str:
    return f"<!doctype html><html>{head}<body><p>{text}</p></body></html>"


def letters(text: str, between: str) -> str:
    return regex.sub(r"(?<=\p{L})(?=\p{L})", between, text)


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


def backwards(text: str) -> str:
    return unicodedata.normalize("NFC", text)[::-1]


ZSTD = zstandard.ZstdCompressor().compress
CALM = html(GOOD)[:-14]

# How a text is put into a body: name, body, content type, content coding.
WAYS: list[tuple[str, Callable[[str], bytes], str, str]] = [
    ("plain page", lambda t: html(t).encode(), "text/html", ""),
    ("gzip", lambda t: gzip.compress(html(t).encode()), "text/html", "gzip"),
    ("gzip twice", lambda t: gzip.compress(gzip.compress(html(t).encode())), "text/html", "gzip, gzip"),
    ("deflate in zlib", lambda t: zlib.compress(html(t).encode()), "text/html", "deflate"),
    ("deflate raw", lambda t: raw_deflate(html(t).encode()), "text/html", "deflate"),
    ("brotli", lambda t: brotli.compress(html(t).encode()), "text/html", "br"),
    ("zstd", lambda t: ZSTD(html(t).encode()), "text/html", "zstd"),
    ("json", lambda t: json.dumps({"post": {"id": 7, "content": t}}).encode(), "application/json", ""),
    ("json after a prefix", lambda t: b")]}'\n" + json.dumps([t]).encode(), "application/json", ""),
    ("page called json", lambda t: html(t).encode(), "application/json", ""),
    ("page called a picture", lambda t: html(t).encode(), "image/png", ""),
    ("page called text", lambda t: html(letters(t, "<b></b>")).encode(), "text/plain", ""),
    ("script", lambda t: f"(function(){{var a=1;show({json.dumps(t)})}})()".encode(), "application/javascript", ""),
    ("script, odd quotes", lambda t: f"// it's\nvar r=/[\"]/;t={json.dumps(t)}".encode(), "text/javascript", ""),
    ("script, added strings", lambda t: f"s='{letters(t, chr(39) + '+' + chr(39))}'".encode(), "text/javascript", ""),
    ("script in a page", lambda t: f"{CALM}<script>add({json.dumps(t)})</script>".encode(), "text/html", ""),
    ("markup in a script", lambda t: f"{CALM}<script>x='<p>{t}</p>'</script>".encode(), "text/html", ""),
    ("template", lambda t: f"{CALM}<template><p>{t}</p></template>".encode(), "text/html", ""),
    (
        "shadow root",
        lambda t: f"<div><template shadowrootmode=open><p>{t}</p></template></div>".encode(),
        "text/html",
        "",
    ),
    ("srcdoc", lambda t: f"<iframe srcdoc='<p>{t}</p>'></iframe>".encode(), "text/html", ""),
    ("data address", lambda t: f"<iframe src='data:text/html,{quote(html(t))}'>".encode(), "text/html", ""),
    (
        "data address in base64",
        lambda t: f"<object data='data:text/html;base64,{base64.b64encode(html(t).encode()).decode()}'>".encode(),
        "text/html",
        "",
    ),
    ("entities", lambda t: html("".join(f"&#{ord(c)};" for c in t)).encode(), "text/html", ""),
    ("tags in words", lambda t: html(letters(t, "<b></b>")).encode(), "text/html", ""),
    ("comments in words", lambda t: html(letters(t, "<!-- -->")).encode(), "text/html", ""),
    ("zero width", lambda t: html(letters(t, "\u200b")).encode(), "text/html", ""),
    ("soft hyphens", lambda t: html(letters(t, "&shy;")).encode(), "text/html", ""),
    (
        "full width",
        lambda t: html("".join(chr(ord(c) + 0xFEE0) if "a" <= c.lower() <= "z" else c for c in t)).encode(),
        "text/html",
        "",
    ),
    ("capitals", lambda t: html(t.upper()).encode(), "text/html", ""),
    ("decomposed", lambda t: html(unicodedata.normalize("NFD", t)).encode(), "text/html", ""),
    ("utf-16", lambda t: html(t, "").encode("utf-16"), "text/html", ""),
    ("utf-16 without mark", lambda t: html(t, "").encode("utf-16-le"), "text/html", ""),
    (
        "windows-1258",
        lambda t: html(unicodedata.normalize("NFD", t), "").encode("cp1258", "ignore"),
        "text/html; charset=windows-1258",
        "",
    ),
    ("bdo", lambda t: f"<bdo dir=rtl>{backwards(t)}</bdo>".encode(), "text/html; charset=utf-8", ""),
    (
        "style backwards",
        lambda t: f"<p style='direction:rtl;unicode-bidi:bidi-override'>{backwards(t)}".encode(),
        "text/html; charset=utf-8",
        "",
    ),
    (
        "sheet backwards",
        lambda t: (
            f"<style>.r{{unicode-bidi:bidi-override; direction: rtl}}</style><p class='a r'>{backwards(t)}"
        ).encode(),
        "text/html; charset=utf-8",
        "",
    ),
    ("css content", lambda t: f"<style>p::before{{content:'{t}'}}</style><p>".encode(), "text/html", ""),
    ("title", lambda t: f"<title>{t}</title><p>ok".encode(), "text/html", ""),
    ("alternative text", lambda t: f"<img alt='{t}'>ok".encode(), "text/html", ""),
    ("feed", lambda t: f"<?xml version='1.0'?><rss><item><description><![CDATA[<p>{t}</p>]]>".encode(), "text/xml", ""),
    (
        "drawing",
        lambda t: f"<svg xmlns='http://www.w3.org/2000/svg'><text>{t}</text></svg>".encode(),
        "image/svg+xml",
        "",
    ),
    ("after two megabytes", lambda t: f"<!-- {'x ' * (1 << 20)} -->{html(t)}".encode(), "text/html", ""),
    ("before three megabytes", lambda t: f"{html(t)}<!-- {'x' * (3 << 20)} -->".encode(), "text/html", ""),
]


@pytest.mark.parametrize(("put", "content_type", "coding"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_harm_is_found_and_its_good_twin_is_not(
    guard: Guard, put: Callable[[str], bytes], content_type: str, coding: str
) -> None:
    verdict = guard.check_page(put(HARM), content_type=content_type, content_encoding=coding)
    assert verdict.scores[Category.GAMBLING] >= 0.65
    assert max(guard.check_page(put(GOOD), content_type=content_type, content_encoding=coding).scores.values()) < 0.5


@pytest.mark.parametrize("place", ["head", "middle", "tail"])
def test_samples_of_what_is_too_large_are_judged(guard: Guard, place: str) -> None:
    calm, harm = f"<p>{GOOD}</p>" * 8000, f"<p>{HARM}</p>" * 2000
    page = {"head": harm + calm + calm, "middle": calm + harm + calm, "tail": calm + calm + harm}[place]
    verdict = guard.check_page(page.encode(), content_type="text/html; charset=utf-8")
    assert verdict.outcome is Outcome.TOO_LARGE
    assert verdict.scores[Category.GAMBLING] >= 0.65
