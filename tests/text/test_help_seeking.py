from __future__ import annotations

from pathlib import Path

import pytest

from safeguard import Category, DataError, Guard
from safeguard.text.help_seeking import HelpSeeking


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Em chỉ muốn chết thôi", Category.SELF_HARM),
        ("khong muon song nua", Category.SELF_HARM),
        ("how to kill myself", Category.SELF_HARM),
        ("I don't want to live", Category.SELF_HARM),
        ("em bị dọa tung ảnh thì làm sao", Category.GROOMING),
        ("a man I met online is blackmailing me. he is blackmailing me for money", Category.GROOMING),
        ("tự tử là gì", None),
        ("phòng chống tự tử ở học sinh", None),
        ("cười muốn chết luôn", None),
        ("nóng muốn chết", None),
        ("how to kill a process in linux", None),
        ("truyện Chí Phèo tự sát", None),
        ("my phone died", None),
        ("", None),
    ],
)
def test_calls_for_help_are_told_from_talk_about_the_subject(
    guard: Guard, text: str, category: Category | None
) -> None:
    assert guard.hear_help(text) is category


@pytest.mark.parametrize("content", ["[no_category]\nvi = []\nen = []", "[self_harm]\nvi = []", "self_harm = 1"])
def test_a_damaged_file_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "help.toml"
    path.write_text(content)
    with pytest.raises(DataError):
        HelpSeeking(path)
