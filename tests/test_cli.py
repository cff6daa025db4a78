from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HARM = "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn, cá cược bóng đá, tài xỉu online, rút tiền 24/7"
GOOD = "Hôm nay lớp mình học về quang hợp."


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "safeguard.cli", *arguments], input=stdin, capture_output=True, timeout=120
    )


def test_check_explains() -> None:
    result = run("check", HARM)
    assert result.returncode == 0
    text = result.stdout.decode()
    assert "BLOCK" in text
    assert "Cờ bạc" in text
    assert "phrases/vi/gambling#" in text


def test_check_prints_json() -> None:
    answer = json.loads(run("check", HARM, "--json", "--profile", "staff").stdout)
    assert answer["category"] == "gambling"
    assert answer["action"] == "warn"


def test_check_reads_files_pages_addresses_and_standard_input(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(HARM, encoding="utf-8")
    (tmp_path / "page.html").write_text(f"<p>{HARM}</p>", encoding="utf-8")
    for target in (tmp_path / "text.txt", tmp_path / "page.html"):
        assert json.loads(run("check", str(target), "--json").stdout)["category"] == "gambling"
    assert json.loads(run("check", "-", "--json", stdin=HARM.encode()).stdout)["category"] == "gambling"
    assert json.loads(run("check", "pornhub.com", "--json").stdout)["category"] == "sexual"
    assert json.loads(run("check", "https://school.test/x", "--json").stdout)["action"] == "allow"


def test_a_long_sentence_is_a_text_and_no_file_name() -> None:
    assert run("check", "Hôm nay lớp mình học về quang hợp, " * 20).returncode == 0


def test_bad_input_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "binary.txt").write_bytes(b"abc\x00def")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 cr\xe8me")
    (tmp_path / "large.txt").write_bytes(b"word " * 10_000_000)
    (tmp_path / "config.toml").write_text("profil = 1", encoding="utf-8")
    (tmp_path / "damaged.toml").write_text("profile = ", encoding="utf-8")
    (tmp_path / "nobody.toml").write_text('profile = "nobody"', encoding="utf-8")
    commands = {
        ("check", ""): "empty",
        ("check", "   "): "empty",
        ("check", HARM, "--profile", "nobody"): "unknown profile 'nobody'",
        ("check", HARM, "--language", "fr"): "'fr'",
        ("check", str(tmp_path / "binary.txt")): "NUL",
        ("check", str(tmp_path / "latin.txt")): "not UTF-8",
        ("check", str(tmp_path / "large.txt")): "characters",
        ("check", str(tmp_path / "nothing.txt")): "there is no file",
        ("check", str(tmp_path)): "is a folder",
        ("check", "http://"): "not an address",
        ("scan", str(tmp_path / "nothing.jsonl")): "cannot read",
        ("scan", "-", "--profile", "nobody"): "unknown profile",
        ("scan", "-", "--jobs", "0"): "jobs",
        ("scan", "-", "--out", "/no/such/folder/out.jsonl"): "cannot write",
        ("proxy", "--config", str(tmp_path / "nothing.toml")): "cannot read the configuration",
        ("proxy", "--config", str(tmp_path / "config.toml")): "profil: there is no such setting",
        ("proxy", "--config", str(tmp_path / "damaged.toml")): "not valid TOML",
        ("proxy", "--config", str(tmp_path / "nobody.toml"), "--listen", "127.0.0.1:0"): "unknown profile",
        ("proxy", "--listen", "nonsense"): "HOST:PORT",
        ("nonsense",): "nonsense",
    }
    for command, message in commands.items():
        result = run(*command)
        complaint = result.stderr.decode()
        assert result.returncode == 2, (command, complaint)
        assert message in complaint, (command, complaint)
        assert complaint.count("\n") == 1, (command, complaint)
        assert "Traceback" not in complaint


def test_scan_writes_in_order_and_its_exit_code_tells(tmp_path: Path) -> None:
    lines = [{"id": "a", "text": HARM}, {"id": "b", "text": GOOD}]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    good = run("scan", str(source), "--out", str(tmp_path / "out.jsonl"))
    assert good.returncode == 0
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [answer["action"] for answer in written] == ["block", "allow"]
    same = run("scan", str(source), "--out", str(source))
    assert same.returncode == 2
    assert len(source.read_text(encoding="utf-8").splitlines()) == 2, "the input is untouched"
    bad = run("scan", "-", stdin=source.read_bytes() + b"broken\n")
    assert bad.returncode == 1
    assert len(bad.stdout.splitlines()) == 3


def test_a_text_is_explained_word_by_word() -> None:
    text = "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn mỗi ngày"
    why = json.loads(run("check", text, "--json").stdout)["explanation"]
    strongest = why["words"][0]
    assert why["category"] == "gambling"
    assert "nạp đầu" in text[strongest["start"] : strongest["end"]]
    assert "casino_games" in [idea["name"] for idea in why["ideas"]]
    shown = run("check", text).stdout.decode()
    assert "Vì sao (Cờ bạc" in shown
    assert "+ mời nạp, rút tiền và nhận thưởng nạp: nạp đầu" in shown


def test_lint_names_every_fault(tmp_path: Path) -> None:
    assert run("lint").returncode == 0
    (tmp_path / "vi").mkdir()
    (tmp_path / "vi" / "gambling.toml").write_text(
        'language = "vi"\ncategory = "gambling"\nbasis = "gambling_money"\nsource = "x"\ndate = 2026-01-01\n'
        '[[entries]]\nweight = 1\nphrases = ["đảng", "chơi"]\n',
        encoding="utf-8",
    )
    result = run("lint", str(tmp_path))
    assert result.returncode == 2
    said = result.stderr.decode().splitlines()
    assert len(said) == 3
    assert "'đảng' may never be a rule" in said[0]
    assert "'chơi' is everyday language" in said[1]
    assert said[2] == "safeguard: 2 faults in the phrase packs."


@pytest.mark.parametrize("command", ["check", "scan", "proxy", "train", "evaluate", "lint"])
def test_every_command_has_help(command: str) -> None:
    result = run(command, "--help")
    assert result.returncode == 0
    assert b"Usage" in result.stdout


def test_the_version() -> None:
    assert run("--version").stdout.startswith(b"safeguard 0.")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text((json.dumps({"id": 1, "text": GOOD}) + "\n") * 500, encoding="utf-8")
    command = f'"{sys.executable}" -m safeguard.cli scan "{source}" | head -n 1'
    result = subprocess.run(command, shell=True, capture_output=True, timeout=120, env=os.environ)
    assert b"Traceback" not in result.stderr
