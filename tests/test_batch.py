from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguard.batch import read_items, scan, write_answer
from safeguard.errors import InputError, UnknownProfileError
from safeguard.taxonomy import Category

HARM = "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn, cá cược bóng đá, tài xỉu online, rút tiền 24/7"
GOOD = "Hôm nay lớp mình học về quang hợp."


def answers(data: bytes, **options: object) -> list[dict[str, object]]:
    return list(scan(read_items("-", io.BytesIO(data)), "lower_secondary", **options))  # type: ignore[arg-type]


def test_the_contract() -> None:
    lines = [
        {"id": "a", "text": HARM, "language": "vi"},
        {"id": 2, "html": f"<p>{GOOD}</p>", "url": "https://school.test/"},
        {"id": "c", "url": "https://pornhub.com/"},
    ]
    got = answers("\n".join(json.dumps(line) for line in lines).encode())
    assert [answer["id"] for answer in got] == ["a", 2, "c"]
    assert [answer["action"] for answer in got] == ["block", "allow", "block"]
    assert [answer["category"] for answer in got] == ["gambling", None, "sexual"]
    for answer in got:
        assert set(answer) == {"id", "action", "category", "scores", "findings", "reason"}
        assert set(answer["scores"]) == {category.value for category in Category}  # type: ignore[call-overload]
        for finding in answer["findings"]:  # type: ignore[attr-defined]
            assert set(finding) == {"category", "score", "source", "start", "end"}


@pytest.mark.parametrize(
    ("line", "identifier", "message"),
    [
        (b"not json", None, "not JSON"),
        (b"", None, "empty"),
        (b"\xff\xfe", None, "UTF-8"),
        (b"[1]", None, "list"),
        (b'{"text": "x"}', None, "no id"),
        (b'{"id": {}, "text": "x"}', None, "neither"),
        (b'{"id": "a"}', "a", "needed"),
        (b'{"id": "a", "text": 5}', "a", "int"),
        (b'{"id": "a", "text": ""}', "a", "empty"),
        (b'{"id": "a", "text": "x", "html": "y"}', "a", "needed"),
        (b'{"id": "a", "text": "x", "language": "fr"}', "a", "'fr'"),
        (b'{"id": "a", "url": "no address"}', "a", "not a"),
        (b"[" * 100_000, None, "not JSON"),
        (b'{"id": "a", "html": "<p>hi", "language": "fr"}', "a", "'fr'"),
    ],
)
def test_a_bad_line_is_answered_and_the_run_goes_on(line: bytes, identifier: object, message: str) -> None:
    good = json.dumps({"id": "good", "text": GOOD}).encode()
    first, second, third = answers(good + b"\n" + line + b"\n" + good)
    assert "action" in first
    assert "action" in third
    assert message in str(second["error"])
    assert second.get("id") == identifier


def test_an_id_that_cannot_be_written_as_it_is_is_escaped() -> None:
    out = io.StringIO()
    (answer,) = answers(b'{"id": "\\ud800", "text": "hi"}')
    write_answer(answer, out)
    assert json.loads(out.getvalue().encode())["id"] == "\ud800"


def test_a_thousand_lines_in_order_whatever_the_jobs() -> None:
    lines = [
        b"broken" if number % 97 == 0 else json.dumps({"id": number, "text": HARM if number % 3 else GOOD}).encode()
        for number in range(1000)
    ]
    alone = answers(b"\n".join(lines))
    assert answers(b"\n".join(lines), jobs=2) == alone
    assert len(alone) == 1000
    assert [answer.get("id") for answer in alone] == [None if n % 97 == 0 else n for n in range(1000)]
    assert sum("error" in answer for answer in alone) == 11


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=60).filter(lambda line: b"\n" not in line), max_size=5))
def test_one_answer_a_line(lines: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    assert len(answers(data)) == len(lines)


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "page.html").write_text(f"<p>{HARM}</p>", encoding="utf-8")
    (tmp_path / "a.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / "c.html.gz").write_bytes(gzip.compress(f"<p>{HARM}</p>".encode()))
    got = list(scan(read_items(str(tmp_path), io.BytesIO()), "lower_secondary"))
    assert [(answer["id"], answer["action"]) for answer in got] == [
        ("a.txt", "allow"),
        ("b/page.html", "block"),
        ("c.html.gz", "block"),
    ]


def warc_record(url: str, page: str) -> bytes:
    payload = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page.encode()
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Record-ID: <urn:test:{url}>\r\n"
    head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(payload)}\r\n\r\n"
    return head.encode() + payload + b"\r\n\r\n"


def test_a_web_archive(tmp_path: Path) -> None:
    path = tmp_path / "crawl.warc.gz"
    records = (warc_record("http://good.test/", f"<p>{GOOD}</p>"), warc_record("http://bad.test/", f"<p>{HARM}</p>"))
    path.write_bytes(b"".join(map(gzip.compress, records)))
    got = list(scan(read_items(str(path), io.BytesIO()), "lower_secondary"))
    assert [answer["action"] for answer in got] == ["allow", "block"]


def test_a_damaged_archive_says_so(tmp_path: Path) -> None:
    path = tmp_path / "crawl.warc"
    path.write_bytes(b"this is no archive")
    assert "error" in next(iter(scan(read_items(str(path), io.BytesIO()), "lower_secondary")))


def test_no_such_input() -> None:
    with pytest.raises(InputError, match="/no/such/file"):
        read_items("/no/such/file", io.BytesIO())


def test_an_unknown_profile_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UnknownProfileError):
        scan(iter([]), "nobody")
