from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from safeguard.errors import DataError
from safeguard.resources import models_dir
from safeguard.taxonomy import Category
from safeguard.train.hostnames import HARMFUL, HARMLESS, registrable, train
from safeguard.url.hostname_model import load_hostname_model

WORDS = {
    Category.SEXUAL: "porn sexy nude tube cams".split(),
    Category.GAMBLING: "casino slots betting poker jackpot".split(),
    None: "school garden books bakery football library".split(),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists of made-up names in the places of the published ones."""
    folder, random = tmp_path_factory.mktemp("lists"), Random(3)
    files = {path: category for category, lists in HARMFUL.items() for paths in lists.values() for path in paths}
    for path, category in (files | dict.fromkeys(HARMLESS)).items():
        names = {f"{'-'.join(random.sample(WORDS[category], 2))}{random.randrange(999)}.test" for _ in range(80)}
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("\n".join(sorted(names)), encoding="utf-8")
    return folder


def test_the_same_lists_give_the_same_model(data: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    manifest = train(data, first)
    train(data, second)
    for name in ("weights.npy", "manifest.json", "README.md"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert manifest["metrics"]["gambling"]["auc"] > 0.95
    assert load_hostname_model(first).score("casino-poker1.test")[Category.GAMBLING] > 0.5
    assert load_hostname_model(first).score("school-books.test")[Category.GAMBLING] < 0.5


def test_a_missing_list_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"adult\.txt is missing"):
        train(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("a.b.test", "b.test"),
        ("a.b.com.vn", "b.com.vn"),
        ("com.vn", "com.vn"),
        ("x.co.uk", "x.co.uk"),
        ("a.vn", "a.vn"),
    ],
)
def test_registrable(host: str, name: str) -> None:
    assert registrable(host) == name


def test_the_card_shows_the_manifest() -> None:
    card = (models_dir() / "hostnames" / "README.md").read_text(encoding="utf-8")
    assert "| gambling | shadowwhisperer, sinfonietta | ut1 |" in card
