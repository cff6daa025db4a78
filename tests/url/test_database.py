from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguard.errors import DataError, ListError
from safeguard.taxonomy import Category
from safeguard.url.address import parse_address
from safeguard.url.compiler import Source, compile_lists, is_held_back
from safeguard.url.database import POINTER, CurrentLists, ListDatabase, host_of, key_of, load_seed
from safeguard.url.formats import Entry, Kind, ListReader

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "data" / "lists"


def compiled(folder: Path, **lists: str) -> ListDatabase:
    """A database of lists, each named after its category (``keep`` for addresses to keep open)."""
    sources = []
    for name, text in lists.items():
        path = folder / f"{name}.txt"
        path.write_text(text, encoding="utf-8")
        sources.append(Source(name, None if name == "keep" else Category(name), path))
    compile_lists(sources, folder / "lists")
    lists_in_force = CurrentLists(folder / "lists")
    lists_in_force.refresh()
    assert lists_in_force.database is not None
    return lists_in_force.database


def names(database: ListDatabase, url: str) -> list[tuple[str, str]]:
    return sorted((match.source, match.entry) for match in database.lookup(parse_address(url)))


@pytest.mark.parametrize(
    ("url", "entries"),
    [
        ("http://a.test/", ["a.test"]),
        ("http://www.b.a.test/x", ["a.test"]),
        ("http://aa.test/", []),
        ("http://a.test.evil.test/", []),
        ("http://exact.test/", ["exact.test"]),
        ("http://www.exact.test/", []),
        ("http://path.test/", []),
        ("http://path.test/bad", ["path.test/bad"]),
        ("http://path.test/bad/more?x=1", ["path.test/bad"]),
        ("http://path.test/bad?x", ["path.test/bad"]),
        ("http://path.test/badge", []),
        ("http://www.path.test/bad", ["path.test/bad"]),
        ("http://path.test/b%61d", ["path.test/bad"]),
        ("http://192.0.2.9/", ["192.0.2.0/24"]),
        ("http://192.0.3.9/", []),
        ("http://[2001:db8::9]/", ["2001:db8::/48"]),
        ("http://198.51.100.1/", ["198.51.100.1"]),
        ("http://[2001:db9::1]/", ["2001:db9::1"]),
    ],
)
def test_lookup(tmp_path: Path, url: str, entries: list[str]) -> None:
    text = "a.test\nfull:exact.test\npath.test/bad\n192.0.2.0/24\n2001:db8::/48\n198.51.100.1\n2001:db9::1\n"
    database = compiled(tmp_path, gambling=text)
    assert names(database, url) == [("gambling", entry) for entry in entries]
    assert len(database) == 7


def test_every_list_that_names_a_host_is_told(tmp_path: Path) -> None:
    database = compiled(tmp_path, gambling="a.test\n", scam="a.test\nb.a.test\n")
    assert names(database, "http://b.a.test/") == [("gambling", "a.test"), ("scam", "a.test"), ("scam", "b.a.test")]


def test_exceptions_of_a_list_are_its_own(tmp_path: Path) -> None:
    database = compiled(tmp_path, gambling="||a.test^\n@@||good.a.test^\n", scam="||a.test^\n")
    assert names(database, "http://good.a.test/") == [("scam", "a.test")]
    assert len(names(database, "http://a.test/")) == 2


def test_addresses_to_keep_open_are_told_as_such(tmp_path: Path) -> None:
    database = compiled(tmp_path, gambling="a.test\n", keep="good.a.test\n")
    assert [match.category for match in database.lookup(parse_address("http://good.a.test/"))].count(None) == 1


@pytest.mark.parametrize(
    ("kind", "value", "held_back"),
    [
        (Kind.HOST, "facebook.com", True),  # shared as a whole
        (Kind.HOST, "groups.facebook.com", False),
        (Kind.URL, "facebook.com/groups/x", False),
        (Kind.HOST, "sites.google.com", True),
        (Kind.HOST, "google.com", True),
        (Kind.HOST, "com.vn", True),
        (Kind.HOST, "scarleteen.com", True),  # protected with all its parts
        (Kind.HOST, "www.scarleteen.com", True),
        (Kind.URL, "scarleteen.com/read/x", True),
        (Kind.HOST, "org", True),  # a protected host lies in it
        (Kind.HOST, "casino.test", False),
        (Kind.EXACT, "tongdai111.vn", True),
        (Kind.NETWORK, "0.0.0.0/0", True),
        (Kind.NETWORK, "10.0.0.0/8", True),
        (Kind.NETWORK, "192.0.2.0/24", False),
        (Kind.NETWORK, "2001::/16", True),
    ],
)
def test_what_must_stay_open_is_held_back(kind: Kind, value: str, held_back: bool) -> None:
    assert is_held_back(Entry(kind, value)) is held_back
    assert not is_held_back(Entry(kind, value, allow=True))


def test_what_is_held_back_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("a.test\nzalo.me\nnhs.uk\n", encoding="utf-8")
    (report,) = compile_lists([Source("x", Category.SCAM, path)], tmp_path / "lists")
    assert (report.entries, report.held_back_count, report.held_back) == (1, 2, ["zalo.me", "nhs.uk"])


LABEL = st.sampled_from("a b c ab x-1 xn--p1ai".split())
HOST = st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join([*labels, "test"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(HOST, min_size=1, max_size=30), st.lists(HOST, max_size=30))
def test_lookup_equals_a_search_through_all_entries(
    tmp_path_factory: pytest.TempPathFactory, listed: list[str], asked: list[str]
) -> None:
    database = compiled(tmp_path_factory.mktemp("lists"), gambling="\n".join(listed))
    for host in [*asked, *listed]:
        expected = {entry for entry in listed if host == entry or host.endswith(f".{entry}")}
        assert {match.entry for match in database.match(host)} == expected


@given(HOST | st.ip_addresses().map(str))
def test_keys_go_both_ways(host: str) -> None:
    assert host_of(key_of(host)) == host


def test_newer_lists_are_taken_up_and_damaged_ones_are_not(tmp_path: Path) -> None:
    now, told = [0.0], []
    lists = CurrentLists(tmp_path / "lists", clock=lambda: now[0], told=told.append)
    a = parse_address("http://a.test/")
    assert lists.lookup(a) == []
    first = compiled(tmp_path, gambling="a.test\n")
    assert lists.lookup(a) == [], "not looked for every time"
    now[0] += 3
    assert lists.lookup(a)
    before = lists.database
    compiled(tmp_path, gambling="b.test\n")
    now[0] += 3
    assert lists.lookup(a) == []
    assert before is not None
    assert before.lookup(a), "whoever still has the former ones open goes on with them"
    (tmp_path / "lists" / POINTER).write_text("nothing-there\n", encoding="utf-8")
    now[0] += 3
    assert lists.lookup(parse_address("http://b.test/")), "those before stay in force"
    assert len(told) == 1
    assert first.folder.exists()


def test_former_compilations_are_forgotten(tmp_path: Path) -> None:
    for number in range(5):
        compiled(tmp_path, gambling=f"a{number}.test\n")
    assert len(list((tmp_path / "lists").glob("*/manifest.json"))) == 2


@pytest.mark.parametrize("fault", ["layout", "sizes", "truncated", "no-json"])
def test_damaged_lists_are_refused(tmp_path: Path, fault: str) -> None:
    folder = compiled(tmp_path, gambling="a.test\n").folder
    manifest = folder / "manifest.json"
    table = json.loads(manifest.read_text(encoding="utf-8"))
    match fault:
        case "layout":
            table["layout"] = 99
        case "sizes":
            table["sizes"]["hosts.trie"] += 1
        case "truncated":
            (folder / "hosts.npy").write_bytes(b"")
    manifest.write_text("{" if fault == "no-json" else json.dumps(table), encoding="utf-8")
    with pytest.raises(ListError):
        ListDatabase(folder)


def test_no_lists_at_all_are_lists_too(tmp_path: Path) -> None:
    compile_lists([], tmp_path)
    lists = CurrentLists(tmp_path)
    assert lists.lookup(parse_address("http://a.test/x")) == []
    assert lists.database is not None


@pytest.mark.parametrize(
    "text", ["[nonsense]\nhosts = ['a.test']", "[scam]\nhosts = ['a b']", "[scam]\nhost = ['a.test']"]
)
def test_a_wrong_seed_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seed.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"seed\.toml"):
        load_seed(path)


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published lists are third-party and not here")
def test_published_lists_answer_like_a_search_through_them(tmp_path: Path) -> None:
    random = Random(7)
    chosen = [
        "sinfonietta/pornography.txt",
        "shadowwhisperer/gambling.txt",
        "ut1/adult.urls.txt",
        "ut1/games.domains.txt",
    ]
    sources = [Source(name, Category.SEXUAL, PUBLISHED / name) for name in chosen]
    reports = compile_lists(sources, tmp_path)
    lists = CurrentLists(tmp_path)
    lists.refresh()
    database = lists.database
    assert database is not None
    reference: dict[str, set[str]] = {}
    for source, report in zip(sources, reports, strict=True):
        entries = [entry for entry in ListReader(source.path) if not is_held_back(entry)]
        assert len(entries) == report.entries
        for entry in entries:
            if entry.kind is Kind.HOST:
                reference.setdefault(entry.value, set()).add(source.name)
    hosts = random.sample(sorted(reference), 40_000)
    asked = hosts + [f"www.{host}" for host in hosts[:30_000]] + [f"x{host}" for host in hosts[:30_000]]
    for host in asked:
        expected: set[tuple[str, str]] = set()
        parent = host
        while parent:
            expected |= {(name, parent) for name in reference.get(parent, ())}
            parent = "" if _is_ip(host) else parent.partition(".")[2]
        assert {(match.source, match.entry) for match in database.match(host)} == expected


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
