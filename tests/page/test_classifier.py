from __future__ import annotations

import pytest

from safeguard import Category, Guard, Outcome, PageError

HARM = "Nhà cái uy tín, nạp rút 24/7, tài xỉu, nổ hũ, cá cược bóng đá, casino trực tuyến, khuyến mãi nạp đầu 100%."
GOOD = "Trường tiểu học Kim Đồng thông báo lịch nghỉ Tết. Phụ huynh đón các em lúc 16 giờ 30 tại cổng trường."


def page(visible: str, hidden: str = "") -> bytes:
    return f"<html><body><p>{visible}</p><div style='display:none'>{hidden}</div></body></html>".encode()


def test_a_harmful_page(guard: Guard) -> None:
    verdict = guard.check_page(page(HARM), content_type="text/html")
    assert verdict.top is not None
    assert verdict.top[0] is Category.GAMBLING


def test_a_good_page(guard: Guard) -> None:
    verdict = guard.check_page(page(GOOD), content_type="text/html")
    assert max(verdict.scores.values()) < 0.5


def test_hidden_gambling_on_a_good_page_is_found_and_named(guard: Guard) -> None:
    verdict = guard.check_page(page(GOOD, HARM), content_type="text/html")
    assert verdict.scores[Category.GAMBLING] >= 0.9
    assert any(finding.source.startswith("hidden/") for finding in verdict.findings)


@pytest.mark.parametrize(
    ("body", "content_type", "coding", "outcome"),
    [
        (b"x", "text/html", "gzip", Outcome.UNDECODABLE),
        (b"x" * 5_000_000, "text/html", "", Outcome.TOO_LARGE),
        (b"\x00\x01", "image/png", "", Outcome.NOT_SCANNABLE),
        (b"", "text/html", "", Outcome.SCANNED),
    ],
)
def test_outcomes(guard: Guard, body: bytes, content_type: str, coding: str, outcome: Outcome) -> None:
    verdict = guard.check_page(body, content_type=content_type, content_encoding=coding)
    assert verdict.outcome is outcome
    assert max(verdict.scores.values()) < 0.05


def test_a_listed_address_counts(guard: Guard) -> None:
    verdict = guard.check_page(page(GOOD), url="https://www.xvideos.com/", content_type="text/html")
    assert verdict.scores[Category.SEXUAL] == 1.0


def test_a_body_must_be_bytes(guard: Guard) -> None:
    with pytest.raises(PageError, match="str"):
        guard.check_page("text")  # type: ignore[arg-type]
