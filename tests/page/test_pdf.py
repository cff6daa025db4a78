from __future__ import annotations

import itertools
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdfs import pdf

from safeguard import Guard
from safeguard.page.pdf import MAX_BYTES, MAX_PAGES, read_pdf
from safeguard.taxonomy import Category
from safeguard.verdict import Action, Outcome

HARM = "Best online casino, deposit now and get a 100% bonus, spin the slots and win real money every day."
LESSON = "Photosynthesis is how green plants make food from light, water and carbon dioxide in their leaves."


def test_each_page_is_a_segment_in_their_order() -> None:
    segments = read_pdf(pdf("The first page.", "", "The third page."))
    assert not isinstance(segments, Outcome)
    assert [segment.text for segment in segments] == ["The first page.", "The third page."]


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (pdf(LESSON, password=True), Outcome.ENCRYPTED),
        (pdf(""), Outcome.NOT_SCANNABLE),
        (pdf(), Outcome.UNDECODABLE),
        (b"%PDF-1.7\nnothing", Outcome.UNDECODABLE),
        (b"", Outcome.UNDECODABLE),
        (b"%PDF-1.7\n" + bytes(MAX_BYTES), Outcome.NOT_SCANNABLE),
    ],
)
def test_what_has_no_text_says_why(body: bytes, outcome: Outcome) -> None:
    assert read_pdf(body) is outcome


def test_of_a_book_pages_from_its_start_to_its_end_are_read() -> None:
    segments = read_pdf(pdf(*(f"page {number}" for number in range(200))))
    assert not isinstance(segments, Outcome)
    numbers = [int(segment.text.split()[1]) for segment in segments]
    assert len(numbers) == MAX_PAGES
    assert (numbers[0], numbers[-1]) == (0, 199)
    assert max(later - earlier for earlier, later in itertools.pairwise(numbers)) <= 6


def test_documents_are_judged_by_their_text(guard: Guard) -> None:
    harmful = guard.check_page(pdf(HARM), content_type="application/pdf")
    assert harmful.top is not None
    assert harmful.top[0] is Category.GAMBLING
    assert guard.decide(harmful).action is Action.BLOCK
    assert guard.decide(guard.check_page(pdf(LESSON))).action is Action.ALLOW, "the type is seen in the bytes"


def test_a_document_larger_than_a_page_may_be_is_read(guard: Guard) -> None:
    body = pdf(HARM) + b"%" * (6 << 20)  # after its end
    verdict = guard.check_page(body, content_type="application/pdf")
    assert verdict.outcome is Outcome.SCANNED
    assert guard.decide(verdict).category is Category.GAMBLING


def test_what_has_a_password_is_for_the_profile_to_decide(guard: Guard) -> None:
    verdict = guard.check_page(pdf(LESSON, password=True), content_type="application/pdf")
    actions = [guard.decide(verdict, name).action for name in guard.policy.profiles]
    assert actions == [Action.BLOCK, Action.BLOCK, Action.WARN, Action.WARN, Action.ALLOW]
    assert guard.decide(verdict, language="vi").reason == "Tài liệu này có mật khẩu nên chưa kiểm tra được."


def test_without_the_extra_a_document_is_not_scannable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert read_pdf(pdf(LESSON)) is Outcome.NOT_SCANNABLE


@given(st.integers(0, 600), st.binary(min_size=1, max_size=40))
def test_damage_raises_nothing(place: int, damage: bytes) -> None:
    sound = pdf(LESSON)
    found = read_pdf(sound[:place] + damage + sound[place + len(damage) :])
    assert isinstance(found, Outcome | list)
