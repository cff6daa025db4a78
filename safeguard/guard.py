"""The public face of the library: one object that judges and decides."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from safeguard.image.classifier import ImageClassifier
from safeguard.page.classifier import PageClassifier
from safeguard.page.redact import redact
from safeguard.policy import DEFAULT_PROFILE, Policy
from safeguard.text.classifier import TextClassifier
from safeguard.text.help_seeking import HelpSeeking
from safeguard.url.classifier import UrlClassifier
from safeguard.url.database import CurrentLists

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from safeguard.taxonomy import Category
    from safeguard.text.explain import Explanation
    from safeguard.url.database import Database
    from safeguard.verdict import Decision, Verdict

# A listed address is harmful whatever today's page shows; its words alone never are.
_ADDRESS_DECIDES: Final = 0.5
# Log-odds that a hint adds: with it, a page that is at a third is at two thirds.
_HINT: Final = 1.4
_LEAST: Final = 0.05  # a page whose words say less than that says nothing, whatever its host is called


class Guard:
    """Judges texts, pages, addresses and pictures, and decides what to do about them.

    It uses the rules and the model that ship with safeguard: nothing is fetched, nothing is written. One ``Guard`` may
    be shared between threads; several processes share the model's memory.

    >>> guard = Guard()
    >>> verdict = guard.check_text("Nhà cái uy tín số 1, nạp đầu tặng 100%, quay hũ nổ lớn mỗi ngày")
    >>> verdict.top[0]
    <Category.GAMBLING: 'gambling'>
    >>> guard.decide(verdict, profile="primary").action
    <Action.BLOCK: 'block'>

    Args:
        policy: other profiles than the shipped ones.
        lists: what knows listed addresses beside the small seed that ships (see also :meth:`installed`).

    Raises:
        DataError: the shipped rules or the model are missing or damaged.
    """

    def __init__(self, *, policy: Policy | None = None, lists: Sequence[Database] = ()) -> None:
        self.policy = policy or Policy()
        self._text = TextClassifier()
        self._page = PageClassifier(self._text)
        self._url = UrlClassifier(self._text.phrases, lists)

    @classmethod
    def installed(cls, told: Callable[[str], None] = lambda _: None) -> Self:
        """A guard that also knows the lists which this installation has subscribed to (``safeguard lists``).

        It reads them from ``SAFEGUARD_HOME``, and takes up newer ones within seconds.

        Args:
            told: is given one sentence when the lists cannot be opened; those before stay in force.
        """
        return cls(lists=[CurrentLists(told=told)])

    @cached_property
    def _image(self) -> ImageClassifier:
        return ImageClassifier()

    @cached_property
    def _help(self) -> HelpSeeking:
        return HelpSeeking()

    def check_text(self, text: str, language: str | None = None) -> Verdict:
        """The verdict on a text: a comment, a message, an article.

        Args:
            language: ``vi``, ``en`` or ``None`` to have it guessed.

        Raises:
            TextError: it is not a string, is empty or binary, or has more than 5 million characters.
            InputError: another language.
        """
        return self._text.classify([text], language)[0]

    def explain_text(
        self, text: str, language: str | None = None, category: Category | None = None
    ) -> tuple[Verdict, Explanation]:
        """The verdict on a text, and which words, phrases and ideas gave it its score in a category.

        For those who look after the filter, such as a teacher who answers an appeal; never for the person who was
        stopped.

        Args:
            category: which score to explain; by default the strongest.

        Raises:
            TextError: as :meth:`check_text`.
            InputError: another language, or a category that text cannot show.
        """
        from safeguard.text.explain import explain

        return explain(self._text, text, language, category)

    def check_texts(self, texts: Sequence[str], language: str | None = None) -> list[Verdict]:
        """One verdict a text, the same as :meth:`check_text` gives one by one, several times faster for short ones.

        Raises:
            TextError: an item is not a string, is empty or binary, or has more than 5 million characters.
            InputError: another language.
        """
        return self._text.classify(texts, language)

    def check_page(
        self,
        body: bytes,
        *,
        url: str | None = None,
        content_type: str = "",
        content_encoding: str = "",
        language: str | None = None,
        hints: Collection[Category] = (),
    ) -> Verdict:
        """The verdict on a response body as it came over the wire.

        What cannot be judged (a damaged coding, too large) gives a verdict whose ``outcome`` says so: the policy
        decides what becomes of it.

        Args:
            url: where it came from; a listed address counts as evidence.
            content_type, content_encoding: the headers' values; without a type it is guessed from the bytes.
            hints: categories that something else speaks for (:meth:`hints` of the address, where the address itself
                is not to be told): less of the page's own words is needed then.

        Raises:
            PageError: ``body`` is not bytes.
            AddressError: ``url`` is not an address.
        """
        page = self._page.classify(body, content_type, content_encoding, language)
        if url is not None:
            hints = {*hints, *self._url.hints(url)}
        if hints:
            page = replace(page, scores=_raised(page.scores, hints), rest=_raised(page.rest, hints))
        if url is None:
            return page
        address = self.check_url(url)
        listed = {category: score for category, score in address.scores.items() if score >= _ADDRESS_DECIDES}
        if not listed:
            return page
        findings = (*(finding for finding in address.findings if finding.category in listed), *page.findings)
        scores, rest = MappingProxyType({**page.scores, **listed}), MappingProxyType({**page.rest, **listed})
        return replace(page, scores=scores, findings=findings, rest=rest)

    def redact_page(
        self, body: bytes, decision: Decision, *, content_type: str = "", content_encoding: str = ""
    ) -> bytes:
        """The page without the parts that a ``REDACT`` decision names: UTF-8, without content coding.

        Args:
            decision: about the same body; its language is that of the notice in their place.

        Raises:
            PageError: the body cannot be redacted, or the decision names no part of it.
        """
        return redact(
            body,
            decision.parts,
            content_type=content_type,
            content_encoding=content_encoding,
            language=decision.language,
        )

    def hear_help(self, text: str) -> Category | None:
        """What the writer of a text seems to need help with, in words about themselves; ``None`` where nothing says so.

        It is for offering a helpline. It says nothing against the text, and should not be recorded.
        """
        return self._help.hear(text)

    def check_url(self, url: str) -> Verdict:
        """The verdict on an address, before anything is fetched.

        Raises:
            AddressError: it is not an address of the web.
        """
        return self._url.classify(url)

    def hints(self, url: str) -> tuple[Category, ...]:
        """The categories that a host's name hints at; no reason to stop anything (:meth:`check_page`).

        Raises:
            AddressError: it is not an address of the web.
        """
        return self._url.hints(url)

    def check_image(self, data: bytes) -> Verdict:
        """The verdict on a picture.

        Raises:
            ImageError: it is not a picture, or one of more than 50 million pixels.
            MissingExtraError: the extra ``image`` is not installed.
        """
        return self._image.classify(data)

    def decide(self, verdict: Verdict, profile: str = DEFAULT_PROFILE, *, language: str | None = None) -> Decision:
        """What to do about a verdict under a profile.

        Args:
            profile: ``early_years``, ``primary``, ``lower_secondary``, ``upper_secondary`` or ``staff``.
            language: of the reason; default: that of the thing judged.

        Raises:
            UnknownProfileError: there is no such profile.
        """
        return self.policy.decide(verdict, profile, language)


def _raised(scores: Mapping[Category, float], hints: Collection[Category]) -> Mapping[Category, float]:
    """Scores, higher in the categories that are hinted at."""
    raised = dict(scores)
    for category in hints:
        if _LEAST <= raised[category] < 1:
            raised[category] = 1 / (1 + (1 / raised[category] - 1) * math.exp(-_HINT))
    return MappingProxyType(raised)
