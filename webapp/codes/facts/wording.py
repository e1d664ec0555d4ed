"""How values of the datasets are written on pages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from webapp.core.dates import long_date


def day_of(value: str) -> date:
    """Return the day that yyyymmdd means."""
    return date(int(value[:4]), int(value[4:6]), int(value[6:]))


def day(value: str) -> str:
    """Write a yyyymmdd as “1 April 2013”."""
    return long_date(day_of(value))


def dollars(amount: Decimal) -> str:
    """Write an amount as “$1,234.50”, with all decimals that it has."""
    return f"${amount:,f}"
