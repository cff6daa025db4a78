"""Judge a page: its body decoded, its segments extracted, their text judged together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from safeguard.errors import PageError
from safeguard.page.body import decode_body, decode_text
from safeguard.page.extract import Kind, Role, extract, is_excessive, kind_of
from safeguard.taxonomy import Category
from safeguard.text.language import check_language
from safeguard.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from safeguard.page.extract import Segment
    from safeguard.text.classifier import TextClassifier

# Hidden text counts for what hijacked sites hide, and only where it is nearly sure: menus and dialogs are hidden too.
_HIDDEN_CATEGORIES: Final = (Category.GAMBLING, Category.SEXUAL)
_HIDDEN_FROM: Final = 0.9
_MOSTLY: Final = 2  # times as much hidden text as visible


@dataclass(frozen=True, slots=True)
class Page:
    """What was extracted from a body: the visible segments joined by blank lines, and the hidden ones."""

    text: str
    hidden: str


def join_segments(segments: list[Segment]) -> Page:
    """Join segments to the two texts that are judged."""
    visible = dict.fromkeys(segment.text for segment in segments if segment.role is not Role.HIDDEN)
    hidden = dict.fromkeys(segment.text for segment in segments if segment.role is Role.HIDDEN)
    if sum(map(len, hidden)) > _MOSTLY * sum(map(len, visible)):
        # Styles that hide can be undone by others that we do not read: a page that hides most of itself hides nothing.
        visible, hidden = visible | hidden, {}
    return Page("\n\n".join(visible), "\n\n".join(hidden))


class PageClassifier:
    """Judges pages with a text classifier."""

    def __init__(self, text: TextClassifier) -> None:
        self._text = text

    def classify(
        self, body: bytes, content_type: str = "", content_encoding: str = "", language: str | None = None
    ) -> Verdict:
        """The verdict on a response body as it came over the wire.

        A body that cannot be judged gives a verdict whose ``outcome`` says so. Findings index the visible text: the
        segments in reading order, joined by blank lines (:func:`read_page`).

        Raises:
            PageError: ``body`` is not bytes.
            InputError: a language other than ``vi`` and ``en``.
        """
        if not isinstance(body, bytes | bytearray | memoryview):
            raise PageError(f"not a page body but {type(body).__name__}: bytes are needed")
        check_language(language)
        page = read_page(bytes(body), content_type, content_encoding)
        if isinstance(page, Outcome):
            return Verdict(outcome=page)
        visible, hidden = self._text.judge([page.text, page.hidden], language)
        scores = dict(visible.scores)
        findings = list(visible.findings)
        for category in _HIDDEN_CATEGORIES:
            if hidden.scores[category] >= max(_HIDDEN_FROM, scores[category]):
                scores[category] = hidden.scores[category]
                findings += (
                    replace(finding, source=f"hidden/{finding.source}", start=0, end=0)
                    for finding in hidden.findings
                    if finding.category is category
                )
        findings.sort(key=lambda finding: -finding.score)
        return Verdict(MappingProxyType(scores), tuple(findings), Outcome.SCANNED, visible.language)


def read_page(body: bytes, content_type: str = "", content_encoding: str = "") -> Page | Outcome:
    """The text of a body, or why there is none."""
    decoded = decode_body(body, content_encoding)
    if decoded.outcome is not Outcome.SCANNED:
        return decoded.outcome
    kind = kind_of(content_type, decoded.data)
    if kind is Kind.OTHER:
        return Outcome.NOT_SCANNABLE
    text = decode_text(decoded.data, content_type)
    if kind is Kind.HTML and is_excessive(text):
        return Outcome.TOO_LARGE
    return join_segments(extract(text, kind))
