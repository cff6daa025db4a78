from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """
timezone = "Asia/Ho_Chi_Minh"
[[clients]]
address = "10.0.0.5"
profile = "primary"
[[clients]]
address = "10.0.0.9"
profile = "staff"
[[clients]]
address = "10.0.0.4"
profile = "early_years"
[[hours]]
closed = ["22:00-06:00"]
[[services]]
closed = ["tiktok"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "proxy.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def policy(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "safeguard.cli", "policy", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"SAFEGUARD_HOME": str(home), "PATH": "", "PYTHONUTF8": "1", "COLUMNS": "200"},
        timeout=60,
    )


@pytest.mark.parametrize(
    ("url", "who", "at", "layer", "action"),
    [
        ("https://site.test/", "10.0.0.5", "2026-11-24T21:59", "address", "allow"),
        ("https://site.test/", "10.0.0.5", "2026-11-24T22:01", "hours", "block"),
        ("https://tongdai111.vn/", "10.0.0.5", "2026-11-24T22:01", "address", "allow"),
        ("https://site.test/", "10.0.0.9", "2026-11-24T22:01", "address", "allow"),
        ("https://www.tiktok.com/", "10.0.0.5", "2026-11-24T12:00", "services", "block"),
        ("https://www.tiktok.com/", "10.0.0.9", "2026-11-24T12:00", "address", "allow"),
        ("https://site.test/", "10.0.0.4", "2026-11-24T12:00", "allow_list", "block"),
        ("https://bet365.com/", "10.0.0.7", "2026-11-24T12:00", "address", "block"),
    ],
)
def test_which_layer_decides(
    config: Path, tmp_path: Path, url: str, who: str, at: str, layer: str, action: str
) -> None:
    result = policy(tmp_path, "explain", url, "--config", str(config), "--who", who, "--at", at, "--json")
    answer = json.loads(result.stdout)
    assert (answer["layer"], answer["action"]) == (layer, action)
    assert answer["reason"]


def test_it_is_told_in_words_too(config: Path, tmp_path: Path) -> None:
    options = ["--config", str(config), "--who", "10.0.0.5", "--at", "2026-11-24T12:00"]
    said = policy(tmp_path, "explain", "https://www.google.com/search?q=a", *options).stdout
    assert "10.0.0.5 has this profile" in said
    assert "goes out as https://www.google.com/search?q=a&safe=active" in said
    assert "judged when it comes" in said
    said = policy(tmp_path, "explain", "bet365.com", "--config", str(config), "--at", "2026-11-24T12:00").stdout
    assert "hosts/seed#bet365.com" in said


def test_profiles_are_shown(tmp_path: Path) -> None:
    assert "safe search" in policy(tmp_path, "show").stdout
    shown = json.loads(policy(tmp_path, "show", "--json").stdout)
    assert shown["primary"]["responses"]["gambling"]["action"] == "block"


def test_a_configuration_is_checked(config: Path, tmp_path: Path) -> None:
    assert "sound" in policy(tmp_path, "check", "--config", str(config)).stdout
    config.write_text("[[hours]]\nclosed = ['25:00-06:00']\n", encoding="utf-8")
    result = policy(tmp_path, "check", "--config", str(config))
    assert result.returncode == 2
    assert "hours.0.closed.0" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["explain", "https://a.test/", "--at", "tonight"], "'tonight' is not a time"),
        (["explain", "not an address"], "not a host name"),
        (["check", "--config", "/nowhere.toml"], "/nowhere.toml"),
    ],
)
def test_mistakes_get_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    result = policy(tmp_path, *arguments)
    assert result.returncode == 2
    assert sentence in result.stderr
