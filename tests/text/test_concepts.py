from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from safeguard.errors import DataError
from safeguard.text.concepts import ConceptMatcher, feature_names, load_concepts
from safeguard.text.lexicon import Lexicon
from safeguard.text.normalize import fold


def found(texts: list[str]) -> list[set[str]]:
    lexicon: Lexicon[Any] = Lexicon()
    matcher = ConceptMatcher(load_concepts(), lexicon)
    folded = fold(texts)
    concepts, places = matcher.select(lexicon.find(folded))
    names = feature_names(matcher.concepts)
    assert len(names) == matcher.features
    present = matcher.present(concepts, places, folded.edges)
    return [{names[feature] for feature in present.get(number, ())} for number in range(len(texts))]


def test_an_idea_is_found_in_both_languages_and_without_accents() -> None:
    for text in ("đừng nói với ai nhé", "dung noi ai nha", "it is our little secret ok"):
        assert "secrecy" in found([text])[0]


def test_ideas_that_stand_together_are_a_pair_and_texts_do_not_leak() -> None:
    together, apart, other = found(
        ["giữ bí mật nhé, qua zalo", "giữ bí mật nhé" + " trời mưa" * 40 + " qua zalo", "trời mưa"]
    )
    assert "move_to_private+secrecy" in together
    assert {"move_to_private", "secrecy"} <= apart
    assert "move_to_private+secrecy" not in apart
    assert other == set()


def test_a_file_that_is_no_concept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no concepts"):
        load_concepts(tmp_path)
    (tmp_path / "odd.toml").write_text("reason = 1", encoding="utf-8")
    with pytest.raises(DataError, match=r"odd\.toml"):
        load_concepts(tmp_path)
