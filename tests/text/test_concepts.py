from __future__ import annotations

from pathlib import Path

import pytest

from safeguard.errors import DataError
from safeguard.text.concepts import Concept, ConceptMatcher, load_concepts
from safeguard.text.normalize import fold

MATCHER = ConceptMatcher()


def found(text: str) -> set[str]:
    return {hit.concept.name for hit in MATCHER.find(fold([text]))}


def test_an_idea_is_found_in_both_languages_and_without_accents() -> None:
    for text in ("đừng nói với ai nhé", "dung noi ai nha", "it is our little secret ok"):
        assert "secrecy" in found(text)
    assert found("trời mưa") == set()


def test_of_overlapping_forms_the_longest_counts() -> None:
    concept = Concept.model_validate(
        {"name": "gift", "reason": {}, "vi": {"accented": ["quà", "quà tặng", "tặng kèm"]}, "en": {}}
    )
    folded = fold(["nhận quà tặng kèm nhé"])
    (hit,) = ConceptMatcher([concept]).find(folded)
    assert folded.span(0, hit.first, hit.last) == (5, 13)


def test_every_concept_says_its_reason_in_both_languages() -> None:
    for concept in load_concepts():
        assert set(concept.reason) == {"vi", "en"}, concept.name


def test_a_file_that_is_no_concept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no concepts"):
        load_concepts(tmp_path)
    (tmp_path / "odd.toml").write_text("reason = 1", encoding="utf-8")
    with pytest.raises(DataError, match=r"odd\.toml"):
        load_concepts(tmp_path)
