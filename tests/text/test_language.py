from __future__ import annotations

import pytest

from safeguard.text.language import guess_languages
from safeguard.text.normalize import fold


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hôm nay trời đẹp quá", "vi"),
        ("hom nay minh khong di hoc duoc vi bi om", "vi"),
        ("mk ko bik nua bn oi", "vi"),
        ("The weather is nice today and we are going out", "en"),
        ("At the café in Zürich they sell crème brûlée and it was very nice for a naïve visitor", "en"),
        ("phim hay việt nam full hd", "vi"),
        ("Professor Nguyễn gave a talk about rivers and the people who live beside them in the north", "en"),
        ("12345", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert guess_languages(fold([text])) == [language]


def test_each_text_of_a_batch_has_its_own() -> None:
    folded = fold(["Xin chào các bạn", "Good morning to you all"])
    assert guess_languages(folded) == ["vi", "en"]
