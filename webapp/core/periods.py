"""Periods over which views and tools are counted. Windows are half-open: start inclusive, end exclusive, in UTC."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Kind = Literal["day", "month", "rolling", "lifetime", "anniversary"]


@dataclass(frozen=True, slots=True)
class Window:
    """One period in time. `end` is None when it is not fixed by the calendar (rolling, lifetime).

    `key` names the window, so that two windows of a subject never share a counter. `span` is set for rolling
    windows: they begin with the first use and last so long.
    """

    key: str
    end: datetime | None = None
    span: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A day or calendar month (UTC), N days from the first use, a lifetime, or months from an anchor date."""

    kind: Kind
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `day`, `month`, `lifetime`, `anniversary` or `rolling:N` (N days). Errors: ValueError."""
        if text in {"day", "month", "lifetime", "anniversary"}:
            return cls(text)  # type: ignore[arg-type]  # narrowed by the set above
        rolling = re.fullmatch(r"rolling:([1-9]\d{0,3})", text)
        if rolling:
            return cls("rolling", int(rolling[1]))
        raise ValueError(f"{text!r} is no period: day, month, rolling:N (days), lifetime or anniversary")

    def window(self, at: datetime, anchor: datetime | None = None) -> Window:
        """Return the window that holds `at`. `anchor` (a subscription's start) is needed for `anniversary`."""
        at = at.astimezone(UTC)
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.kind == "day":
            return Window(f"{at:%Y-%m-%d}", midnight + timedelta(days=1))
        if self.kind == "month":
            return Window(f"{at:%Y-%m}", add_months(midnight.replace(day=1), 1))
        if self.kind == "rolling":
            return Window(f"r{self.days}", span=timedelta(days=self.days))
        if self.kind == "lifetime":
            return Window("life")
        if anchor is None:
            raise ValueError("an anniversary period needs an anchor")
        start, end = anniversary(anchor, at)
        return Window(f"a{start:%Y-%m-%d}", end)


def add_months(anchor: datetime, months: int) -> datetime:
    """Return `anchor` moved by whole months, held to the month's last day: Jan 31 + 1 = Feb 28 or 29, + 2 = Mar 31."""
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(index, 12)
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


def anniversary(anchor: datetime, at: datetime, step: int = 1) -> tuple[datetime, datetime]:
    """Return the window [start, end) of `step` months counted from `anchor` that holds `at`."""
    anchor, at = anchor.astimezone(UTC), at.astimezone(UTC)
    months = (at.year - anchor.year) * 12 + at.month - anchor.month
    index = months // step
    # A clamped month end (Jan 31 -> Feb 28) can lie on either side of `at`; two steps decide it.
    while add_months(anchor, index * step) > at:
        index -= 1
    while add_months(anchor, (index + 1) * step) <= at:
        index += 1
    return add_months(anchor, index * step), add_months(anchor, (index + 1) * step)
