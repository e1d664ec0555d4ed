"""What several importers check: the shapes of codes and dates, the days that a file holds, and that it is whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from webapp.codes.datasets.parsed import Given
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import Rows, is_workbook, rows_of, text_of
from webapp.codes.listing import FileRefused
from webapp.core.dates import DAY

CPT = re.compile(r"[0-9]{4}[0-9FTUMA]")
PROCEDURE = re.compile(r"[0-9]{4}[0-9FTUMA]|[A-Z][0-9]{4}")
"""A code of CPT, of HCPCS Level II, or of CDT, which Level II holds as D codes."""
ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z]{1,5}")
ICD9 = re.compile(r"[0-9]{3,5}|V[0-9]{2,4}|E[0-9]{3,4}")
NUMBER = re.compile(r"[0-9]{1,9}")
YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Span:
    """A release's name, and its first and last valid day."""

    name: str
    first: date
    last: date


def quarter(day: date) -> Span:
    """Return what holds from a day to the end of its quarter: “Q2 2026”."""
    number = (day.month + 2) // 3
    end = date(day.year + 1, 1, 1) if number == 4 else date(day.year, number * 3 + 1, 1)
    return Span(f"Q{number} {day.year}", day, end - DAY)


def year(day: date) -> Span:
    """Return what holds from a day to the end of its calendar year: “2026”."""
    return Span(str(day.year), day, date(day.year, 12, 31))


def fiscal_year(day: date) -> Span:
    """Return what holds from a day to the end of its fiscal year, which begins on 1 October before: “FY 2026”."""
    number = day.year + (day.month >= 10)
    return Span(f"FY {number}", day, date(number, 9, 30))


def year_in(name: str) -> Span | None:
    """Return the calendar year that a file's name gives."""
    found = YEAR.search(name.replace("_", " "))
    return year(date(int(found[1]), 1, 1)) if found else None


def settle(file: SourceFile, given: Given, named: Span | None, around: Callable[[date], Span]) -> Span:
    """Return a release's days: those that its file names, unless the operator gives the first.

    `around` tells from a first day how long the publisher's releases last. Errors: FileRefused if neither says
    anything, or the two disagree.
    """
    first = given.effective
    if first is None:
        if named is None:
            raise FileRefused(f"{file.name} names no date; give its first valid day with --effective.")
        return Span(given.release or named.name, named.first, named.last)
    span = named or around(first)
    if not span.first <= first <= span.last:
        raise FileRefused(f"{file.name} is of {span.name}, in which {first.isoformat()} does not lie.")
    return Span(given.release or span.name, first, span.last)


def shaped(text: str, shape: re.Pattern[str], what: str, where: str) -> str:
    """Return `text` if it has a shape. Errors: FileRefused, naming the line and what is wanted."""
    if not shape.fullmatch(text):
        raise FileRefused(f"{where}: {text[:20]!r} is no {what}.")
    return text


def calendar_date(text: str, where: str) -> str:
    """Return a date as yyyymmdd from yyyyddd (the day of the year); empty stays empty. Errors: FileRefused."""
    if not text:
        return ""
    if re.fullmatch(r"(19|20)[0-9]{5}", text):
        day = date(int(text[:4]), 1, 1) + (int(text[4:]) - 1) * DAY
        if str(day.year) == text[:4]:
            return day.strftime("%Y%m%d")
    raise FileRefused(f"{where}: {text[:20]!r} is no date as yyyyddd.")


def table_of(file: SourceFile, delimiter: str = ",", unbroken: bool = True) -> Rows:
    """Return a table's rows (see `sheets.rows_of`) with text that can be stored.

    Errors: FileRefused, also for a text file whose last line has no end, if `unbroken` asks for that: where the last
    cell is free text, nothing else tells a file that breaks off.
    """
    whole(file, unbroken)
    return rows_of(file, delimiter=delimiter)


def lines_of(file: SourceFile) -> list[str]:
    """Return a text file's lines. Errors: FileRefused if it is empty, no text, or its last line has no end."""
    whole(file)
    return re.split(r"\r\n|\r|\n", text_of(file).removesuffix("\x1a").removesuffix("\n"))


def whole(file: SourceFile, unbroken: bool = True) -> None:
    """Refuse an empty file, and one that is no text or breaks off in its last line; a workbook is checked on reading.

    Some of CMS's files end with the mark that DOS put there, which is no part of the last line.
    """
    if not file.data.strip():
        raise FileRefused(f"{file.name} is empty.")
    if is_workbook(file):
        return
    if b"\0" in file.data:
        raise FileRefused(f"{file.name} is no text: byte {file.data.index(0)} is zero.")
    if unbroken and not file.data.rstrip(b"\x1a").endswith((b"\n", b"\r")):
        raise FileRefused(f"{file.name} breaks off: its last line has no end.")


def some(count: int, file: SourceFile) -> None:
    """Refuse a file that has a header and no row below it."""
    if not count:
        raise FileRefused(f"{file.name} holds no row below its header.")
