from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator

from safeguard.text.features import BITS, POWER
from safeguard.train.vectorizer import NgramVectorizer

TEXTS = ["nhà cái uy tín", "thời khóa biểu lớp 7", "", "free spins tonight"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_own_checks_pass() -> None:
    results = check_estimator(NgramVectorizer(), on_skip=None, on_fail=None)
    assert [result["check_name"] for result in results if result["status"] == "failed"] == []


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_valid_tag_types,
    ],
)
def test_checks_that_are_not_made_for_estimators_of_texts(check: Callable[[str, object], None]) -> None:
    check("NgramVectorizer", NgramVectorizer())


def test_rows_are_the_worth_of_n_grams_over_a_power_of_their_number() -> None:
    matrix = NgramVectorizer(rarity=False).fit_transform(TEXTS)
    assert matrix.shape == (4, 1 << BITS)
    counts = np.diff(matrix.indptr)
    assert counts[2] == 0
    assert np.allclose(matrix.data, np.repeat(np.maximum(counts, 1) ** -POWER, counts))


def test_fit_then_transform_is_fit_transform() -> None:
    vectorizer = NgramVectorizer()
    together = vectorizer.fit_transform(TEXTS)
    assert (vectorizer.transform(TEXTS) != together).nnz == 0
    assert (clone(vectorizer).fit(TEXTS).transform(TEXTS) != together).nnz == 0


def test_it_works_in_a_pipeline() -> None:
    pipeline = make_pipeline(NgramVectorizer(), LogisticRegression(C=100.0)).fit(TEXTS, [1, 0, 0, 1])
    assert pipeline.predict(["nhà cái", "lớp 7"]).tolist() == [1, 0]


def test_misuse_is_refused() -> None:
    with pytest.raises(NotFittedError):
        NgramVectorizer().transform(TEXTS)
    for wrong in ("một chuỗi", [b"bytes"], [1, 2]):
        with pytest.raises(TypeError, match="sequence of texts"):
            NgramVectorizer().fit(wrong)
