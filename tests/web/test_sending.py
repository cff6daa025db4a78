from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode

import pytest
from filters import ENGLISH, URL, Setup
from hypothesis import given
from hypothesis import strategies as st

from safeguard import Guard
from safeguard.web.config import FilterConfig
from safeguard.web.messages import Headers, Reply, Request, header
from safeguard.web.sending import GO_ON, is_read, read_form, read_message, read_sent, search_words

FORM = ("Content-Type", "application/x-www-form-urlencoded")
DOCUMENT = ("Sec-Fetch-Dest", "document")


@pytest.fixture
def setup(guard: Guard) -> Setup:
    return Setup(guard)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://www.google.com.vn/search?hl=vi&q=quang+h%E1%BB%A3p", "quang hợp"),
        ("https://www.youtube.com/results?search_query=ca+heo", "ca heo"),
        ("https://vn.search.yahoo.com/search?p=ca+heo&fr=x", "ca heo"),
        ("https://forum.test/find?keyword=ca%20heo", "ca heo"),
        ("https://site.test/?p=12", ""),
        ("https://site.test/?page=2", ""),
        ("https://site.test/q=1", ""),
        ("https://site.test/?q=", ""),
        ("https://site.test/?" + "&".join(f"a{n}=1" for n in range(500)), ""),
    ],
)
def test_search_words(url: str, words: str) -> None:
    assert search_words(url) == words


def fields_of(**fields: str) -> bytes:
    return urlencode(fields).encode()


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"a": "Số của mình là 0912 345 678 nhé"}, ("phone",)),
        ({"a": "+84912345678"}, ("phone",)),
        ({"phone": "028 3823 4567"}, ("phone",)),
        ({"so_dien_thoai": "02838234567"}, ("phone",)),
        ({"a": "nhà em ở số nhà 5 ngõ 12 đường Láng"}, ("address",)),
        ({"dia_chi": "12 Hoa Mai, Vinh"}, ("address",)),
        ({"a": "em học trường THCS Hoa Mai"}, ("school",)),
        ({"school": "Hoa Mai"}, ("school",)),
        ({"phone": "0912345678", "truong": "THCS Hoa Mai"}, ("phone", "school")),
        ({"card": "4111111111111111"}, ()),
        ({"order": "0123456789012345678"}, ()),
        ({"q": "đường tròn ngoại tiếp tam giác"}, ()),
        ({"email_address": "an@site.test"}, ()),
        ({"price": "1.912.345.678"}, ()),
        ({"tel": ""}, ()),
        ({"lop": "7A"}, ()),
    ],
)
def test_personal_data(fields: dict[str, str], kinds: tuple[str, ...]) -> None:
    form = read_form(fields_of(**fields))
    assert form is not None
    assert form.personal() == kinds


@given(st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=20)), max_size=6))
def test_a_confirmed_form_goes_as_it_was_typed(fields: list[tuple[str, str]]) -> None:
    sound = [(name, value) for name, value in fields if (name + value).isprintable() and name != GO_ON]
    form = read_form(urlencode([*sound, (GO_ON, "1")]).encode())
    assert form is not None
    assert form.is_confirmed
    assert parse_qsl(form.confirmed_body().decode(), keep_blank_values=True) == sound


@given(st.binary(max_size=100))
def test_no_form_raises(body: bytes) -> None:
    form = read_form(body)
    if form is not None:
        form.personal()
        assert isinstance(form.words, str)


@pytest.mark.parametrize(
    ("headers", "method", "looked_at"),
    [
        ((FORM, ("Content-Length", "9")), "POST", True),
        ((FORM, ("Content-Length", "4097")), "POST", False),
        ((FORM, ("Content-Length", "0")), "POST", False),
        ((FORM,), "POST", False),
        ((FORM, ("Content-Length", "9")), "GET", False),
        ((FORM, ("Content-Length", "9"), ("Sec-Fetch-Site", "cross-site")), "POST", False),
        ((FORM, ("Content-Length", "9"), ("Sec-Fetch-Site", "cross-site"), DOCUMENT), "POST", True),
        ((("Content-Type", "application/json; charset=utf-8"), ("Content-Length", "9")), "PUT", True),
        ((("Content-Type", "multipart/form-data; boundary=x"), ("Content-Length", "9")), "POST", True),
        ((("Content-Type", "image/png"), ("Content-Length", "9")), "POST", False),
    ],
)
def test_what_is_looked_at(headers: Headers, method: str, looked_at: bool) -> None:
    assert is_read(Request(method, URL, headers)) is looked_at


PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="phone"\r\n\r\n0912345678\r\n'
    b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.txt"\r\n\r\nnot a field\r\n'
    b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nch\xc3\xa0o\r\n--x--\r\n'
)


@pytest.mark.parametrize(
    ("kind", "body", "fields"),
    [
        ("multipart/form-data; boundary=x", PARTS, (("phone", "0912345678"), ("text", "chào"))),
        ("application/json", b'{"a": {"phone": "0912"}, "b": ["c", 1, null]}', (("phone", "0912"), ("b", "c"))),
        ("application/json", b"{", (("", "{"),)),
        ("text/plain;charset=UTF-8", "chào".encode(), (("", "chào"),)),
        ("application/x-www-form-urlencoded", b"a=1&b=", (("a", "1"), ("b", ""))),
    ],
)
def test_what_is_sent_is_read_field_by_field(kind: str, body: bytes, fields: object) -> None:
    form = read_sent(Request("POST", URL, (("Content-Type", kind),), body))
    assert form is not None
    assert form.fields == fields


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=y"])
def test_parts_that_cannot_be_read_are_none(kind: str) -> None:
    form = read_sent(Request("POST", URL, (("Content-Type", kind),), PARTS))
    assert form is None or form.fields == ()


@given(st.sampled_from(["multipart/form-data; boundary=x", "application/json", "text/plain"]), st.binary(max_size=100))
def test_nothing_that_is_sent_raises(kind: str, body: bytes) -> None:
    form = read_sent(Request("POST", URL, (("Content-Type", kind),), body))
    if form is not None:
        assert isinstance(form.personal(), tuple)


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_every_string_of_a_message_is_read(value: object) -> None:
    def strings(item: object) -> int:
        if isinstance(item, dict):
            return sum(map(strings, item.values()))
        return sum(map(strings, item)) if isinstance(item, list) else int(isinstance(item, str))

    assert len(read_message(json.dumps(value)).fields) == min(strings(value), 100)


@pytest.mark.parametrize(
    ("host", "known"),
    [("thcs.hanoi.edu.vn", True), ("accounts.google.com", True), ("www.own.test", True),
     ("google.com.evil.test", False), ("site.test", False), ("::1", False), ("", False)],
)  # fmt: skip
def test_known_sites(host: str, known: bool) -> None:
    assert FilterConfig(known_sites=frozenset({"own.test"})).is_known(host) is known


# Through the filter


def search(setup: Setup, words: str, **more: str) -> Reply | None:
    return setup.web.before(
        Request("GET", "https://www.google.com/search?" + urlencode({"q": words}), (ENGLISH, DOCUMENT), **more)
    )


def test_a_search_that_calls_for_help_offers_it_and_goes_on(setup: Setup) -> None:
    reply = search(setup, "em không muốn sống nữa")
    assert reply is not None
    page = reply.body.decode()
    assert "111" in page
    assert "You are not alone" in page
    assert "không muốn sống" not in page.replace("value=", ""), "the words stand nowhere but in the way on"
    assert setup.counters.total() == {}, "asking for help is counted nowhere"
    form = {"url": "/search?q=x", "category": "help"}
    setup.web.before(
        Request(
            "POST",
            "https://www.google.com/.safeguard/continue",
            (("Origin", "https://www.google.com"),),
            urlencode(form).encode(),
        )
    )
    assert search(setup, "em không muốn sống nữa") is None
    assert setup.counters.total() == {}, "nor is going on from there"


def test_going_on_from_help_opens_nothing_else(setup: Setup) -> None:
    reply = search(setup, "em không muốn sống nữa")
    assert reply is not None
    assert 'name="category" value="help"' in reply.body.decode()


def test_what_a_script_asks_a_search_for_is_not_answered_with_a_page(setup: Setup) -> None:
    url = "https://www.google.com/complete/search?" + urlencode({"q": "em không muốn sống nữa"})
    assert setup.web.before(Request("GET", url, (ENGLISH, ("Sec-Fetch-Dest", "empty")))) is None


@pytest.mark.parametrize(
    "words", ["quang hợp là gì", "tự tử ở tuổi teen và cách phòng chống", "breast cancer", "cá độ"]
)
def test_searches_about_things_go_on(setup: Setup, words: str) -> None:
    assert search(setup, words) is None


def test_a_search_for_harm_is_stopped(setup: Setup) -> None:
    reply = search(setup, "nhà cái uy tín nạp đầu tặng 100% nổ hũ tài xỉu")
    assert reply is not None
    assert header(reply.headers, "X-Safeguard-Category") == "gambling"


def post(setup: Setup, fields: dict[str, str], url: str = URL) -> Reply | bytes | None:
    body = urlencode(fields).encode()
    request = Request("POST", url, (FORM, DOCUMENT, ENGLISH, ("Content-Length", str(len(body)))), body)
    assert setup.web.sends(request)
    return setup.web.sent(request)


def test_a_form_with_a_phone_number_asks_first(setup: Setup) -> None:
    fields = {"name": "An <b>", "phone": "0912345678"}
    reply = post(setup, fields)
    assert isinstance(reply, Reply)
    page = reply.body.decode()
    assert 'name="phone" value="0912345678"' in page
    assert 'value="An &lt;b&gt;"' in page
    assert 'action="/page?q=1"' in page
    assert setup.counters.total() == {}
    assert post(setup, fields | {GO_ON: "1"}) == urlencode(fields).encode()


def test_a_form_to_a_known_site_goes_on(setup: Setup) -> None:
    assert post(setup, {"phone": "0912345678"}, "https://thcs.hanoi.edu.vn/contact") is None
    assert post(setup, {"comment": "Bài này hay quá"}) is None


def test_a_form_that_calls_for_help_offers_it(setup: Setup) -> None:
    reply = post(setup, {"post": "mình không muốn sống nữa"})
    assert isinstance(reply, Reply)
    assert "tel:111" in reply.body.decode()


def test_staff_are_not_asked(guard: Guard) -> None:
    setup = Setup(guard, profile="staff")
    assert search(setup, "không muốn sống nữa") is None
    assert not setup.web.sends(Request("POST", URL, (FORM, DOCUMENT, ("Content-Length", "9")), b"x"))


# What a page's script sends

NEXT = Request("GET", "https://site.test/next?a=1", (ENGLISH, DOCUMENT))
JSON = ("Content-Type", "application/json")


def fetch(setup: Setup, fields: dict[str, str], *more: tuple[str, str], url: str = URL) -> None:
    body = json.dumps(fields).encode()
    headers = (JSON, ("Sec-Fetch-Dest", "empty"), ("Content-Length", str(len(body))), *more)
    request = Request("POST", url, headers, body)
    assert setup.web.sends(request)
    assert setup.web.sent(request) is None, "what a script sends goes on"


def test_a_message_that_calls_for_help_offers_it_at_the_next_page(setup: Setup) -> None:
    fetch(setup, {"room": "7", "message": "mình không muốn sống nữa"})
    elsewhere = Request("GET", "https://other.test/", (ENGLISH, DOCUMENT))
    assert setup.web.before(elsewhere) is None, "another site learns nothing of it"
    assert setup.web.before(Request("GET", NEXT.url, (ENGLISH, DOCUMENT), client="10.0.0.9")) is None, "nor a device"
    assert setup.web.before(Request("GET", NEXT.url, (ENGLISH, ("Sec-Fetch-Dest", "image")))) is None
    reply = setup.web.before(NEXT)
    assert reply is not None
    assert "tel:111" in reply.body.decode()
    assert "không muốn sống" not in reply.body.decode()
    assert setup.web.before(NEXT) is None, "once"
    assert setup.counters.total() == {}


def test_personal_data_in_a_message_is_spoken_about_at_the_next_page(setup: Setup) -> None:
    setup.web.said(NEXT, json.dumps({"text": "số mình nè 0912 345 678"}))
    reply = setup.web.before(NEXT)
    assert reply is not None
    page = reply.body.decode()
    assert 'href="/next?a=1"' in page
    assert "0912" not in page
    assert setup.web.before(NEXT) is None, "once"
    assert setup.counters.total() == {}


def test_parts_of_a_form_are_listened_to(setup: Setup) -> None:
    headers = (("Content-Type", "multipart/form-data; boundary=x"), DOCUMENT, ("Content-Length", str(len(PARTS))))
    assert setup.web.sent(Request("POST", URL, headers, PARTS)) is None
    assert setup.web.before(NEXT) is not None


@pytest.mark.parametrize("text", ["Bài này khó quá, ai giải giúp mình với", "điểm 9,5 nè", "x" * 5000])
def test_talk_goes_on(setup: Setup, text: str) -> None:
    setup.web.said(NEXT, text)
    assert setup.web.before(NEXT) is None


def test_advice_is_forgotten(setup: Setup) -> None:
    setup.web.said(NEXT, "số mình nè 0912 345 678")
    setup.now += 1801
    assert setup.web.before(NEXT) is None


def test_known_sites_and_staff_get_no_advice(guard: Guard, setup: Setup) -> None:
    fetch(setup, {"phone": "0912345678"}, url="https://thcs.hanoi.edu.vn/api")
    assert setup.web.before(Request("GET", "https://thcs.hanoi.edu.vn/", (ENGLISH, DOCUMENT))) is None
    staff = Setup(guard, profile="staff")
    staff.web.said(NEXT, "mình không muốn sống nữa")
    assert staff.web.before(NEXT) is None
