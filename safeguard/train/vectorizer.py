"""The n-grams of :mod:`safeguard.text.features` as a scikit-learn vectoriser, to train and compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from safeguard.text.features import BITS, ngrams, worth_of_each
from safeguard.text.normalize import fold

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    import numpy.typing as npt
    from sklearn.utils import Tags

_BATCH = 2000  # texts folded at once: bounds memory


class NgramVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns texts into the matrix that the text model is trained on.

    The value of an n-gram in a text is its worth, over a power of how many different n-grams the text has.

    Args:
        rarity: weigh n-grams by their inverse document frequency in the texts of :meth:`fit`, smoothed as in
            scikit-learn's ``TfidfTransformer``; otherwise each is worth one.

    Attributes:
        worth_: the worth of each bucket.
    """

    def __init__(self, *, rarity: bool = True) -> None:
        self.rarity = rarity

    def fit(self, raw_documents: Iterable[str], y: object = None) -> Self:  # noqa: ARG002 - scikit-learn passes it
        """Learn what n-grams are worth."""
        self.fit_transform(raw_documents)
        return self

    def fit_transform(self, raw_documents: Iterable[str], y: object = None, **_: Any) -> csr_matrix:  # noqa: ARG002
        """As ``fit(texts).transform(texts)``, hashing each text once."""
        matrix = self._hash(raw_documents)
        self.worth_: npt.NDArray[np.float64] = np.ones(1 << BITS)
        if self.rarity:
            frequency = np.bincount(matrix.indices, minlength=1 << BITS)
            self.worth_ = np.log((1 + matrix.shape[0]) / (1 + frequency)) + 1
        return self._weigh(matrix)

    def transform(self, raw_documents: Iterable[str]) -> csr_matrix:
        """One row a text.

        Raises:
            sklearn.exceptions.NotFittedError: before :meth:`fit`.
            TypeError: something that is no sequence of texts.
        """
        check_is_fitted(self)
        return self._weigh(self._hash(raw_documents))

    def _weigh(self, matrix: csr_matrix) -> csr_matrix:
        matrix.data *= self.worth_[matrix.indices]
        return matrix

    @staticmethod
    def _hash(raw_documents: Iterable[str]) -> csr_matrix:
        texts = [] if isinstance(raw_documents, str) else list(raw_documents)
        if not texts or not all(isinstance(text, str) for text in texts):
            raise TypeError("a sequence of texts is needed, with at least one")
        buckets, sizes = [np.empty(0, np.intp)], []
        for start in range(0, len(texts), _BATCH):
            folded = fold(texts[start : start + _BATCH])
            its, bounds = ngrams(folded, folded.edges)
            buckets.append(its)
            sizes.append(np.diff(bounds))
        counts = np.concatenate(sizes) if sizes else np.empty(0, np.int64)
        values = np.repeat(worth_of_each(counts), counts)
        bounds = np.concatenate([[0], np.cumsum(counts)])
        matrix = csr_matrix((values, np.concatenate(buckets), bounds), shape=(len(texts), 1 << BITS))
        matrix.sort_indices()
        return matrix

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags
