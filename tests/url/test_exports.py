from __future__ import annotations

import json
from pathlib import Path

import pytest
from components import require
from playwright.sync_api import sync_playwright

from safeguard.taxonomy import Category
from safeguard.url.compiler import Source, compile_lists
from safeguard.url.database import CurrentLists, ListDatabase, SeedDatabase
from safeguard.url.exports import Export, listed, write
from safeguard.url.formats import Entry, Format, Kind, ListReader

SEED = SeedDatabase({"seed.test": frozenset({Category.GAMBLING}), "other.test": frozenset({Category.DATING})}, "seed")
# In which of our own formats what was written can be read again.
READ_AGAIN = {
    Export.RPZ: Format.RPZ,
    Export.DNSMASQ: Format.DNSMASQ,
    Export.UNBOUND: Format.UNBOUND,
    Export.ADGUARD: Format.ADBLOCK,
    Export.HOSTS: Format.HOSTS,
    Export.SQUID: Format.DOMAINS,
}


@pytest.fixture
def database(tmp_path: Path) -> ListDatabase:
    texts = {
        "gambling": "a.test\nwww.a.test\nfull:exact.test\nb.test/path\n192.0.2.0/24\n198.51.100.7\nopen.test\n",
        "dating": "c.test\n",
        "keep": "open.test\n",
    }
    sources = []
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        sources.append(Source(name, None if name == "keep" else Category(name), tmp_path / name))
    compile_lists(sources, tmp_path / "lists")
    lists = CurrentLists(tmp_path / "lists")
    lists.refresh()
    assert lists.database is not None
    return lists.database


def test_what_is_listed(database: ListDatabase) -> None:
    assert sorted(listed(database, SEED, [Category.GAMBLING])) == sorted(
        [
            (Kind.HOST, "seed.test"),
            (Kind.HOST, "a.test"),
            (Kind.EXACT, "exact.test"),
            (Kind.URL, "b.test/path"),
            (Kind.NETWORK, "192.0.2.0/24"),
            (Kind.HOST, "198.51.100.7"),
        ]
    )
    assert sorted(listed(None, SEED, list(Category))) == [(Kind.HOST, "other.test"), (Kind.HOST, "seed.test")]


@pytest.mark.parametrize("form", READ_AGAIN)
def test_what_is_written_can_be_read_again(database: ListDatabase, form: Export, tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text("\n".join(write(listed(database, SEED, [Category.GAMBLING]), form)) + "\n", encoding="utf-8")
    reader = ListReader(path, READ_AGAIN[form])
    entries = set(reader)
    assert not reader.unsupported
    names = {entry.value for entry in entries}
    assert {"a.test", "seed.test"} <= names
    assert not names & {"open.test", "other.test", "c.test"}
    if form not in (
        Export.HOSTS,
        Export.RPZ,
    ):  # hosts(5) has no subdomains; RPZ names a host and what is below it apart
        assert Entry(Kind.HOST, "a.test") in entries


@pytest.mark.parametrize("form", Export)
def test_what_cannot_be_said_is_counted(database: ListDatabase, form: Export) -> None:
    *_, last = write(listed(database, SEED, [Category.GAMBLING]), form)
    assert "left out" in last


def test_a_browser_follows_the_pac_file(database: ListDatabase) -> None:
    script = "\n".join(write(listed(database, SEED, [Category.GAMBLING]), Export.PAC))
    hosts = ["a.test", "x.y.A.test", "aa.test", "test", "seed.test.other", "constructor", "www.seed.test"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require("chromium"), args=["--no-sandbox"])
        found = browser.new_page().evaluate(
            f"() => {{ {script}\nreturn {json.dumps(hosts)}.map(host => FindProxyForURL('', host)) }}"
        )
        browser.close()
    assert [answer != "DIRECT" for answer in found] == [True, True, False, False, False, False, True]
