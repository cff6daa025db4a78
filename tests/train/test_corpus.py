from __future__ import annotations

from pathlib import Path

import pytest

from safeguard.errors import DataError
from safeguard.taxonomy import Category, text_categories
from safeguard.train.corpus import read_corpus

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "models" / "corpus"


def test_every_category_and_language_has_harmful_and_good_texts() -> None:
    texts = read_corpus(CORPUS)
    for language in ("vi", "en"):
        for category in text_categories():
            about = [text for text in texts if text.language == language and text.about == category]
            assert sum(category in text.labels for text in about) >= 60, f"{language} {category}"
            assert sum(not text.labels for text in about) >= 60, f"{language} {category}"
        assert sum(text.language == language and text.about == "ordinary" for text in texts) >= 300
        assert sum(text.language == language and text.about == "civic" for text in texts) >= 100


def test_pages_about_no_harm_carry_no_label() -> None:
    for text in read_corpus(CORPUS):
        if text.about in ("ordinary", "civic"):
            assert not text.labels


def test_what_is_learned_from_names_no_host_that_could_be_real() -> None:
    import regex

    host = regex.compile(
        r"(?<![@\w.])(?:[a-z0-9-]+\.)+(?:com|net|org|vn|info|xyz|top|club|vip|io|tv)\b", regex.IGNORECASE
    )
    named = {match.group() for text in read_corpus(CORPUS) for match in host.finditer(text.text)}
    assert named == set()


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("gambling", "not json", "gambling.jsonl:1"),
        ("gambling", '{"harm": true, "style": "x"}', "text"),
        ("gambling", '{"harm": true, "style": "x", "text": "t", "more": 1}', "more"),
        ("ordinary", '{"harm": true, "style": "x", "text": "t"}', "ordinary"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, name: str, line: str, message: str) -> None:
    (tmp_path / "vi").mkdir()
    (tmp_path / "vi" / f"{name}.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_corpus(tmp_path)


def test_labels(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "scam.jsonl").write_text(
        '{"harm": true, "style": "x", "text": "a", "also": ["gambling"]}\n{"harm": false, "style": "x", "text": "b"}\n',
        encoding="utf-8",
    )
    first, second = read_corpus(tmp_path)
    assert first.labels == {Category.SCAM, Category.GAMBLING}
    assert second.labels == frozenset()
