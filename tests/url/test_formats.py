from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.errors import ListError
from safeguard.url import formats
from safeguard.url.formats import Entry, Format, Kind, ListReader

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "data" / "lists"
HOST, EXACT, URL, NETWORK = Kind.HOST, Kind.EXACT, Kind.URL, Kind.NETWORK


def read(tmp_path: Path, text: str | bytes, form: Format | None = None) -> tuple[list[Entry], dict[str, int], object]:
    path = tmp_path / "list.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    reader = ListReader(path, form)
    entries = list(reader)
    assert reader.entries == len(entries)
    return entries, dict(reader.unsupported), reader.format


@pytest.mark.parametrize(
    ("form", "line", "entries"),
    [
        (Format.HOSTS, "0.0.0.0 a.test", [(HOST, "a.test")]),
        (Format.HOSTS, "127.0.0.1\ta.test  B.test # both", [(HOST, "a.test"), (HOST, "b.test")]),
        (Format.HOSTS, "::1 localhost ip6-localhost", []),
        (Format.HOSTS, "# a.test", []),
        (Format.DOMAINS, "a.test", [(HOST, "a.test")]),
        (Format.DOMAINS, "*.a.test", [(HOST, "a.test")]),
        (Format.DOMAINS, ".a.test", [(HOST, "a.test")]),
        (Format.DOMAINS, "A.Test.", [(HOST, "a.test")]),
        (Format.DOMAINS, "a.test # why", [(HOST, "a.test")]),
        (Format.DOMAINS, "bóng-đá.test", [(HOST, "xn--bng--8na8hpj.test")]),
        (Format.DOMAINS, "a.test/path/x", [(URL, "a.test/path/x")]),
        (Format.DOMAINS, "https://user@a.test:8080/p%20q*", [(URL, "a.test/p q")]),
        (Format.DOMAINS, "192.0.2.7", [(HOST, "192.0.2.7")]),
        (Format.DOMAINS, "192.0.2.0/24", [(NETWORK, "192.0.2.0/24")]),
        (Format.DOMAINS, "2001:db8::/32", [(NETWORK, "2001:db8::/32")]),
        (Format.DOMAINS, "192.0.2.7/12", [(URL, "192.0.2.7/12")]),
        (Format.DOMAINS, "full:a.test", [(EXACT, "a.test")]),
        (Format.ADBLOCK, "||a.test^", [(HOST, "a.test")]),
        (Format.ADBLOCK, "||a.test^$important,document", [(HOST, "a.test")]),
        (Format.ADBLOCK, "||a.test/path^", [(URL, "a.test/path")]),
        (Format.ADBLOCK, "|a.test^", [(EXACT, "a.test")]),
        (Format.ADBLOCK, "||*.a.test^", [(HOST, "a.test")]),
        (Format.ADBLOCK, "@@||b.a.test^", [(HOST, "b.a.test", True)]),
        (Format.ADBLOCK, "! a.test", []),
        (Format.ADBLOCK, "[Adblock Plus 2.0]", []),
        (Format.DNSMASQ, "address=/a.test/", [(HOST, "a.test")]),
        (Format.DNSMASQ, "address=/a.test/b.test/0.0.0.0", [(HOST, "a.test"), (HOST, "b.test")]),
        (Format.DNSMASQ, "local=/a.test/", [(HOST, "a.test")]),
        (Format.DNSMASQ, "server=/a.test/#", [(HOST, "a.test", True)]),
        (Format.UNBOUND, 'local-zone: "a.test" always_nxdomain', [(HOST, "a.test")]),
        (Format.UNBOUND, 'local-zone: "a.test." transparent', [(HOST, "a.test", True)]),
        (Format.UNBOUND, 'local-data: "a.test. A 0.0.0.0"', [(EXACT, "a.test")]),
        (Format.UNBOUND, "server:", []),
        (Format.RPZ, "a.test CNAME .", [(EXACT, "a.test")]),
        (Format.RPZ, "*.a.test 300 IN CNAME *.", [(HOST, "a.test")]),
        (Format.RPZ, "a.test CNAME rpz-passthru.", [(EXACT, "a.test", True)]),
        (Format.RPZ, "24.0.2.0.192.rpz-ip CNAME .", [(NETWORK, "192.0.2.0/24")]),
        (Format.RPZ, "32.zz.db8.2001.rpz-ip CNAME .", [(NETWORK, "2001:db8::/32")]),
        (Format.RPZ, "128.1.zz.rpz-ip CNAME .", [(NETWORK, "::1/128")]),
        (Format.RPZ, "@ SOA localhost. root.localhost. 1 2 3 4 5", []),
        (Format.RPZ, "; a.test", []),
        (Format.V2FLY, "domain:a.test", [(HOST, "a.test")]),
        (Format.V2FLY, "full:a.test @ads", [(EXACT, "a.test")]),
        (Format.V2FLY, "a.test # why", [(HOST, "a.test")]),
    ],
)
def test_what_a_line_holds(tmp_path: Path, form: Format, line: str, entries: list[tuple[object, ...]]) -> None:
    found, unsupported, _ = read(tmp_path, line, form)
    assert found == [Entry(*entry) for entry in entries]
    assert unsupported == {}


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (Format.HOSTS, "192.0.2.1 intranet.test"),
        (Format.HOSTS, "0.0.0.0"),
        (Format.DOMAINS, "com"),
        (Format.DOMAINS, "a.*.test"),
        (Format.DOMAINS, "a.test/*/x"),
        (Format.DOMAINS, "a.test/p%0Aq"),
        (Format.DOMAINS, "not a\\host"),
        (Format.DOMAINS, "a\ufffd.test"),
        (Format.DOMAINS, "regexp:a.+"),
        (Format.ADBLOCK, "a.test##.banner"),
        (Format.ADBLOCK, "##.banner"),
        (Format.ADBLOCK, "||a.test^$third-party"),
        (Format.ADBLOCK, "/banner[0-9]+/"),
        (Format.ADBLOCK, "-banner-"),
        (Format.ADBLOCK, "||a.test^x"),
        (Format.DNSMASQ, "address=/a.test/192.0.2.1"),
        (Format.DNSMASQ, "conf-dir=/etc"),
        (Format.UNBOUND, 'local-data: "a.test. A 192.0.2.1"'),
        (Format.RPZ, "a.test CNAME walled.test."),
        (Format.RPZ, "a.rpz-nsdname CNAME ."),
        (Format.RPZ, "99.1.2.3.4.rpz-ip CNAME ."),
        (Format.V2FLY, "keyword:casino"),
    ],
)
def test_what_cannot_be_held_is_counted(tmp_path: Path, form: Format, line: str) -> None:
    found, unsupported, _ = read(tmp_path, line, form)
    assert found == []
    assert sum(unsupported.values()) == 1


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("# a\n0.0.0.0 a.test\n", Format.HOSTS),
        ("a.test\nb.test\n", Format.DOMAINS),
        ("! t\n||a.test^\n", Format.ADBLOCK),
        ("a.test\n@@||b.test^\n", Format.ADBLOCK),
        ("address=/a.test/\n", Format.DNSMASQ),
        ('server:\nlocal-zone: "a.test" refuse\n', Format.UNBOUND),
        ("$TTL 60\n@ SOA a. b. 1 2 3 4 5\na.test CNAME .\n", Format.RPZ),
        ("id,url,seen\n1,https://a.test/x,2026\n", Format.CSV),
        ('"host";"why"\n"a.test";"x"\n', Format.CSV),
        ("domain:a.test\n", Format.V2FLY),
        ("\ufeffa.test\r\n", Format.DOMAINS),
    ],
)
def test_formats_are_told_by_their_lines(tmp_path: Path, text: str, form: Format) -> None:
    found, _, told = read(tmp_path, text)
    assert told is form
    assert found[0].value.startswith("a.test")


def test_archives_of_squidguard(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in (("adult/domains", b"a.test\n"), ("adult/urls", b"b.test/x\n"), ("adult/usage", b"black\n")):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    found, _, _ = read(tmp_path, buffer.getvalue())
    assert found == [Entry(HOST, "a.test"), Entry(URL, "b.test/x")]


def test_anything_may_be_compressed(tmp_path: Path) -> None:
    found, _, _ = read(tmp_path, gzip.compress(b"0.0.0.0 a.test\n"))
    assert found == [Entry(HOST, "a.test")]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"<!DOCTYPE html><html><body>Not found", "a web page"),
        (b"a.test\n\0\0\0", "a file of bytes"),
        (gzip.compress(b"a.test\n" * 999)[:-20], "cannot be read"),
        (b"name,why\nx,y\n", "no column"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    with pytest.raises(ListError, match=fault):
        read(tmp_path, content, Format.CSV if fault == "no column" else None)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_DECODED", 1 << 20)
    with pytest.raises(ListError, match="decompresses to more"):
        read(tmp_path, gzip.compress(b"a.test\n" * 500_000))


@pytest.mark.parametrize("length", [formats.MAX_LINE + 1, 200_000, 1 << 20])
def test_a_long_line_is_left_out_and_the_next_one_read(tmp_path: Path, length: int) -> None:
    found, unsupported, _ = read(tmp_path, b"a.test\n" + b"x" * length + b"\nb.test\n")
    assert [entry.value for entry in found] == ["a.test", "b.test"]
    assert unsupported == {"too long": 1}


@given(st.binary(max_size=400), st.sampled_from(Format))
def test_no_content_raises_anything_else(content: bytes, form: Format) -> None:
    path = Path("/dev/shm") / "safeguard-list" if Path("/dev/shm").is_dir() else Path("safeguard-list")
    path.write_bytes(content)
    try:
        for entry in ListReader(path, form):
            assert entry.value
            assert entry.value.isprintable()
    except ListError:
        pass
    finally:
        path.unlink()


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published lists are third-party and not here")
def test_published_lists_are_read_line_by_line() -> None:
    """Every line that is neither empty nor a comment is an entry or is counted."""
    for path in sorted(PUBLISHED.glob("*/*")):
        if path.name.startswith("LICENSE") or path.name == "global_usage":
            continue
        reader = ListReader(path)
        count = sum(1 for _ in reader)
        lines = sum(1 for line in path.read_bytes().split(b"\n") if line.strip() and line[:1] not in b"#!")
        assert count + sum(reader.unsupported.values()) == lines, path
        assert sum(reader.unsupported.values()) <= 0.03 * lines + 3, path
