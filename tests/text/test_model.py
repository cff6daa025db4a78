from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from safeguard.errors import DataError
from safeguard.resources import models_dir
from safeguard.taxonomy import text_categories
from safeguard.text.model import MANIFEST, WEIGHTS, load_model
from safeguard.text.normalize import fold


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(models_dir() / "text", tmp_path / "text"))


def test_the_shipped_model_has_a_column_for_every_category_that_text_can_show() -> None:
    model = load_model()
    assert model.categories == text_categories()
    folded = fold(["xin chào", "", "good morning"])
    assert model.raw(folded, folded.edges).shape == (3, len(model.categories))


def test_weights_are_memory_mapped() -> None:
    assert isinstance(load_model()._weights, np.memmap)


def test_more_phrase_evidence_never_lowers_a_probability() -> None:
    model = load_model()
    raw = np.zeros((3, len(model.categories)))
    evidence = np.array([0.0, 1.0, 9.0])[:, None].repeat(len(model.categories), axis=1)
    for language in ("vi", "en"):
        assert (np.diff(model.probabilities(raw, evidence, language), axis=0) >= 0).all()


def test_altered_weights_are_refused(copy: Path) -> None:
    data = bytearray((copy / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (copy / WEIGHTS).write_bytes(data)
    with pytest.raises(DataError, match="not the file its manifest names"):
        load_model(copy)


@pytest.mark.parametrize("missing", [WEIGHTS, MANIFEST])
def test_a_missing_file_is_one_sentence(copy: Path, missing: str) -> None:
    (copy / missing).unlink()
    with pytest.raises(DataError, match="cannot be loaded"):
        load_model(copy)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("features", {"bits": 3}, "other features"),
        ("categories", ["no_such"], "cannot be loaded"),
        ("calibration", {"vi": {}}, "cannot be loaded"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(copy: Path, key: str, value: object, message: str) -> None:
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    manifest[key] = value
    (copy / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_model(copy)
