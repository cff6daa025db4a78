"""Near-duplicates between texts: a model must not be measured on what it was trained on, in slightly other words."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from safeguard.text.alphabet import BREAK, SPACE
from safeguard.text.normalize import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from safeguard.train.corpus import Text

SHINGLE: Final = 3  # words in a row
TOO_ALIKE: Final = 0.4  # Jaccard similarity of the shingles (Broder 1997)


def shingles(texts: Sequence[str]) -> list[frozenset[bytes]]:
    """The shingles of each text, as folded without accents; of a shorter text, the text itself."""
    folded = fold(texts)
    plain = folded.plain.tobytes().replace(bytes([BREAK]), bytes([SPACE]))
    edges = folded.edges.tolist()
    found = []
    for first, last in itertools.pairwise(edges):
        words = plain[first:last].split(bytes([SPACE]))[1:]
        places = range(max(1, len(words) - SHINGLE + 1))
        found.append(frozenset(bytes([SPACE]).join(words[place : place + SHINGLE]) for place in places))
    return found


def near_duplicates(
    texts: Sequence[Text], others: Sequence[Text] | None = None, too_alike: float = TOO_ALIKE
) -> Iterator[tuple[Text, Text, float]]:
    """Pairs of a text and another, of ``others`` or else of the texts before it, that are too much alike."""
    theirs = shingles([text.text for text in (texts if others is None else others)])
    index: dict[bytes, list[int]] = defaultdict(list)
    for number, its in enumerate(theirs):
        for shingle in its:
            index[shingle].append(number)
    ours = theirs if others is None else shingles([text.text for text in texts])
    for number, its in enumerate(ours):
        shared = Counter(other for shingle in its for other in index[shingle] if others is not None or other < number)
        for other, count in shared.items():
            alike = count / (len(its) + len(theirs[other]) - count)
            if alike >= too_alike:
                yield texts[number], (texts if others is None else others)[other], alike
