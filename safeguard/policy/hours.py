"""The hours in which there is no internet: nights, and whatever else a family or a school decides."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _span(value: object) -> tuple[time, time]:
    """``21:30-06:00`` as two times; the second is on the next day where it is not later than the first."""
    if isinstance(value, tuple):
        return value
    try:
        begin, end = (time.fromisoformat(part.strip()) for part in str(value).split("-"))
    except ValueError:
        raise ValueError("write it as HH:MM-HH:MM, such as 21:30-06:00") from None
    if begin.tzinfo or end.tzinfo or begin == end:
        raise ValueError("write it as HH:MM-HH:MM, with an end that is not its beginning")
    return begin, end


def _days(value: object) -> frozenset[int]:
    """Names of days, ``mon`` to ``sun``, as numbers from 0."""
    if isinstance(value, frozenset):
        return value
    names = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(names, list) or not names or any(name not in DAYS for name in names):
        raise ValueError(f"write days as {' '.join(DAYS)}")
    return frozenset(DAYS.index(name) for name in names)


Span = Annotated[tuple[time, time], BeforeValidator(_span)]


class Hours(BaseModel):
    """Windows in which there is no internet.

    Attributes:
        closed: from and until when; over midnight where the end is not later than the beginning.
        days: on which a window begins.
        profile: for whom; all profiles of children where ``None``.
        except_on: dates on which none begins: holidays, a late evening.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    closed: tuple[Span, ...]
    days: Annotated[frozenset[int], BeforeValidator(_days)] = frozenset(range(7))
    profile: str | None = None
    except_on: frozenset[date] = frozenset()

    def end(self, now: datetime) -> datetime | None:
        """When the window ends that holds at a local time; ``None`` where none does."""
        ends = []
        for begin, until in self.closed:
            for day in (now.date(), now.date() - timedelta(days=1)):
                if day.weekday() not in self.days or day in self.except_on:
                    continue
                first = datetime.combine(day, begin, now.tzinfo)
                last = datetime.combine(day + timedelta(days=int(until <= begin)), until, now.tzinfo)
                if first <= now < last:
                    ends.append(last)
        return max(ends, default=None)


def closed_until(hours: Iterable[Hours], profile: str, *, is_child: bool, now: datetime) -> datetime | None:
    """When the internet opens again for a profile; ``None`` where it is open."""
    ends = [
        end
        for its in hours
        if (its.profile == profile or (its.profile is None and is_child)) and (end := its.end(now)) is not None
    ]
    return max(ends, default=None)
