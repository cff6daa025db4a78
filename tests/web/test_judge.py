from __future__ import annotations

import gzip

import brotli
import pytest

from safeguard import Action, Guard, Outcome
from safeguard.web.judge import judge
from safeguard.web.messages import Headers, Response

GAMBLING = (
    "<html><title>Nhà cái uy tín hàng đầu</title><p>Cá cược bóng đá, casino trực tuyến, nổ hũ, tài xỉu, xóc đĩa, "
    "bắn cá đổi thưởng. Nạp lần đầu thưởng 100%, rút tiền 24/7, tỷ lệ cược cao nhất.</p></html>"
)


@pytest.mark.parametrize(
    "headers",
    [
        (("Content-Type", "text/html; charset=utf-8"),),
        (("Content-Type", "image/png"), ("Content-Type", "text/html")),
        (("Content-Type", "application/octet-stream"),),
        (("Content-Type", "application/unknown"),),
        (("Content-Type", "nonsense"),),
        (),
    ],
)
def test_the_page_is_found_under_any_type(guard: Guard, headers: Headers) -> None:
    decision = judge(guard, Response(200, headers, GAMBLING.encode()), "lower_secondary", "vi").decision
    assert decision.action is Action.BLOCK
    assert decision.language == "vi"


def test_codings_on_several_lines_are_all_undone(guard: Guard) -> None:
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Content-Encoding", "br"))
    body = brotli.compress(gzip.compress(GAMBLING.encode()))
    assert judge(guard, Response(200, headers, body), "lower_secondary", "vi").decision.action is Action.BLOCK


def test_the_charset_of_a_guessed_type_is_heeded(guard: Guard) -> None:
    headers = (("Content-Type", "application/octet-stream; charset=utf-16-le"),)
    body = GAMBLING.encode("utf-16-le")
    assert judge(guard, Response(200, headers, body), "lower_secondary", "en").decision.action is Action.BLOCK


def test_what_cannot_be_undone_is_said_so(guard: Guard) -> None:
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "compress"))
    decision = judge(guard, Response(200, headers, b"x"), "lower_secondary", "en").decision
    assert decision.outcome is Outcome.UNDECODABLE
    assert decision.action is Action.BLOCK


HARM = "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn mỗi ngày, cá cược bóng đá nhận thưởng ngay"
FORUM = (
    "<li class=comment>Bài này hay quá, cảm ơn thầy đã giảng kỹ phần quang hợp cho tụi em.</li>"
    "<li class=comment>Mình làm câu 3 ra kết quả khác, có ai giống mình không, chỉ giúp với?</li>"
    "<li class=comment>Nhóm em chọn đề tài về rừng ngập mặn Cần Giờ, tuần sau đi chụp ảnh thực tế.</li>"
    "<li class=comment>Thầy ơi tuần sau mình nộp bài tập ở đâu ạ, nộp giấy hay nộp trên lớp học số?</li>"
    f"<li class=comment>{HARM}</li>"
)


@pytest.mark.parametrize(
    "copy",
    [
        "",
        f"<p>{HARM}</p>",
        f"<script>var data = ['{HARM}']</script>",
        f"<img alt='{HARM}'>",
        f"<template>{HARM}</template>",
        f"<div class=comment>{HARM}</div>",
    ],
)
def test_no_copy_of_what_was_taken_out_is_left(guard: Guard, copy: str) -> None:
    page = f"<html><meta charset=utf-8><ul>{FORUM}</ul>{copy}</html>"
    judged = judge(guard, Response(200, (("Content-Type", "text/html"),), page.encode()), "lower_secondary", "vi")
    assert judged.decision.action in (Action.REDACT, Action.BLOCK)
    assert "quay hũ" not in judged.body.decode()
    assert "rừng ngập mặn" in judged.body.decode() or copy, "without a copy the rest of the page is shown"
