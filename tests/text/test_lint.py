from __future__ import annotations

from pathlib import Path

import pytest

from safeguard.errors import DataError
from safeguard.text.lint import lint

HEAD = 'language = "vi"\ncategory = "hate"\nbasis = "hate_harassment_of_persons"\nsource = "test"\ndate = 2026-01-01\n'


def sentences(folder: Path, entries: str, head: str = HEAD, name: str = "vi/hate", words: tuple[str, ...] = ()) -> str:
    path = folder / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(head + entries, encoding="utf-8")
    return " ".join(map(str, lint(folder, words)))


def test_the_shipped_packs_are_sound() -> None:
    assert lint() == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('phrases = ["người đồng tính"]', "may never be a rule: gender"),
        ('phrases = ["bọn công giáo kia"]', "may never be a rule: religion"),
        ('phrases = ["đảng và nhà nước"]', "may never be a rule: praise or criticism"),
        ('phrases = ["nguoi dong tinh"]\nview = "plain"', ""),  # without accents it is other words: the lists have them
        ('phrases = ["giết hết bọn công giáo"]', ""),  # a word of harm beside it
        ('phrases = ["bắn"]', "everyday language in the view accented"),
        ('phrases = ["bắn"]\nneeds = ["giết"]', ""),
        ('phrases = ["ban"]\nview = "plain"', "everyday language in the view plain"),
        ('phrases = ["làm quen"]\nview = "both"', "everyday language in the view both"),
        ('phrases = ["giết sạch lũ đó", "GIẾT sạch  lũ đó"]', "stands twice"),
        ("patterns = [{ match = 'lũ (?:khoá|đó)', anchors = ['lũ'] }]", "'khoá' in a pattern never matches"),
        ("patterns = [{ match = 'lũ \\w+ đó', anchors = ['Lũ'] }]", "'Lũ' in a pattern never matches"),
        ("patterns = [{ match = 'lũ (?:chó|mèo)', anchors = ['lũ'] }]", ""),
        ("patterns = [{ match = 'lũ (?:\\w+ )*chó', anchors = ['lũ'] }]", "can take very long"),
        ("patterns = [{ match = 'lũ (?:\\w+ ){0,3}chó', anchors = ['lũ'] }]", ""),
        ('phrases = ["!!!"]', "cannot match"),
        ("patterns = [{ match = '(', anchors = ['a'] }]", "pattern"),
    ],
)
def test_what_is_refused(tmp_path: Path, entry: str, said: str) -> None:
    found = sentences(tmp_path, f"[[entries]]\nweight = 1\n{entry}\n")
    assert said in found
    assert bool(found) == bool(said)


def test_a_phrase_that_looks_like_another_word_without_accents(tmp_path: Path) -> None:
    entry = '[[entries]]\nweight = 1\nview = "both"\nphrases = ["lũ đần"]\n'
    assert sentences(tmp_path, entry) == ""
    assert "may be 'lu dân'" in sentences(tmp_path, entry, words=("lu dân", "lũ đần"))


@pytest.mark.parametrize(
    ("head", "name", "said"),
    [
        (HEAD, "vi/scam", "it says that it is vi/hate"),
        (HEAD.replace("hate_harassment_of_persons", "politics"), "vi/hate", "basis"),
        (HEAD.replace("hate_harassment_of_persons", "substance"), "vi/hate", "basis"),
        (HEAD.replace('"hate"', '"politics"'), "vi/politics", "category"),
        (HEAD.replace('source = "test"\n', ""), "vi/hate", "source"),
        (HEAD.replace("date = 2026-01-01\n", ""), "vi/hate", "date"),
    ],
)
def test_a_pack_needs_a_category_with_its_basis_a_source_and_a_date(
    tmp_path: Path, head: str, name: str, said: str
) -> None:
    assert said in sentences(tmp_path, '[[entries]]\nweight = 1\nphrases = ["lũ chó"]\n', head, name)


def test_every_bad_pack_is_named(tmp_path: Path) -> None:
    sentences(tmp_path, '[[entries]]\nweight = 9\nphrases = ["x y"]\n')
    found = sentences(tmp_path, "nonsense", name="vi/scam")
    assert "vi/hate" in found
    assert "vi/scam" in found


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no phrase packs"):
        lint(tmp_path)
