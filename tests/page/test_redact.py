from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard import Action, Category, Guard, PageError
from safeguard.page.html import read_html
from safeguard.page.redact import NOTICE, redact
from safeguard.page.segments import Role

HARM = "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn mỗi ngày, cá cược bóng đá nhận thưởng ngay"
GOOD = (
    "Bài này hay quá, cảm ơn thầy đã giảng kỹ phần quang hợp cho tụi em.",
    "Mình làm câu 3 ra kết quả khác, có ai giống mình không, chỉ giúp với?",
    "Thầy ơi tuần sau mình nộp bài tập ở đâu ạ, nộp giấy hay nộp trên lớp học số?",
    "Nhóm em chọn đề tài về rừng ngập mặn Cần Giờ, tuần sau đi chụp ảnh thực tế.",
)
SCRIPT = "<script>var a = '<p>&amp;' + 1 < 2; /* </p> */</script>"
TYPE = "text/html; charset=utf-8"


def forum(comments: list[str]) -> bytes:
    listed = "".join(f"<li class='comment' id=c{n}><b>Bạn {n}</b><p>{text}</p></li>" for n, text in enumerate(comments))
    return (
        f"<!doctype html><html><head><title>Diễn đàn lớp 7A</title>{SCRIPT}</head><body><h1>Hỏi bài sinh học</h1>"
        f"<ul class=comments>{listed}</ul><footer>Trường THCS Hoa Mai</footer></body></html>"
    ).encode()


def test_only_the_harmful_comment_goes(guard: Guard) -> None:
    body = forum([*GOOD[:2], HARM, *GOOD[2:]])
    decision = guard.decide(guard.check_page(body, content_type=TYPE))
    assert (decision.action, decision.category, decision.parts) == (Action.REDACT, Category.GAMBLING, (3,))
    redacted = guard.redact_page(body, decision, content_type=TYPE).decode()
    assert "nổ lớn" not in redacted
    assert NOTICE["vi"] in redacted
    assert SCRIPT in redacted
    assert 'id="c2"' in redacted, "the element stays, so that scripts find it"
    for text in (*GOOD, "Trường THCS Hoa Mai", "<!doctype html>"):
        assert text in redacted
    again = guard.decide(guard.check_page(redacted.encode(), content_type=TYPE))
    assert again.action is Action.ALLOW


def test_a_coded_page_comes_back_without_coding(guard: Guard) -> None:
    body = gzip.compress(forum([*GOOD, HARM]))
    decision = guard.decide(guard.check_page(body, content_type=TYPE, content_encoding="gzip"))
    redacted = guard.redact_page(body, decision, content_type=TYPE, content_encoding="gzip")
    assert redacted.startswith(b"<!doctype html>")


def test_a_forum_of_nothing_but_harm_is_blocked(guard: Guard) -> None:
    body = forum([HARM, HARM.replace("số 1", "số 2"), HARM + " nhé"])
    assert guard.decide(guard.check_page(body, content_type=TYPE)).action is Action.BLOCK


def test_a_harmful_page_with_a_good_comment_is_blocked(guard: Guard) -> None:
    body = forum([GOOD[0], HARM]).replace(b"</footer>", f"{HARM} Đăng ký nhận 100k. {HARM}</footer>".encode())
    assert guard.decide(guard.check_page(body, content_type=TYPE)).action is Action.BLOCK


def test_answers_to_a_masked_comment_stay() -> None:
    page = (
        "<div class=comment id=a><p>bad words here now</p><div class=replies>"
        "<div class=reply id=b>good answer to it</div></div></div><div class=comment>other comment stands</div>"
    )
    redacted = redact(page.encode(), [1], content_type=TYPE, content_encoding="", language="en").decode()
    assert "bad words" not in redacted
    assert "good answer to it" in redacted
    assert redacted.count(NOTICE["en"]) == 1


def test_nothing_that_shows_stays_on_what_is_masked() -> None:
    page = (
        "<div class=comment placeholder='bad one'><section title='bad two' aria-label='bad three'>bad words here"
        "<div class=reply title='good'>good answer to it</div></section></div><div class=comment>other stands</div>"
    )
    redacted = redact(page.encode(), [1], content_type=TYPE, content_encoding="", language="en").decode()
    assert "bad" not in redacted
    assert 'title="good"' in redacted


def test_scripts_stay_as_they_were() -> None:
    script = "<script>//<![CDATA[\nif (a && b < c) f('x');\n//]]></script>"
    inert = "<![CDATA[ x --> <script>no()</script> ]]>"
    page = f"{script}<p>{inert}</p><div class=comment>bad words</div><div class=comment>good words</div>"
    redacted = redact(page.encode(), [1], content_type=TYPE, content_encoding="", language="en").decode()
    assert script in redacted
    assert "<script>no()" in redacted, "what a browser takes for markup stays so: the comment ends before it"


@pytest.mark.parametrize("prefix", [")]}'\n", "while(1);", "for(;;);", " \n", ""])
def test_what_stands_before_json_stays(prefix: str) -> None:
    body = f'{prefix}[{{"a": "one two"}}, {{"a": "three four"}}]'.encode()
    redacted = redact(body, [2], content_type="application/json", content_encoding="", language="en").decode()
    assert redacted.startswith(prefix)
    assert json.loads(redacted.removeprefix(prefix))[0] == {"a": "one two"}


def test_a_line_separator_inside_of_json_is_no_end_of_a_line() -> None:
    body = '{"a": "one\u2028two three"}\n{"a": "four five"}\n'.encode()
    redacted = redact(body, [2], content_type="application/x-ndjson", content_encoding="", language="en").decode()
    assert json.loads(redacted.split("\n")[0]) == {"a": "one\u2028two three"}


def test_a_row_of_a_table_stays_a_row() -> None:
    page = "<table><tr class=post><td>bad words<td>1<tr class=post><td>good words<td>2</table>"
    redacted = redact(page.encode(), [1], content_type=TYPE, content_encoding="", language="en").decode()
    rows = [segment.text for segment in read_html(redacted).segments]
    assert rows == [NOTICE["en"], "good words", "2"]


def test_json_keeps_its_form(guard: Guard) -> None:
    comments = [{"id": n, "at": "2026-11-24T08:00:00Z", "text": text} for n, text in enumerate([*GOOD, HARM])]
    body = json.dumps({"total": 5, "big": 12345678901234567890, "ratio": 0.1, "comments": comments}).encode()
    decision = guard.decide(guard.check_page(body, content_type="application/json"))
    assert decision.action is Action.REDACT
    redacted = json.loads(guard.redact_page(body, decision, content_type="application/json"))
    expected = json.loads(body)
    expected["comments"][4]["text"] = NOTICE["vi"]
    assert redacted == expected


def test_lines_of_json() -> None:
    body = b'{"a": "one two three"}\n{"a": "four five six"}\n'
    redacted = redact(body, [2], content_type="application/x-ndjson", content_encoding="", language="en")
    assert [json.loads(line) for line in redacted.splitlines()] == [{"a": "one two three"}, {"a": NOTICE["en"]}]


@pytest.mark.parametrize(
    ("body", "items", "content_type"),
    [
        (b"<div class=comment>one two three</div>", [2], TYPE),
        (b"<div class=comment>one two three</div>", [], TYPE),
        (b"<rss><item class=post>one</item></rss>", [1], "application/rss+xml"),
        (b"plain words", [1], "text/plain"),
        (b'{"a": 1', [1], "application/json"),
        (b"x", [1], "application/json"),
        (b'[{"a": "one two", "n": 1e999}]', [1], "application/json"),
    ],
)
def test_what_cannot_be_redacted_is_an_error(body: bytes, items: list[int], content_type: str) -> None:
    with pytest.raises(PageError):
        redact(body, items, content_type=content_type, content_encoding="", language="vi")


@pytest.mark.parametrize(
    "doctype",
    [
        "",
        "<!doctype html>",
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://x.test/loose.dtd">',
    ],
)
def test_a_browser_lays_out_what_is_left_as_before(doctype: str) -> None:
    page = f"<!-- c -->{doctype}<div class=comment>one two three</div><p>rest"
    redacted = redact(page.encode(), [1], content_type=TYPE, content_encoding="", language="en").decode()
    assert redacted.startswith(f"<!-- c -->{doctype}")
    assert redacted.lower().count("<!doctype") == bool(doctype)


@given(
    st.recursive(
        st.text('ab<&" ', max_size=6),
        lambda inner: st.lists(inner, min_size=1, max_size=4).map(
            lambda parts: "".join(f"<div class=post>{part}</div>" for part in parts)
        ),
        max_leaves=12,
    ),
    st.data(),
)
def test_what_is_masked_is_gone_and_the_rest_stays(page: str, data: st.DataObject) -> None:
    before = read_html(page)
    if not before.items:
        return
    chosen = data.draw(st.sets(st.integers(1, len(before.items)), min_size=1))
    redacted = redact(page.encode(), chosen, content_type=TYPE, content_encoding="", language="en").decode()
    after = [s.text for s in read_html(redacted).segments if s.role is not Role.ALT]
    kept = [s.text for s in before.segments if s.item not in chosen and s.role is not Role.ALT]
    assert [text for text in after if NOTICE["en"] not in text] == kept
