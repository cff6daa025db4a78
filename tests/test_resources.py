from __future__ import annotations

from pathlib import Path

import pytest

from safeguard.errors import DataError
from safeguard.resources import load_toml, models_dir, rules_dir, state_dir


def test_rules_and_models_are_there() -> None:
    assert (rules_dir() / "categories.toml").is_file()
    assert (models_dir() / "text" / "manifest.json").is_file()


def test_state_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFEGUARD_HOME", str(tmp_path))
    assert state_dir() == tmp_path
    monkeypatch.delenv("SAFEGUARD_HOME")
    assert state_dir().name == "safeguard"


@pytest.mark.parametrize(
    ("content", "message"), [(None, "cannot read"), (b"x = ", "not valid TOML"), (b"\xff", "not valid")]
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "file.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_toml(path)
