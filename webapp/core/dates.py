"""Days, and how they are written for readers."""

from __future__ import annotations

from datetime import date, timedelta

DAY = timedelta(days=1)


def long_date(day: date) -> str:
    """Write a day as “1 October 2025”."""
    return f"{day.day} {day:%B %Y}"
