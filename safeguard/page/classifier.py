"""Judge a page: its body decoded, its segments extracted, its text judged as a whole and item by item."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from safeguard.errors import PageError
from safeguard.page.aggregate import MAX_BLOCKS, is_block, load_aggregation
from safeguard.page.body import decode_body, decode_text, sample
from safeguard.page.browser_proxies import is_browser_proxy
from safeguard.page.extract import extract
from safeguard.page.html import is_excessive
from safeguard.page.kinds import Kind, kind_of
from safeguard.page.pdf import read_pdf
from safeguard.page.redact import is_redactable
from safeguard.page.segments import Role
from safeguard.taxonomy import Category
from safeguard.text.language import check_language
from safeguard.verdict import Finding, Outcome, Part, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from safeguard.page.aggregate import Aggregation
    from safeguard.page.segments import Segment
    from safeguard.text.classifier import TextClassifier

# Hidden text counts for what hijacked sites hide, and only where it is nearly sure: menus and dialogs are hidden too.
_HIDDEN_CATEGORIES: Final = (Category.GAMBLING, Category.SEXUAL)
_NEARLY_SURE: Final = 0.9
_MOSTLY: Final = 2  # times as much hidden text as visible

# An item is short and stands without its context, so it takes more to speak against it than against a page: the model
# must be nearly sure, or model and phrases must agree.
_PART_FROM: Final = 0.95
_PART_AGREED_FROM: Final = 0.65
_PROXY: Final = 0.97  # the score of a proxy inside a page
_NOTHING: Final = Verdict()  # of a text that is not there
_SHOWN_FROM: Final = 0.5  # a category below this score gets no finding from the model of pages
_MIN_ITEM_WORDS: Final = 4
_MAX_ITEMS: Final = 500  # that are judged one by one; a page of more is judged as a whole
_CONFINED: Final = 0.5  # of the visible text at most may lie in harmful items, or the page itself is harmful


# Most pages are far from any harm, and a look at the whole shows it: no page that blocks and whole together would stop
# has a lower score (measured on composed pages). One bad comment shows less in the whole than a bad page does.
_BLOCKS_FROM: Final = 0.2
_ITEMS_FROM: Final = 0.05
_SHORT: Final = 2500  # characters of a page whose pieces are judged with it: a second call would cost more


@dataclass(frozen=True, slots=True)
class Page:
    """What was extracted from a body.

    Attributes:
        text: the visible segments in reading order, joined by blank lines; findings index it.
        hidden: what is in the page and not shown.
        script: what only a script or a style sheet would show.
        items: the visible text of each item, by its number; the items of a page that cannot be redacted are left out.
        outcome: ``too_large`` where these are only samples of it.
        is_proxy: it is a proxy that runs inside a page.
    """

    text: str
    hidden: str = ""
    script: str = ""
    items: tuple[tuple[int, str], ...] = ()
    outcome: Outcome = Outcome.SCANNED
    is_proxy: bool = False

    def without(self, numbers: frozenset[int]) -> str:
        """The visible text without those items."""
        gone = {line for number, text in self.items if number in numbers for line in text.split("\n\n")}
        return _join(line for line in self.text.split("\n\n") if line not in gone)


def _join(texts: Iterable[str]) -> str:
    return "\n\n".join(dict.fromkeys(texts))


def join_segments(segments: Sequence[Segment], outcome: Outcome = Outcome.SCANNED) -> Page:
    """Join segments to the texts that are judged."""
    visible = dict.fromkeys(segment.text for segment in segments if segment.role not in (Role.HIDDEN, Role.SCRIPT))
    hidden = dict.fromkeys(segment.text for segment in segments if segment.role is Role.HIDDEN)
    script = dict.fromkeys(
        segment.text for segment in segments if segment.role is Role.SCRIPT and segment.text not in visible
    )
    if sum(map(len, hidden)) > _MOSTLY * sum(map(len, visible)):
        # Styles that hide can be undone by others that we do not read: a page that hides most of itself hides nothing.
        visible, hidden = visible | hidden, {}
    items: dict[int, list[str]] = {}
    for segment in segments:
        if segment.item and segment.role not in (Role.HIDDEN, Role.SCRIPT):
            items.setdefault(segment.item, []).append(segment.text)
    return Page(
        _join(visible),
        _join(hidden),
        _join(script),
        tuple((number, _join(texts)) for number, texts in items.items()),
        outcome,
    )


class PageClassifier:
    """Judges pages with a text classifier."""

    def __init__(self, text: TextClassifier, aggregation: Aggregation | None = None) -> None:
        self._text = text
        self._aggregation = aggregation or load_aggregation()

    def classify(
        self, body: bytes, content_type: str = "", content_encoding: str = "", language: str | None = None
    ) -> Verdict:
        """The verdict on a response body as it came over the wire.

        A body that cannot be judged gives a verdict whose ``outcome`` says so; of one that is too large, samples are
        judged. Findings index the visible text: the segments in reading order, joined by blank lines
        (:func:`read_page`).

        Raises:
            PageError: ``body`` is not bytes.
            InputError: a language other than ``vi`` and ``en``.
        """
        if not isinstance(body, bytes | bytearray | memoryview):
            raise PageError(f"not a page body but {type(body).__name__}: bytes are needed")
        check_language(language)
        page = read_page(bytes(body), content_type, content_encoding)
        return Verdict(outcome=page) if isinstance(page, Outcome) else self.judge(page, language)

    def judge(self, page: Page, language: str | None = None) -> Verdict:
        """The verdict on a page that has been read."""
        wholes = [text for text in dict.fromkeys((page.text, page.hidden, page.script)) if text or text == page.text]
        if len(page.text) <= _SHORT:
            wholes = list(dict.fromkeys([*wholes, *_pieces(_blocks(page.text), _items(page))]))
        judged = dict(zip(wholes, self._text.judge(wholes, language), strict=True))
        visible = judged[page.text]
        hidden, script = judged.get(page.hidden, _NOTHING), judged.get(page.script, _NOTHING)
        strongest = visible.top[1] if visible.top is not None else 0.0
        hinted = any(finding.source.startswith("phrases/") for finding in visible.findings)
        blocks = _blocks(page.text) if strongest >= _BLOCKS_FROM else []
        items = _items(page) if hinted or strongest >= _ITEMS_FROM else []
        if pieces := [text for text in _pieces(blocks, items) if text not in judged]:
            judged |= zip(pieces, self._text.judge(pieces, language), strict=True)
        scores = self._combine(page.text, blocks, judged)
        source = f"model/page@{self._aggregation.version}"
        of_page = [
            Finding(category, score, source, 0, len(page.text), page.text)
            for category, score in scores.items()
            if score >= _SHOWN_FROM
        ]
        scores, findings = _with_unseen(scores, [*of_page, *visible.findings], hidden, script)
        verdict = Verdict(MappingProxyType(scores), tuple(findings), page.outcome, visible.language)
        if page.is_proxy:
            verdict = _with_proxy(verdict)
        parts = [Part(number, *sure) for number, text in items if (sure := _surely(judged[text])) is not None]
        if not parts:
            return verdict
        rest = page.without(frozenset(part.item for part in parts))
        if len(rest) < _CONFINED * len(page.text):
            return verdict
        judged[rest] = self._text.judge([rest], visible.language)[0]
        without, _ = _with_unseen(self._combine(rest, _blocks(rest), judged), (), hidden, script)
        if page.is_proxy:
            without[Category.BYPASS] = _PROXY
        return replace(verdict, parts=tuple(parts), rest=MappingProxyType(without))

    def _combine(self, text: str, blocks: Sequence[str], judged: Mapping[str, Verdict]) -> dict[Category, float]:
        return self._aggregation.combine(
            judged[text].scores, [judged[block].scores for block in blocks], blocks, len(text)
        )


def _pieces(blocks: Iterable[str], items: Iterable[tuple[int, str]]) -> list[str]:
    """The texts to judge, each once."""
    return list(dict.fromkeys((*blocks, *(text for _, text in items))))


def _with_proxy(verdict: Verdict) -> Verdict:
    finding = Finding(Category.BYPASS, _PROXY, "browser_proxies", 0, 0, "")
    scores = MappingProxyType({**verdict.scores, Category.BYPASS: _PROXY})
    return replace(verdict, scores=scores, findings=(finding, *verdict.findings))


def _items(page: Page) -> list[tuple[int, str]]:
    """The items that are judged by themselves: none where there is but one, or too many."""
    items = [item for item in page.items if len(item[1].split(None, _MIN_ITEM_WORDS)) >= _MIN_ITEM_WORDS]
    return items if 1 < len(items) <= _MAX_ITEMS else []


def _blocks(text: str) -> list[str]:
    """The segments of a text that are judged by themselves too: the longest, in their order."""
    blocks = [block for block in text.split("\n\n") if is_block(block)]
    if len(blocks) > MAX_BLOCKS:
        shortest = sorted(map(len, blocks), reverse=True)[MAX_BLOCKS - 1]
        blocks = [block for block in blocks if len(block) >= shortest][:MAX_BLOCKS]
    return blocks


def _with_unseen(
    scores: dict[Category, float], visible: Iterable[Finding], hidden: Verdict, script: Verdict
) -> tuple[dict[Category, float], list[Finding]]:
    """Scores and findings of the visible text, raised where what is not seen is nearly sure to be harmful."""
    findings = list(visible)
    for name, unseen, categories in (("hidden", hidden, _HIDDEN_CATEGORIES), ("script", script, tuple(Category))):
        for category in categories:
            if unseen.scores[category] >= max(_NEARLY_SURE, scores[category]):
                scores[category] = unseen.scores[category]
                findings += (
                    replace(finding, source=f"{name}/{finding.source}", start=0, end=0)
                    for finding in unseen.findings
                    if finding.category is category
                )
    findings.sort(key=lambda finding: -finding.score)
    return scores, findings


def _surely(verdict: Verdict) -> tuple[Category, float] | None:
    """The category that an item is harmful in beyond doubt, with its score."""
    if verdict.top is None:
        return None
    category, score = verdict.top
    agreed = any(finding.category is category and finding.source.startswith("phrases/") for finding in verdict.findings)
    return (category, score) if score >= (_PART_AGREED_FROM if agreed else _PART_FROM) else None


def read_page(body: bytes, content_type: str = "", content_encoding: str = "") -> Page | Outcome:
    """The text of a body, or why there is none."""
    decoded = decode_body(body, content_encoding)
    if decoded.outcome in (Outcome.UNDECODABLE, Outcome.ENCRYPTED):
        return decoded.outcome
    kind = kind_of(content_type, decoded.data)
    if kind is Kind.OTHER:
        return Outcome.NOT_SCANNABLE
    if kind is Kind.PDF:
        document = read_pdf(decoded.data)
        return document if isinstance(document, Outcome) else join_segments(document)
    text = decode_text(decoded.data, content_type)
    if decoded.outcome is Outcome.TOO_LARGE:
        # Cut anywhere, only its text can be read: the parts of a cut document are no document.
        return join_segments([seg for piece in sample(text) for seg in _extract(piece, kind)], Outcome.TOO_LARGE)
    if kind is Kind.HTML and is_excessive(text):
        return Outcome.TOO_LARGE
    page = join_segments(extract(text, kind))
    if kind in (Kind.HTML, Kind.SCRIPT) and is_browser_proxy(text):
        page = replace(page, is_proxy=True)
    return page if is_redactable(kind, content_type) else replace(page, items=())


def _extract(piece: str, kind: Kind) -> list[Segment]:
    if kind is Kind.HTML and is_excessive(piece):
        kind = Kind.TEXT
    return extract(piece, kind)
