from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from safeguard.policy.hours import DAYS, Hours, closed_until

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NIGHT = {"closed": ["21:30-06:00"], "days": "mon tue wed thu", "except_on": ["2026-11-25"]}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HANOI)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23T21:29:59", None),  # Monday
        ("2026-11-23T21:30:00", "2026-11-24T06:00"),
        ("2026-11-24T05:59:59", "2026-11-24T06:00"),
        ("2026-11-24T06:00:00", None),
        ("2026-11-23T05:00:00", None),  # the night from Sunday is free
        ("2026-11-25T22:00:00", None),  # a holiday begins none,
        ("2026-11-25T05:00:00", "2026-11-25T06:00"),  # but the night before it goes on into it
        ("2026-11-27T05:00:00", "2026-11-27T06:00"),  # the night that Thursday began
        ("2026-11-27T22:00:00", None),  # Friday
    ],
)
def test_nights(now: str, until: str | None) -> None:
    hours = Hours.model_validate(NIGHT)
    assert hours.end(at(now)) == (at(until) if until else None)


def test_several_windows_a_day() -> None:
    hours = Hours.model_validate({"closed": ["07:00-11:30", "13:30 - 16:30", "15:00-18:00"]})
    ends = [hours.end(at(f"2026-11-24T{hour:02}:45:00")) for hour in (6, 8, 11, 15, 17, 18)]
    assert [end and f"{end:%H:%M}" for end in ends] == [None, "11:30", None, "18:00", "18:00", None]


@pytest.mark.parametrize(
    ("profile", "is_child", "closed"),
    [("primary", True, True), ("lower_secondary", True, True), ("staff", False, False)],
)
def test_without_a_profile_all_children_are_meant(profile: str, is_child: bool, closed: bool) -> None:
    hours = [Hours.model_validate({"closed": ["00:00-23:59"]})]
    assert (closed_until(hours, profile, is_child=is_child, now=at("2026-11-24T12:00")) is not None) is closed


def test_with_a_profile_only_that_is_meant() -> None:
    hours = [Hours.model_validate({"closed": ["00:00-23:59"], "profile": "staff"})]
    assert closed_until(hours, "staff", is_child=False, now=at("2026-11-24T12:00")) is not None
    assert closed_until(hours, "primary", is_child=True, now=at("2026-11-24T12:00")) is None


@pytest.mark.parametrize(
    "table",
    [
        {"closed": ["21:30"]},
        {"closed": ["21:30-21:30"]},
        {"closed": ["25:00-26:00"]},
        {"closed": "21:30-06:00"},
        {"closed": ["21:30-06:00"], "days": "monday"},
        {"closed": ["21:30-06:00"], "days": ""},
        {"closed": ["21:30-06:00"], "except_on": ["soon"]},
        {"closed": ["21:30-06:00"], "until": "x"},
        {},
    ],
)
def test_what_is_no_table_of_hours(table: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate(table)


@given(
    st.times(),
    st.times(),
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_a_window_ends_after_now_and_within_a_day(begin, end, days, moment) -> None:
    begin, end = begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if begin == end:
        return
    hours = Hours.model_validate({"closed": [f"{begin:%H:%M}-{end:%H:%M}"], "days": " ".join(days)})
    now = moment.replace(tzinfo=HANOI)
    until = hours.end(now)
    if until is not None:
        assert now < until <= now + timedelta(days=1)
        assert hours.end(until) is None or len(days) > 1
