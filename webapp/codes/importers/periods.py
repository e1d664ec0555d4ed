"""The days that a release holds: told by file names and title lines, which must agree, or by the operator."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from webapp.codes.datasets.parsed import Given
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused

MONTHS = {name[:3].casefold(): number for number, name in enumerate(calendar.month_name) if name}
NAMES = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in calendar.month_name if name)
MONTH = re.compile(rf"(?<![a-z])({NAMES})(?![a-z])", re.IGNORECASE)
YEAR = re.compile(r"(?<![0-9])(?<![0-9]\.)(20[0-9]{2})(?![0-9])")
MONTH_OF_YEAR = re.compile(rf"{MONTH.pattern}[ _-]*(?:CY )?{YEAR.pattern}", re.IGNORECASE)
YEAR_AND_MONTH = re.compile(rf"{YEAR.pattern}[ _-]*{MONTH.pattern}", re.IGNORECASE)
YEAR_AND_NUMBER = re.compile(r"(?<![0-9])(20[0-9]{2})[_-](0[1-9]|1[0-2])(?![0-9])")
QUARTER = 3
"""Months."""


class Told(NamedTuple):
    """What one place says of a release's year and month; None for what it leaves open."""

    where: str
    year: int | None
    month: int | None


@dataclass(frozen=True, slots=True)
class Period:
    """A release's name, and its first and last valid day."""

    name: str
    valid_from: date
    valid_to: date


def told_in(where: str, text: str) -> Told:
    """Find year and month in a text: `2026 July Web Addendum B.07.13.26`, `July CY 2020`, `2026-04`, `Oct`.

    A year and a month that stand together come first; else a year, or a month, that is the only one.
    """
    if found := MONTH_OF_YEAR.search(text):
        return Told(where, int(found[2]), _number(found[1]))
    if found := YEAR_AND_MONTH.search(text):
        return Told(where, int(found[1]), _number(found[2]))
    if found := YEAR_AND_NUMBER.search(text):
        return Told(where, int(found[1]), int(found[2]))
    years = {int(year) for year in YEAR.findall(text)}
    months = {_number(month) for month in MONTH.findall(text)}
    return Told(where, years.pop() if len(years) == 1 else None, months.pop() if len(months) == 1 else None)


def settle(file: SourceFile, given: Given, told: Iterable[Told], cadence: Literal["quarter", "year"]) -> Period:
    """Return the period of a file from all that is said of it; the operator's day is its first.

    Errors: FileRefused if two places contradict each other, or none says enough.
    """
    day = given.effective
    said = [*told, Told("--effective", day.year, day.month)] if day else list(told)
    year = _agreed(file, [(each.where, each.year, str(each.year)) for each in said if each.year])
    if cadence == "year":
        start = day or (date(year, 1, 1) if year else None)
        end = date(start.year, 12, 31) if start else None
    else:
        quarter = _agreed(file, [(each.where, _quarter(each.month), _name(each.month)) for each in said if each.month])
        month = next((each.month for each in said if each.month), None)
        start = day or (date(year, month, 1) if year and month else None)
        end = _last_day(start.year, quarter) if start and quarter else None
    if not start or not end:
        raise FileRefused(f"{file.name} does not tell its {cadence}: add its first valid day with --effective.")
    return Period(given.release or (str(start.year) if cadence == "year" else f"{start:%B %Y}"), start, end)


def _agreed(file: SourceFile, said: Sequence[tuple[str, int, str]]) -> int | None:
    """Return the value that all places say. Errors: FileRefused naming two that differ, in words."""
    for where, value, words in said:
        if value != said[0][1]:
            raise FileRefused(f"{file.name}: {said[0][0]} says {said[0][2]}, and {where} says {words}.")
    return said[0][1] if said else None


def _number(month: str) -> int:
    return MONTHS[month[:3].casefold()]


def _name(month: int) -> str:
    return calendar.month_name[month]


def _quarter(month: int) -> int:
    """Return the last month of a month's quarter."""
    return month + -month % QUARTER


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
