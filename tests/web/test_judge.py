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
