"""Names and dates around the HCPCS Level II files: releases, and the groups that a code's first letter tells."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from webapp.codes.datasets.parsed import Given
from webapp.codes.listing import FileRefused

MONTHS_OF_QUARTER = 3
FIRST_MONTHS = {"JAN": 1, "APR": 4, "JUL": 7, "OCT": 10}
PUBLISHED = re.compile(r"HCPC(20[0-9]{2})_(JAN|APR|JUL|OCT|CONTR)(?![A-Z])", re.IGNORECASE)
"""`CONTR`: the files up to January 2020, which came once a year."""
DATED = re.compile(r"(?<![0-9])(20[0-9]{2})-(0[1-9]|1[0-2])(?![0-9])")
"""A year and month in the name of a copy."""

GROUPS = {
    "A": "ambulance, supplies, radiopharmaceuticals",
    "B": "enteral and parenteral nutrition",
    "C": "hospital outpatient services and devices",
    "E": "durable medical equipment",
    "G": "procedures and professional services",
    "H": "behavioral health services",
    "J": "drugs given other than by mouth, chemotherapy",
    "K": "equipment and supplies, temporary",
    "L": "orthotics and prosthetics",
    "M": "medical services and quality measures",
    "P": "pathology and laboratory",
    "Q": "drugs, supplies and services, temporary",
    "R": "transport of diagnostic equipment",
    "S": "services for commercial payers",
    "T": "services for state Medicaid agencies",
    "U": "coronavirus laboratory tests",
    "V": "vision, hearing, speech",
}
"""What the codes of a letter are for, in our words: the publisher's file has no names for them."""


@dataclass(frozen=True, slots=True)
class Period:
    """A release's name and days. `begins` is the first day of its quarter or year: of the changes that it brings."""

    name: str
    valid_from: date
    valid_to: date
    begins: date


def period_of(file_name: str, given: Given) -> Period:
    """Tell a release's name and days: `HCPC2026_OCT_ANWEB.xlsx` is “October 2026”, valid to 31 December 2026.

    Errors: FileRefused if neither the name nor the operator tells the first day, or they contradict each other.
    """
    begins, months, named = _begins(file_name, given.effective)
    start = given.effective or named
    last = begins.month + months - 1
    end = date(begins.year, last, calendar.monthrange(begins.year, last)[1])
    if not begins <= start <= end:
        raise FileRefused(
            f"{file_name} is valid from {begins.isoformat()} to {end.isoformat()}; {start.isoformat()} is none of it."
        )
    return Period(given.release or f"{calendar.month_name[start.month]} {start.year}", start, end, begins)


def _begins(file_name: str, effective: date | None) -> tuple[date, int, date]:
    """Return the first day of the file's quarter or year, its months, and the first day that the name tells."""
    if found := PUBLISHED.search(file_name):
        month = FIRST_MONTHS.get(found[2].upper())
        begins = date(int(found[1]), month or 1, 1)
        return begins, MONTHS_OF_QUARTER if month else 12, begins
    if found := DATED.search(file_name):
        named = date(int(found[1]), int(found[2]), 1)
    elif effective:
        named = effective
    else:
        raise FileRefused(f"{file_name} does not tell its first day; give it with --effective.")
    first = (named.month - 1) // MONTHS_OF_QUARTER * MONTHS_OF_QUARTER + 1
    return date(named.year, first, 1), MONTHS_OF_QUARTER, named


def group_title(letter: str) -> str:
    """Name the codes of a letter: “A codes: ambulance, supplies, radiopharmaceuticals”."""
    return f"{letter} codes: {GROUPS[letter]}" if letter in GROUPS else f"{letter} codes"
