"""A model of host names: does a name that no list knows look like an adult or a gambling site?

Gambling brands change their names every few days (``brand79``, ``brand88``), and lists come late. The model is a linear
layer over hashed runs of letters, trained on published lists (:mod:`safeguard.train.hostnames`). A name is a hint and
no proof: it makes a page's own words count for more, and never closes a site by itself.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from safeguard.errors import DataError
from safeguard.resources import models_dir
from safeguard.taxonomy import Category
from safeguard.text.model import read_manifest
from safeguard.url.address import is_ip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BITS: Final = 16  # buckets: 2**16
LENGTHS: Final = (3, 4, 5)  # of the runs of letters
WEIGHTS: Final = "weights.npy"
_MAX_LENGTH: Final = 100  # characters of a name that are looked at, from its end


def buckets(host: str) -> list[int]:
    """The different runs of letters of a host, each as a bucket; digits are read as one and the same.

    A host begins and ends with a mark, so that beginnings, endings and whole short labels are runs of their own.
    """
    text = host[-_MAX_LENGTH:].lower().removeprefix("www.")
    text = "^" + text.translate(_ONE_DIGIT) + "$"
    runs = {text[first : first + length] for length in LENGTHS for first in range(len(text) - length + 1)}
    mask = (1 << BITS) - 1
    return [zlib.crc32(run.encode()) & mask for run in runs]


_ONE_DIGIT: Final = str.maketrans("123456789", "0" * 9)


class HostnameModel:
    """The loaded model.

    Attributes:
        version: goes into the ``source`` of findings.
        suspicious_from: the probability that one in a thousand harmless names reaches, for each category.
    """

    def __init__(
        self,
        version: str,
        categories: tuple[Category, ...],
        weights: npt.NDArray[np.int8],
        scale: list[float],
        bias: list[float],
        suspicious_from: Mapping[Category, float],
    ) -> None:
        self.version = version
        self._categories = categories
        self._weights = weights
        self._scale = scale
        self._bias = bias
        self.suspicious_from = suspicious_from

    def score(self, host: str) -> dict[Category, float]:
        """The probability of each category for a normalised host; 0 for an IP address.

        It is that of a name drawn from lists of harmful and of harmless hosts in equal parts.
        """
        found = [] if is_ip(host) or "." not in host else buckets(host)
        if not found:
            return dict.fromkeys(self._categories, 0.0)
        sums = self._weights[found].sum(axis=0, dtype=np.int32).tolist()
        size = math.sqrt(len(found))
        return {
            category: 1 / (1 + math.exp(-(total * scale / size + bias)))
            for category, total, scale, bias in zip(self._categories, sums, self._scale, self._bias, strict=True)
        }

    def suspicions(self, host: str) -> dict[Category, float]:
        """Of the categories that a host's name hints at, the probabilities."""
        return {
            category: score for category, score in self.score(host).items() if score >= self.suspicious_from[category]
        }


def load_hostname_model(folder: Path | None = None) -> HostnameModel:
    """Load the model in ``folder`` (default: the shipped one).

    Raises:
        DataError: it is missing, altered, or made for other features.
    """
    folder = folder or models_dir() / "hostnames"
    manifest = read_manifest(folder)
    path = folder / WEIGHTS
    try:
        if hashlib.sha256(path.read_bytes()).hexdigest() != manifest["sha256"]:
            raise DataError(f"{path} is not the file its manifest names: install safeguard again")
        if (manifest["bits"], tuple(manifest["lengths"])) != (BITS, LENGTHS):
            raise DataError(f"{folder} was trained for other features")
        categories = tuple(Category(name) for name in manifest["categories"])
        return HostnameModel(
            manifest["version"],
            categories,
            np.load(path, mmap_mode="r", allow_pickle=False),
            manifest["scale"],
            manifest["bias"],
            {category: manifest["suspicious_from"][category] for category in categories},
        )
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"the model of host names in {folder} cannot be loaded: {error}") from error
