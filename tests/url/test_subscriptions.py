"""Subscriptions against a real server that behaves in every bad way."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import minisign
import pytest

from safeguard.errors import ListError
from safeguard.taxonomy import Category
from safeguard.url import fetch, formats
from safeguard.url.address import parse_address
from safeguard.url.database import CurrentLists
from safeguard.url.subscriptions import Subscription, Subscriptions, catalogue

GOOD = "".join(f"casino{number}.test\n" for number in range(100)).encode()


class Publisher(BaseHTTPRequestHandler):
    """Serves what ``pages`` says, and keeps what was asked."""

    protocol_version = "HTTP/1.1"
    pages: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        name = self.path.strip("/")
        if name == "loop":
            return self._answer(302, b"", Location="/loop")
        if name == "huge":
            return self._answer(200, b"a.test\n", claims=10 << 30)
        if name == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"a.test\n" * 10_000)
            except OSError:
                return None
        if name == "error":
            return self._answer(500, b"oh no")
        if name == "html":
            return self._answer(200, b"<html>", Content_Type="text/html; charset=utf-8")
        if name == "cut" and "range" not in self.headers:  # the connection breaks in the middle
            return self._answer(200, GOOD[:700], claims=len(GOOD), ETag='"1"')
        if name == "cut":
            first = int(self.headers["range"].removeprefix("bytes=").rstrip("-"))
            if self.headers["if-range"] != '"1"':
                return self._answer(200, GOOD, ETag='"2"')
            span = f"bytes {first}-{len(GOOD) - 1}/{len(GOOD)}"
            return self._answer(206, GOOD[first:], ETag='"1"', Content_Range=span)
        if name == "shifted" and "range" in self.headers:  # the whole, under the name of a part
            return self._answer(206, GOOD, ETag='"1"', Content_Range=f"bytes 0-{len(GOOD) - 1}/{len(GOOD)}")
        if name == "shifted":
            return self._answer(200, GOOD[:700], claims=len(GOOD), ETag='"1"')
        body = self.pages.get(name)
        if body is None:
            return self._answer(404, b"not here")
        tag = f'"{hash(body)}"'
        if self.headers["if-none-match"] == tag:
            return self._answer(304, b"")
        return self._answer(200, body, ETag=tag)

    def _answer(self, status: int, body: bytes, *, claims: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if claims is None else claims))
        self.end_headers()
        self.wfile.write(body)
        if claims is not None:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Publisher.pages, Publisher.asked = {"good": GOOD}, []
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listener.server_port}"
    listener.shutdown()
    thread.join()
    listener.server_close()


@pytest.fixture
def subscriptions(tmp_path: Path) -> Subscriptions:
    return Subscriptions(tmp_path / "lists")


def is_listed(subscriptions: Subscriptions, host: str = "casino7.test") -> bool:
    return bool(CurrentLists(subscriptions.folder).lookup(parse_address(f"http://{host}/")))


def update(subscriptions: Subscriptions, **more: bool) -> str:
    """The problem of the only list."""
    (only,) = subscriptions.update(**more)
    return only.problem


def test_a_list_is_fetched_once_and_then_asked_for_changes(subscriptions: Subscriptions, server: str) -> None:
    subscriptions.add(f"{server}/good", Category.GAMBLING)
    assert update(subscriptions) == ""
    assert is_listed(subscriptions)
    assert subscriptions.all[0].entries == 100
    assert subscriptions.all[0].name == "good"
    assert update(subscriptions) == ""
    assert "if-none-match" not in Publisher.asked[0][1]
    assert "if-none-match" in Publisher.asked[1][1]
    again = Subscriptions(subscriptions.folder)
    assert again.all == subscriptions.all, "it is all written down"
    Publisher.pages["good"] = GOOD + b"new.test\n"
    assert update(again) == ""
    assert is_listed(again, "new.test")


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (b"<!doctype html><html><title>Moved</title>", "web page"),
        (b"", "no entry"),
        (b"# nothing\n", "no entry"),
        (b"casino0.test\n", "1 entries instead of 100"),
        (b"\0\1\2", "file of bytes"),
        (gzip.compress(GOOD)[:-9], "cannot be read"),
        (gzip.compress(b"casino7.test\n" * 200_000), "decompresses to more"),
        ("casino\ufffd.test\n".encode("utf-16") * 50, "file of bytes"),
        (b"x" * (1 << 20), "no entry"),
        (b"r\xe9ponse.test\n" * 100, "no entry"),
    ],
)
def test_the_last_good_copy_serves_where_the_new_one_is_bad(
    subscriptions: Subscriptions, server: str, page: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "MAX_DECODED", 1 << 20)
    subscriptions.add(f"{server}/good", Category.GAMBLING)
    assert update(subscriptions) == ""
    Publisher.pages["good"] = page
    assert why in update(subscriptions)
    assert is_listed(subscriptions)
    Publisher.pages["good"] = GOOD
    assert update(subscriptions) == ""


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("loop", "redirects"),
        ("huge", "claims 10,737,418,240 bytes"),
        ("error", "answers 500"),
        ("nothing", "answers 404"),
        ("html", "web page"),
        ("endless", "more bytes"),
    ],
)
def test_servers_that_misbehave(
    subscriptions: Subscriptions, server: str, path: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch.fetch, "__kwdefaults__", {"max_bytes": 1 << 20, "seconds": 20.0, "verify": True})
    subscriptions.add(f"{server}/good", Category.GAMBLING)
    assert update(subscriptions) == ""
    subscriptions.all[0].source = f"{server}/{path}"
    subscriptions._save()
    assert why in update(subscriptions)
    assert is_listed(subscriptions)


def test_a_server_that_is_too_slow(subscriptions: Subscriptions, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.fetch, "__kwdefaults__", {"max_bytes": 1 << 40, "seconds": 0.2, "verify": True})
    subscriptions.add(f"{server}/endless", Category.GAMBLING)
    assert "takes longer" in update(subscriptions)


def test_what_was_begun_is_gone_on_with(subscriptions: Subscriptions, server: str) -> None:
    subscriptions.add(f"{server}/cut", Category.GAMBLING)
    assert "cannot be fetched" in update(subscriptions)
    assert update(subscriptions) == ""
    assert Publisher.asked[1][1]["range"] == "bytes=700-"
    assert subscriptions.all[0].entries == 100


def test_what_has_changed_meanwhile_is_begun_anew(subscriptions: Subscriptions, server: str) -> None:
    subscriptions.add(f"{server}/cut", Category.GAMBLING)
    update(subscriptions)
    begun = subscriptions.folder / "copies" / "cut.new.part-of"
    begun.write_text(f'{server}/cut\n"0"', encoding="utf-8")
    assert update(subscriptions) == ""
    assert subscriptions.all[0].entries == 100


def test_a_part_that_was_not_asked_for_is_not_taken(subscriptions: Subscriptions, server: str) -> None:
    subscriptions.add(f"{server}/shifted", Category.GAMBLING)
    assert "cannot be fetched" in update(subscriptions)
    assert "another part" in update(subscriptions)
    assert not is_listed(subscriptions)


def test_what_was_begun_at_one_address_is_not_gone_on_with_at_another(
    subscriptions: Subscriptions, server: str
) -> None:
    subscriptions.add(f"{server}/cut", Category.GAMBLING, mirrors=[f"{server}/good"])
    assert update(subscriptions) == "", "cut, and then whole from the mirror"
    assert "range" not in Publisher.asked[1][1]
    assert subscriptions.all[0].entries == 100


def test_what_was_refused_is_refused_again_until_it_is_good(subscriptions: Subscriptions, server: str) -> None:
    subscriptions.add(f"{server}/good", Category.GAMBLING)
    update(subscriptions)
    Publisher.pages["good"] = b"casino0.test\n"
    for _ in range(3):
        assert "1 entries instead of 100" in update(subscriptions), "its marks are not taken for those of a good copy"
    assert is_listed(subscriptions)


def test_a_damaged_copy_is_not_put_in_force_and_is_fetched_anew(subscriptions: Subscriptions, server: str) -> None:
    subscriptions.add(f"{server}/good", Category.GAMBLING)
    subscriptions.add(f"{server}/other", Category.SCAM)
    Publisher.pages["other"] = b"other.test\n"
    subscriptions.update()
    (subscriptions.folder / "copies" / "good").write_bytes(b"\0")
    (other,) = subscriptions.update(["other"])
    assert not other.problem
    assert "damaged" in Subscriptions(subscriptions.folder).all[0].problem
    assert is_listed(subscriptions, "other.test")
    assert not [item.problem for item in subscriptions.update() if item.problem]
    assert is_listed(subscriptions)


def test_mirrors_are_tried_in_turn(subscriptions: Subscriptions, server: str) -> None:
    subscriptions.add(f"{server}/nothing", Category.GAMBLING, mirrors=[f"{server}/error", f"{server}/good"])
    assert update(subscriptions) == ""
    assert is_listed(subscriptions)


def test_a_list_may_shrink_if_told_so(subscriptions: Subscriptions, tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes(GOOD)
    subscriptions.add(str(path), Category.GAMBLING)
    assert update(subscriptions) == ""
    path.write_text("casino0.test\n", encoding="utf-8")
    assert "--force" in update(subscriptions)
    assert update(subscriptions, force=True) == ""
    assert not is_listed(subscriptions)


def test_a_file_that_is_gone_leaves_its_copy(subscriptions: Subscriptions, tmp_path: Path) -> None:
    path = tmp_path / "usb.txt"
    path.write_bytes(GOOD)
    subscriptions.add(str(path), Category.GAMBLING)
    update(subscriptions)
    path.unlink()
    assert "usb.txt" in update(subscriptions)
    assert is_listed(subscriptions)


def test_one_bad_list_does_not_stop_another(subscriptions: Subscriptions, server: str) -> None:
    subscriptions.add(f"{server}/error", Category.GAMBLING)
    subscriptions.add(f"{server}/good", Category.GAMBLING)
    bad, good = subscriptions.update()
    assert bad.problem
    assert not good.problem
    assert is_listed(subscriptions)


def test_removing_a_list_ends_what_it_closed(subscriptions: Subscriptions, server: str) -> None:
    subscriptions.add(f"{server}/good", Category.GAMBLING)
    subscriptions.update()
    subscriptions.remove("good")
    assert not is_listed(subscriptions)
    with pytest.raises(ListError, match="no list named"):
        subscriptions.remove("good")


# Signatures


@pytest.fixture
def keys() -> minisign.KeyPair:
    return minisign.KeyPair.generate()


@pytest.mark.parametrize("where", ["file", "server"])
def test_a_signed_list_is_taken_and_an_altered_one_is_not(
    subscriptions: Subscriptions, server: str, tmp_path: Path, keys: minisign.KeyPair, where: str
) -> None:
    signature = bytes(keys.secret_key.sign(GOOD))
    path = tmp_path / "stick.txt"
    path.write_bytes(GOOD)
    path.with_name("stick.txt.minisig").write_bytes(signature)
    Publisher.pages |= {"stick.txt": GOOD, "stick.txt.minisig": signature}
    source = str(path) if where == "file" else f"{server}/stick.txt"
    subscriptions.add(source, Category.GAMBLING, key=keys.public_key.to_base64().decode())
    assert update(subscriptions) == ""
    path.write_bytes(GOOD + b"evil.test\n")
    Publisher.pages["stick.txt"] = GOOD + b"evil.test\n"
    assert "signature" in update(subscriptions)
    assert not is_listed(subscriptions, "evil.test")
    assert is_listed(subscriptions)


def test_a_missing_signature_is_a_problem(
    subscriptions: Subscriptions, server: str, tmp_path: Path, keys: minisign.KeyPair
) -> None:
    key = tmp_path / "minisign.pub"
    key.write_bytes(bytes(keys.public_key))
    subscriptions.add(f"{server}/good", Category.GAMBLING, key=str(key))
    assert "minisig" in update(subscriptions)
    assert not is_listed(subscriptions)


# What cannot be subscribed to


@pytest.mark.parametrize(
    ("source", "settings", "fault"),
    [
        ("/nowhere/x.txt", {"category": Category.SCAM}, "no list '/nowhere/x.txt'"),
        ("http://a.test/x", {}, "say what is listed"),
        ("http://a.test/x", {"category": Category.SCAM, "allow": True}, "and not both"),
        ("http://a.test/x", {"category": Category.SCAM, "name": "../x"}, "is no name"),
        ("http://a.test/x", {"category": Category.SCAM, "mirrors": ["ftp://a.test"]}, "mirror"),
        ("http://a.test/x", {"category": Category.SCAM, "key": "abc"}, "no minisign public key"),
    ],
)
def test_what_cannot_be_added(
    subscriptions: Subscriptions, source: str, settings: dict[str, object], fault: str
) -> None:
    with pytest.raises(ListError, match=fault):
        subscriptions.add(source, **settings)  # type: ignore[arg-type]
    assert subscriptions.all == []


def test_names_are_taken_once(subscriptions: Subscriptions) -> None:
    subscriptions.add("http://a.test/x", Category.SCAM)
    with pytest.raises(ListError, match="already"):
        subscriptions.add("http://b.test/x.txt", Category.SCAM)


def test_damaged_subscriptions_are_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "subscriptions.json").write_text("{", encoding="utf-8")
    with pytest.raises(ListError, match=r"subscriptions\.json"):
        Subscriptions(tmp_path)


def test_the_catalogue_is_complete(subscriptions: Subscriptions) -> None:
    assert len(catalogue()) > 15
    for name, offer in catalogue().items():
        assert offer.url.startswith("https://")
        assert offer.licence
        made = subscriptions.add(name)
        assert isinstance(made, Subscription)
        assert (made.name, made.category, made.source) == (name, offer.category, offer.url)


def test_two_processes_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    """Many at once, each with a list of its own: all are there in the end, and in force."""
    folder = tmp_path / "lists"
    paths = []
    for number in range(6):
        paths.append(tmp_path / f"l{number}.txt")
        paths[-1].write_text(f"casino{number}.test\n", encoding="utf-8")

    def subscribe(path: Path) -> None:
        subscriptions = Subscriptions(folder)
        subscriptions.add(str(path), Category.GAMBLING)
        subscriptions.update()

    threads = [threading.Thread(target=subscribe, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    subscriptions = Subscriptions(folder)
    assert sorted(item.name for item in subscriptions.all) == [path.stem for path in paths]
    assert all(is_listed(subscriptions, f"casino{number}.test") for number in range(6))
