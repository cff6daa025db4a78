from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safeguard.errors import DataError
from safeguard.text.normalize import fold
from safeguard.text.phrases import Pattern, PhraseMatcher, load_pack, load_packs, phrase_evidence

HEAD = 'language = "vi"\ncategory = "gambling"\nbasis = "gambling_money"\nsource = "test"\ndate = 2026-01-01\n'
PACK = (
    HEAD
    + """
cancelled_by = ["cảnh báo"]
[[entries]]
weight = 3
view = "both"
phrases = ["nhà cái uy tín"]
[[entries]]
weight = 1
view = "accented"
phrases = ["kèo thơm"]
needs = ["tỷ lệ"]
[[entries]]
weight = 2
view = "plain"
phrases = ["nha cai"]
cancelled_by = []
[[entries]]
weight = 2
patterns = [{ match = 'nạp (?:lần )?đầu', anchors = ["nạp"] }]
"""
)


@pytest.fixture
def matcher(tmp_path: Path) -> PhraseMatcher:
    (tmp_path / "vi").mkdir()
    (tmp_path / "vi" / "gambling.toml").write_text(PACK, encoding="utf-8")
    return PhraseMatcher(load_packs(tmp_path))


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("Nhà cái uy tín số 1", [3]),
        ("NHÀ CÁI UY TÍN", [3]),
        ("nha cai uy tin so 1", [2, 3]),
        ("nhà cải uỷ tin", []),  # other accents are other words
        ("Cảnh báo: tin nhắn mời vào nhà cái uy tín", []),
        ("Canh bao nha cai uy tin", [2]),  # a warning counts without accents too, but for the entry that ignores it
        ("Cảnh báo lũ quét. " + "Trời mưa to. " * 12 + "Nhà cái uy tín", [3]),
        ("kèo thơm quá", []),
        ("kèo thơm, tỷ lệ cao", [1]),
        ("nạp đầu và nạp lần đầu", [2, 2]),
        ("nhà. Cái uy tín", []),
        ("nhà cái uy tíng", []),
    ],
)
def test_what_hits(matcher: PhraseMatcher, text: str, weights: list[int]) -> None:
    assert sorted(hit.weight for hit in matcher.find(fold([text]))) == weights


def test_context_words_that_look_alike_without_accents_all_count(tmp_path: Path) -> None:
    other = HEAD.replace('"gambling"', '"scam"').replace("gambling_money", "fraud_malware")
    for name, text in (
        ("gambling", PACK),
        ("scam", other + '[[entries]]\nweight = 1\nphrases = ["x y"]\nneeds = ["canh bao"]'),
    ):
        (tmp_path / "vi").mkdir(exist_ok=True)
        (tmp_path / "vi" / f"{name}.toml").write_text(text, encoding="utf-8")
    both = PhraseMatcher(load_packs(tmp_path))
    assert [hit.weight for hit in both.find(fold(["canh bao nha cai uy tin"]))] == [2]


def test_hits_belong_to_their_text_and_context_does_not_leak(matcher: PhraseMatcher) -> None:
    hits = matcher.find(fold(["Cảnh báo", "nhà cái uy tín", "", "nhà cái uy tín"]))
    assert [hit.text for hit in hits] == [1, 3]


def test_evidence_counts_a_phrase_once(matcher: PhraseMatcher) -> None:
    folded = fold(["nhà cái uy tín " * 5 + "nạp đầu"])
    assert list(phrase_evidence(folded, matcher.find(folded)).values()) == [5.0]


@pytest.mark.parametrize(
    ("pack", "message"),
    [
        (HEAD.replace("gambling_money", "sexual") + "entries = []", "basis"),
        (HEAD + '[[entries]]\nweight = 4\nphrases = ["a b"]', "entries.0.weight"),
        (HEAD + '[[entries]]\nwieght = 1\nphrases = ["a b"]', "entries.0"),
        (HEAD + "[[entries]]\nweight = 1\npatterns = [{ match = 'a b', anchors = [] }]", "anchors"),
        ("not toml [", "not valid TOML"),
    ],
)
def test_a_bad_pack_is_refused(tmp_path: Path, pack: str, message: str) -> None:
    path = tmp_path / "gambling.toml"
    path.write_text(pack, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_pack(path)


@pytest.mark.parametrize("phrase", ["", "!!!", "một. Hai"])
def test_a_phrase_that_cannot_match_is_refused(tmp_path: Path, phrase: str) -> None:
    path = tmp_path / "gambling.toml"
    path.write_text(HEAD + f'[[entries]]\nweight = 1\nphrases = ["{phrase}"]', encoding="utf-8")
    with pytest.raises(DataError, match="cannot match"):
        PhraseMatcher([load_pack(path)]).build()


def test_a_pattern_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "gambling.toml"
    pattern = "{ match = '(?:a|a)+(?:a|a)+(?:a|a)+x', anchors = ['a'] }"
    path.write_text(HEAD + f"[[entries]]\nweight = 1\npatterns = [{pattern}]", encoding="utf-8")
    assert PhraseMatcher([load_pack(path)]).find(fold(["aa " * 3 + "ab" * 2 + "a" * 2 + "ba" * 50_000])) == []


def test_the_shipped_packs_load() -> None:
    packs = load_packs()
    assert {pack.language for pack in packs} == {"vi", "en"}
    PhraseMatcher(packs).build()


SHIPPED_PATTERNS = [
    pytest.param(pattern, id=f"{pack.name}-{pattern.match[:30]}")
    for pack in load_packs()
    for entry in pack.entries
    for pattern in entry.patterns
]


@pytest.mark.parametrize("pattern", SHIPPED_PATTERNS)
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_a_shipped_pattern_matches_holds_an_anchor(pattern: Pattern, data: st.DataObject) -> None:
    spaced = pattern.match.replace(".{", "[ ]{")  # what stands between words there
    matched = data.draw(st.from_regex(re.compile(spaced), fullmatch=True))
    assert any(re.search(rf"(?<!\w){re.escape(anchor)}(?!\w)", matched) for anchor in pattern.anchors), matched
