"""Judge an address before anything is fetched: by the lists, and by the words in it."""

from __future__ import annotations

from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from safeguard.taxonomy import Category, Tier, taxonomy
from safeguard.text.normalize import fold
from safeguard.url.address import parse_address
from safeguard.url.database import load_seed
from safeguard.url.hostname_model import load_hostname_model
from safeguard.url.hosts import shipped_hosts
from safeguard.url.lookalike import imitates
from safeguard.url.unwrap import unwrap
from safeguard.verdict import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeguard.text.phrases import PhraseMatcher
    from safeguard.url.address import Address
    from safeguard.url.database import Database, Match

# Words in an address are a hint that stays below every profile's threshold: a news address about a harm has the same.
_PER_WEIGHT: Final = 0.1
_WORDS_AT_MOST: Final = 0.35
_IMITATES: Final = 0.95  # a name in letters that only look like a bank's


class UrlClassifier:
    """Judges addresses; shares the phrase packs of the text classifier.

    Args:
        lists: what is asked beside the seed that ships.
    """

    def __init__(self, phrases: PhraseMatcher, lists: Sequence[Database] = ()) -> None:
        self._phrases = phrases
        self._databases: tuple[Database, ...] = (*lists, load_seed())
        self._names = load_hostname_model()

    def hints(self, url: str) -> tuple[Category, ...]:
        """The categories that a host's name hints at, where its pages have to show what they are.

        Raises:
            AddressError: it is not an address of the web.
        """
        address = parse_address(url)
        found = list(self._suspicions(address))
        if (imitation := imitates(address.host)) is not None and not imitation.certain:
            found.append(Category.SCAM)
        return tuple(found)

    def _suspicions(self, address: Address) -> dict[Category, float]:
        if not shipped_hosts("protected").isdisjoint(address.parents()):
            return {}  # sex education, help against gambling
        return self._names.suspicions(address.host)

    def classify(self, url: str) -> Verdict:
        """The verdict on an address; findings index ``url`` as given.

        Raises:
            AddressError: it is not an address of the web.
        """
        address = parse_address(url)
        scores = dict.fromkeys(Category, 0.0)
        findings: list[Finding] = []
        found: list[Match] = []
        addresses = [address, *map(parse_address, unwrap(url))]
        for one in addresses:
            matches = [match for database in self._databases for match in database.lookup(one)]
            is_kept_open = any(match.category is None for match in matches)
            found += _after_openings(matches) if is_kept_open else matches
            if not is_kept_open and (imitation := imitates(one.host)) is not None:
                score = _IMITATES if imitation.certain else _WORDS_AT_MOST
                scores[Category.SCAM] = max(scores[Category.SCAM], score)
                findings.append(Finding(Category.SCAM, score, f"brands#{imitation.brand}", 0, len(url), url))
        for category, source, entry in found:
            # A host that is written in disguise is not found as such: the whole address is the span then.
            start = url.lower().find(entry)
            start, end = (start, start + len(entry)) if start >= 0 else (0, len(url))
            assert category is not None
            scores[category] = 1.0
            findings.append(Finding(category, 1.0, f"{source}#{entry}", start, end, url[start:end]))
        weights: dict[Category, float] = defaultdict(float)
        hits = self._phrases.find(fold([f"{address.host} {address.path}"]))
        for hit in hits:
            weights[hit.category] += hit.weight
        for category, weight in weights.items():
            score = min(_WORDS_AT_MOST, weight * _PER_WEIGHT)
            scores[category] = max(scores[category], score)
        findings += (
            # Percent-decoding moves places, so the whole address is the span.
            Finding(hit.category, scores[hit.category], hit.source, 0, len(url), url)
            for hit in hits
        )
        for category, score in self._suspicions(address).items():
            scores[category] = max(scores[category], min(_WORDS_AT_MOST, score))
            findings.append(
                Finding(category, scores[category], f"model/hostnames@{self._names.version}", 0, len(url), url)
            )
        findings.sort(key=lambda finding: -finding.score)
        return Verdict(MappingProxyType(scores), tuple(findings))


def _after_openings(matches: list[Match]) -> list[Match]:
    """What is left of an address that a list keeps open: nothing but what the law closes.

    It opens that address only, and not those inside of it; pages there are judged like all others.
    """
    return [match for match in matches if match.category and taxonomy()[match.category].tier is Tier.LOCKED]
