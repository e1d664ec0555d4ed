"""Billing periods: where the next one ends (https://docs.stripe.com/billing/subscriptions/billing-cycle)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from typing import Any

HOUR = 3600
DAY = 24 * HOUR
FIXED = {"day": DAY, "week": 7 * DAY}
MONTHS = {"month": 1, "year": 12}


def add_months(instant: int, months: int) -> int:
    """Return the same day and time so many months later, or the month's last day if it is shorter."""
    moment = datetime.fromtimestamp(instant, UTC)
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return int(moment.replace(year=year, month=month + 1, day=day).timestamp())


def period_end(anchor: int, start: int, recurring: dict[str, Any]) -> int:
    """Return the first instant after `start` that is whole intervals away from `anchor`.

    Counting from the anchor keeps the 31st: after a short February the next period ends on 31 March again.
    """
    interval: str = recurring["interval"]
    count: int = recurring["interval_count"]
    if interval in FIXED:
        length = FIXED[interval] * count
        return anchor + ((start - anchor) // length + 1) * length
    step = MONTHS[interval] * count
    first, last = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(start, UTC)
    apart = (last.year - first.year) * 12 + last.month - first.month
    steps = apart // step - 1
    while add_months(anchor, steps * step) <= start:
        steps += 1
    return add_months(anchor, steps * step)
