from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def lists(home: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "safeguard.cli", *arguments],
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"SAFEGUARD_HOME": str(home), "PATH": "", "PYTHONUTF8": "1"},
        timeout=120,
    )


def test_from_a_file_to_a_block(tmp_path: Path) -> None:
    """What a person does: add, update, look at it, ask, export, remove."""
    home, file = tmp_path / "home", tmp_path / "casinos.txt"
    file.write_text("0.0.0.0 casino.test\n0.0.0.0 zalo.me\n192.0.2.1 x.test\n", encoding="utf-8")
    assert "No subscriptions" in lists(home, "lists", "status").stdout
    added = lists(home, "lists", "add", str(file), "--category", "gambling")
    assert added.returncode == 0, added.stderr
    assert "not fetched yet" in lists(home, "lists", "status").stdout
    updated = lists(home, "lists", "update", "--json")
    assert updated.returncode == 0, updated.stderr
    (state,) = json.loads(updated.stdout)
    assert (state["entries"], state["held_back"], state["unsupported"]) == (2, ["zalo.me"], {"a redirection": 1})
    found = lists(home, "lists", "lookup", "-", given="www.casino.test\nzalo.me\n\nnot a host\n")
    assert [json.loads(line) for line in found.stdout.splitlines()][:2] == [
        {"host": "www.casino.test", "categories": ["gambling"], "sources": ["casinos"]},
        {"host": "zalo.me", "categories": [], "sources": []},
    ]
    assert "error" in found.stdout.splitlines()[2]
    assert "casinos#casino.test" in lists(home, "check", "https://casino.test/").stdout
    scanned = lists(home, "scan", "-", given='{"id": 1, "url": "https://casino.test/"}\n')
    assert json.loads(scanned.stdout)["action"] == "block"
    out = tmp_path / "rpz"
    assert lists(home, "lists", "export", "--format", "rpz", "--out", str(out)).returncode == 0
    assert "*.casino.test CNAME ." in out.read_text(encoding="utf-8").splitlines()
    assert lists(home, "lists", "remove", "casinos").returncode == 0
    assert "not listed" in lists(home, "lists", "lookup", "casino.test").stdout


def test_a_list_to_keep_open(tmp_path: Path) -> None:
    home, closed, kept = tmp_path / "home", tmp_path / "closed.txt", tmp_path / "kept.txt"
    closed.write_text("casino.test\n", encoding="utf-8")
    kept.write_text(
        "museum.casino.test\nbet365.com\nmalware.try.safeguard.test\nchild-exploitation.try.safeguard.test\n"
    )
    lists(home, "lists", "add", str(closed), "-c", "gambling")
    lists(home, "lists", "add", str(kept), "--allow")
    assert lists(home, "lists", "update").returncode == 0
    for address, action in (
        ("https://casino.test/", "block"),
        ("https://museum.casino.test/", "allow"),
        ("https://bet365.com/", "allow"),
        ("https://child-exploitation.try.safeguard.test/", "block"),
    ):
        answer = json.loads(lists(home, "check", address, "--json").stdout)
        assert answer["action"] == action, address


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lists", "update"], "no subscriptions yet"),
        (["lists", "update", "x"], "no subscriptions yet"),
        (["lists", "add", "/nowhere"], "no list '/nowhere'"),
        (["lists", "add", "ut1-adult", "--format", "word"], "word"),
        (["lists", "remove", "x"], "no list named 'x'"),
        (["lists", "lookup", "a b"], "not a host name"),
        (["lists", "export", "--format", "hosts", "--out", "/nowhere/x"], "cannot write /nowhere/x"),
    ],
)
def test_mistakes_get_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    result = lists(tmp_path, *arguments)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_list_that_fails_is_exit_code_1(tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_text("a.test\n", encoding="utf-8")
    lists(tmp_path / "home", "lists", "add", str(file), "-c", "scam")
    file.unlink()
    result = lists(tmp_path / "home", "lists", "update")
    assert result.returncode == 1
    assert "cannot be read" in result.stdout


def test_the_catalogue_names_licences(tmp_path: Path) -> None:
    result = lists(tmp_path, "lists", "catalogue", "--json")
    assert all(offer["licence"] for offer in json.loads(result.stdout).values())
