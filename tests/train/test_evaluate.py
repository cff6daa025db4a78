from __future__ import annotations

from random import Random

import numpy as np
import pytest

from safeguard.text.normalize import fold
from safeguard.train.attacks import attacks
from safeguard.train.evaluate import Share, calibration_error


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 25, 0.0, 0.133), (25, 25, 0.867, 1.0), (5, 10, 0.237, 0.763)],  # Wilson 1927, as tabulated
)
def test_intervals(hits: int, of: int, low: float, high: float) -> None:
    assert Share(hits, of).interval == pytest.approx((low, high), abs=0.001)


def test_calibration_error_is_nought_for_true_odds_and_large_for_false_ones() -> None:
    truth = np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 0] * 10)
    assert calibration_error(np.full(100, 0.1), truth) == pytest.approx(0, abs=1e-9)
    assert calibration_error(np.full(100, 0.9), truth) == pytest.approx(0.8)


@pytest.mark.parametrize("name", ["raw Telex keys", "raw VNI keys", "zero-width characters", "look-alike letters"])
def test_attacks_that_folding_undoes(name: str) -> None:
    text = "Đường dây đánh bạc này đã lừa nhiều người tiền triệu"
    disguised = attacks("vi")[name](text, Random(1))
    assert disguised != text
    assert fold([disguised]).show() == fold([text]).show()


LONG = {
    "vi": "nhà cái uy tín không lừa được người chơi, nhiều bạn học sinh cũng biết vậy",
    "en": "free spins for every new player who signs up before midnight with this link",
}


def test_every_attack_changes_the_text() -> None:
    for language, text in LONG.items():
        for name, attack in attacks(language).items():
            assert attack(text, Random(3)) != text, name
