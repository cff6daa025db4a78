from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from safeguard import Category, DataError, Guard
from safeguard.page.aggregate import FEATURES, MANIFEST, features, is_block, load_aggregation, log_odds

HARM = "Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn mỗi ngày, cá cược bóng đá nhận thưởng ngay hôm nay"
GOOD = "Trường tiểu học Kim Đồng thông báo lịch nghỉ Tết, phụ huynh đón các em lúc 16 giờ 30 tại cổng trường."


def page(*paragraphs: str) -> bytes:
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs).encode()


def test_features() -> None:
    known = features(np.array([0.5, 0.0]), np.array([[0.9, 0.1], [0.5, 0.1]]), [30, 10], 80)
    assert known.shape == (2, len(FEATURES))
    whole, strongest, mean, share = known[0]
    assert whole == 0
    assert strongest == pytest.approx(float(log_odds(np.array(0.9))))
    assert mean == pytest.approx(strongest * 0.75)
    assert share == pytest.approx(30 / 80)
    assert np.isfinite(known).all()


def test_a_page_without_blocks_is_its_whole_text() -> None:
    (row,) = features(np.array([0.8]), np.array([]), [], 12)
    assert row.tolist() == [row[0], row[0], row[0], 1.0]


@pytest.mark.parametrize(("text", "block"), [("one two three", False), ("a " * 19, False), ("a " * 20, True)])
def test_a_block_has_twenty_words(text: str, block: bool) -> None:
    assert is_block(text) is block


def test_harm_is_not_lost_among_good_paragraphs_nor_found_where_there_is_none(guard: Guard) -> None:
    def score(*paragraphs: str) -> float:
        return guard.check_page(page(*paragraphs), content_type="text/html").scores[Category.GAMBLING]

    assert score(HARM) > 0.9
    assert score(GOOD, HARM, HARM + " nhé") > score(GOOD, HARM) > score(GOOD, GOOD + " Cảm ơn")
    assert score(GOOD) < 0.01


def test_a_page_that_is_stopped_says_what_found_it(guard: Guard) -> None:
    verdict = guard.check_page(page(GOOD, HARM, HARM + " nhé"), content_type="text/html")
    (finding,) = [finding for finding in verdict.findings if finding.source.startswith("model/page@")]
    assert (finding.category, finding.score) == verdict.top


def test_an_empty_page_has_no_scores(guard: Guard) -> None:
    assert guard.check_page(b"<p></p>", content_type="text/html").top is None


@pytest.mark.parametrize(
    "change", [{"features": ["other"]}, {"weights": "x"}, {"bias": None}, {"version": None, "weights": [[]]}]
)
def test_damaged_weights_are_an_error(tmp_path: Path, change: dict[str, object]) -> None:
    good = {"version": "1", "features": list(FEATURES), "weights": [1, 1, 1, 1], "bias": 0}
    (tmp_path / MANIFEST).write_text(json.dumps(good))
    assert load_aggregation(tmp_path).bias == 0
    (tmp_path / MANIFEST).write_text(json.dumps(good | change))
    with pytest.raises(DataError):
        load_aggregation(tmp_path)


def test_missing_weights_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        load_aggregation(tmp_path)
