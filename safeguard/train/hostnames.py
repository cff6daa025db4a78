"""Train the model of host names from published lists, and measure it across publishers.

What is measured comes from lists whose publishers the measured model has not seen, without the names that stood in
both; the shipped model is then trained on all of them. Lists: Université Toulouse Capitole (CC BY-SA 4.0),
ShadowWhisperer (Unlicense), Sinfonietta and v2fly (MIT). The weights are shipped, the names are not.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from safeguard.errors import DataError
from safeguard.taxonomy import Category
from safeguard.url.formats import Kind, ListReader
from safeguard.url.hostname_model import BITS, LENGTHS, WEIGHTS, buckets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CATEGORIES: Final = (Category.SEXUAL, Category.GAMBLING)
# By publisher: what it lists as harmful, and as harmless.
HARMFUL: Final = {
    Category.SEXUAL: {
        "shadowwhisperer": ("shadowwhisperer/adult.txt",),
        "v2fly": ("v2fly/category-porn.txt",),
        "sinfonietta": ("sinfonietta/pornography.txt",),
    },
    Category.GAMBLING: {
        "shadowwhisperer": ("shadowwhisperer/gambling.txt",),
        "sinfonietta": ("sinfonietta/gambling.txt",),
        "ut1": ("ut1/gambling.domains.txt",),
    },
}
HARMLESS: Final = (
    "ut1/bank.domains.txt", "ut1/child.domains.txt", "ut1/educational_games.domains.txt", "ut1/games.domains.txt",
    "ut1/liste_blanche.domains.txt", "ut1/liste_bu.domains.txt", "ut1/press.domains.txt", "ut1/shopping.domains.txt",
    "ut1/sports.domains.txt", "v2fly/category-communication.txt", "v2fly/category-entertainment.txt",
    "v2fly/category-forums.txt", "v2fly/google.txt",
)  # fmt: skip
HELD_APART: Final = {Category.SEXUAL: "sinfonietta", Category.GAMBLING: "ut1"}  # the publisher that is measured
_MOST: Final = 60_000  # names of one category: more add nothing and outweigh the harmless ones
_FALSE_ALARMS: Final = 0.001  # of harmless names that may be called suspicious
_TWO_LABELS: Final = frozenset("com co org net gov edu ac or ne go gob nom".split())


@dataclass(frozen=True, slots=True)
class _Names:
    harmful: list[str]
    harmless: list[str]


def registrable(host: str) -> str:
    """The part of a host that somebody has registered, by a simple rule: two labels, three under ``com.vn`` and such.

    >>> registrable("m.casino.com.vn"), registrable("www.casino.com")
    ('casino.com.vn', 'casino.com')
    """
    labels = host.split(".")
    size = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _TWO_LABELS else 2
    return ".".join(labels[-size:])


def train(data: Path, out: Path, *, version: str = "1", seed: int = 1) -> dict[str, Any]:
    """Train on the lists below ``data``, and write weights and manifest to ``out``.

    Returns:
        The manifest.

    Raises:
        DataError: a list is missing.
    """
    harmful = {
        category: {name: _read(data, paths) for name, paths in lists.items()} for category, lists in HARMFUL.items()
    }
    # What stands on lists of both kinds teaches nothing.
    both = (names for lists in harmful.values() for names in lists.values())
    harmless = sorted(_read(data, HARMLESS).difference(*both))
    random = np.random.default_rng(seed)
    random.shuffle(harmless)
    half = len(harmless) // 2
    weights, scales, biases, suspicious, metrics = [], [], [], {}, {}
    for category in CATEGORIES:
        by_publisher = harmful[category]
        apart = HELD_APART[category]
        seen = set().union(*(names for name, names in by_publisher.items() if name != apart))
        unseen = by_publisher[apart] - seen
        measured = _fit(_Names(_some(seen, random), harmless[:half]), seed)
        against = measured.score(harmless[half:])
        found = measured.score(sorted(unseen))
        limit = float(np.quantile(against, 1 - _FALSE_ALARMS))
        metrics[category.value] = {
            "trained_on": sorted(set(by_publisher) - {apart}),
            "measured_on": apart,
            "names": len(unseen),
            "harmless_names": len(against),
            "auc": round(float(roc_auc_score([1] * len(found) + [0] * len(against), [*found, *against])), 4),
            "recall_at_0.1_percent": round(float((found > limit).mean()), 4),
        }
        shipped = _fit(_Names(_some(seen | unseen, random), harmless), seed)
        weights.append(shipped.weights)
        scales.append(shipped.scale)
        biases.append(shipped.bias)
        suspicious[category.value] = limit
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / WEIGHTS, np.column_stack(weights))
    manifest = {
        "version": version,
        "bits": BITS,
        "lengths": list(LENGTHS),
        "categories": [category.value for category in CATEGORIES],
        "scale": scales,
        "bias": biases,
        "suspicious_from": suspicious,
        "metrics": metrics,
        "sha256": hashlib.sha256((out / WEIGHTS).read_bytes()).hexdigest(),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    (out / "README.md").write_text(_card(manifest), encoding="utf-8")
    return manifest


def _read(data: Path, paths: Sequence[str]) -> set[str]:
    names = set()
    for path in paths:
        if not (data / path).is_file():
            raise DataError(f"{data / path} is missing: the model of host names is trained on published lists")
        names |= {registrable(entry.value) for entry in ListReader(data / path) if entry.kind is Kind.HOST}
    return {name for name in names if not name[-1].isdigit()}


def _some(names: set[str], random: np.random.Generator) -> list[str]:
    ordered = sorted(names)
    random.shuffle(ordered)
    return ordered[:_MOST]


def _matrix(names: Sequence[str]) -> csr_matrix:
    rows = [buckets(name) for name in names]
    ends = np.cumsum([0, *map(len, rows)])
    values = np.concatenate([np.full(len(row), len(row) ** -0.5) for row in rows])
    return csr_matrix((values, np.concatenate(rows), ends), shape=(len(rows), 1 << BITS))


@dataclass(frozen=True, slots=True)
class _Fitted:
    weights: npt.NDArray[np.int8]
    scale: float
    bias: float

    def score(self, names: Sequence[str]) -> npt.NDArray[np.float64]:
        raw = _matrix(names) @ self.weights.astype(np.float64) * self.scale + self.bias
        probabilities: npt.NDArray[np.float64] = 1 / (1 + np.exp(-raw))
        return probabilities


def _fit(names: _Names, seed: int) -> _Fitted:
    matrix = _matrix([*names.harmful, *names.harmless])
    truth = np.array([1] * len(names.harmful) + [0] * len(names.harmless))
    fitted = LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear", random_state=seed).fit(
        matrix, truth
    )
    row = fitted.coef_[0]
    scale = float(np.abs(row).max() / 127)
    return _Fitted(np.round(row / scale).astype(np.int8), scale, float(fitted.intercept_[0]))


def _card(manifest: dict[str, Any]) -> str:
    rows = [
        f"| {name} | {', '.join(its['trained_on'])} | {its['measured_on']} | {its['names']:,} | "
        f"{its['harmless_names']:,} | {its['auc']:.3f} | {its['recall_at_0.1_percent']:.1%} |"
        for name, its in manifest["metrics"].items()
    ]
    lengths = ", ".join(map(str, manifest["lengths"]))
    return f"""# Model of host names, version {manifest["version"]}

Says of a host name that no list knows whether it looks like an adult or a gambling site. It is a hint: a page on such a
host needs less of its own words to be judged harmful, and no page is closed for its name. Written by
`safeguard train-hostnames`; the numbers are its own.

Logistic regression over hashed runs of {lengths} letters, {1 << manifest["bits"]:,} buckets, 8 bits a weight.

| category | trained on | measured on | names | harmless names | AUC | found at 0.1 % false alarms |
|---|---|---|---:|---:|---:|---:|
{chr(10).join(rows)}

Measured names stand on no list of the publishers that the measured model was trained on; the harmless ones are the half
that it has not seen. The shipped model is trained on all of them, with the limits of the measured one.

Data: lists of Université Toulouse Capitole (CC BY-SA 4.0), ShadowWhisperer (Unlicense), Sinfonietta (MIT) and v2fly
(MIT); no name is shipped. Limits: names in Latin letters, mostly European and American, so brands known in Vietnam
only are found less often; harmless names of kinds that training has not seen, such as URL shorteners, are called
suspicious more often than measured here. A name alone does nothing.
"""
