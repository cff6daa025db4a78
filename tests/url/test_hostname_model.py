from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguard.errors import DataError
from safeguard.resources import models_dir
from safeguard.taxonomy import Category
from safeguard.url.hostname_model import HostnameModel, buckets, load_hostname_model


@pytest.fixture(scope="module")
def model() -> HostnameModel:
    return load_hostname_model()


@pytest.mark.parametrize(
    ("host", "category"),
    [
        ("live-casino-slots.test", Category.GAMBLING),
        ("m.bestonlinecasino79.test", Category.GAMBLING),
        ("free-porn-tube.test", Category.SEXUAL),
    ],
)
def test_names_that_hint_at_harm(model: HostnameModel, host: str, category: Category) -> None:
    assert category in model.suspicions(host)


@pytest.mark.parametrize(
    "host",
    [
        "thcs-hoamai.edu.vn", "vnexpress.net", "vietcombank.com.vn", "khanacademy.org", "essex.ac.uk",
        "scunthorpe.gov.uk", "alphabet.com", "middlesex.test", "betterhealth.test", "tieuhocnguyendu.test", "192.0.2.1",
        "2001:db8::1", "localhost",
    ],
)  # fmt: skip
def test_names_that_do_not(model: HostnameModel, host: str) -> None:
    assert model.suspicions(host) == {}


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-.", max_size=120))
def test_scores_are_probabilities(host: str) -> None:
    scores = load_hostname_model().score(host)
    assert all(0 <= score <= 1 for score in scores.values())
    assert scores == load_hostname_model().score(host)


def test_digits_are_one_and_the_same() -> None:
    assert buckets("brand79.test") == buckets("brand88.test")
    assert buckets("www.brand.test") == buckets("brand.test")


@pytest.mark.parametrize("fault", ["altered", "features", "missing"])
def test_a_damaged_model_is_refused(tmp_path: Path, fault: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(models_dir() / "hostnames", folder)
    match fault:
        case "altered":
            (folder / "weights.npy").write_bytes(b"x")
        case "features":
            manifest = json.loads((folder / "manifest.json").read_text())
            (folder / "manifest.json").write_text(json.dumps(manifest | {"bits": 3}))
        case "missing":
            (folder / "manifest.json").unlink()
    with pytest.raises(DataError):
        load_hostname_model(folder)
