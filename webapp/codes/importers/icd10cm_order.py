"""The ICD-10-CM order file and the list of billable codes: text files of CDC/NCHS, complete, with no notes.

Order file: order number in columns 1-5, code without dot in 7-13, 1 for a billable code and 0 for a header in 15,
short description in 17-76, long one from 78. List of codes: code in 1-7, description from 9.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.icd10cm_names import FISCAL_YEAR_BEGINS, LISTED, ReleaseName, release_of
from webapp.codes.importers.sheets import text_of
from webapp.codes.listing import FileRefused

ORDER_LINE = re.compile(r"(?P<order>[0-9]{5}) (?P<code>.{7}) (?P<valid>[01]) (?P<short>.{60}) (?P<long>.+)")
CODE_LINE = re.compile(r"(?P<code>.{7}) (?P<long>.+)")
ABBREVIATION = 3
"""Letters of a month's name that file names have at least."""


def read_order(file: SourceFile, given: Given) -> Parsed:
    """Read an order file. Its numbers count the lines anew every year, and ascend.

    Errors: FileRefused, naming the line, when the file is not whole or no such file.
    """
    table = Table("icd10cm-order")
    above = 0
    for number, found in _matches(file, ORDER_LINE, "an order file"):
        where = f"{file.name}, line {number}"
        if int(found["order"]) <= above:
            raise FileRefused(f"{where}: order number {found['order']} does not follow {above:05}.")
        above = int(found["order"])
        values = (
            found["order"],
            found["valid"],
            _description(found["short"], where),
            _description(found["long"], where),
        )
        table.add(_code(found["code"], where), "", values, where)
    return _parsed(file, given, table)


def read_codes(file: SourceFile, given: Given) -> Parsed:
    """Read a list of billable codes. Errors: FileRefused, naming the line, when it is not whole or no such file."""
    table = Table("icd10cm-codes")
    for number, found in _matches(file, CODE_LINE, "a list of billable codes"):
        where = f"{file.name}, line {number}"
        table.add(_code(found["code"], where), "", (_description(found["long"], where),), where)
    return _parsed(file, given, table)


def _matches(file: SourceFile, layout: re.Pattern[str], kind: str) -> Iterator[tuple[int, re.Match[str]]]:
    lines = text_of(file).split("\n")
    if lines[-1].strip("\x1a \r"):
        raise FileRefused(f"{file.name}, line {len(lines)}: the file breaks off, this line has no end.")
    for number, line in enumerate(lines[:-1], 1):
        if not line.strip():
            continue
        found = layout.fullmatch(line.rstrip())
        if not found:
            raise FileRefused(f"{file.name}, line {number}: {line[:20]!r} begins no line of {kind}.")
        yield number, found


def _code(text: str, where: str) -> str:
    code = text.rstrip()
    if not LISTED.fullmatch(code):
        raise FileRefused(f"{where}: {code!r} is no code.")
    return code


def _description(text: str, where: str) -> str:
    description = " ".join(text.split())
    if not description or not description.isprintable():
        raise FileRefused(f"{where}: the description {description[:20]!r} is none.")
    return description


def _parsed(file: SourceFile, given: Given, table: Table) -> Parsed:
    if not table.rows:
        raise FileRefused(f"{file.name} holds no code.")
    release = _release(file.name, given)
    return Parsed(release.name, release.valid_from, release.valid_to, [table], read=len(table.rows))


def _release(file_name: str, given: Given) -> ReleaseName:
    """Tell a release from its file's name: `…-2026.txt` is of the fiscal year, `…-Jan-2021.txt` from January on."""
    words = re.split(r"[^0-9a-z]+", file_name.lower())
    years = {word for word in words if re.fullmatch(r"20[0-9]{2}", word)}
    if len(years) == 1:
        year = int(years.pop())
        start = _first_day(words, year, file_name)
        year = _fiscal_year(start) if start else year
    elif given.effective:
        start, year = None, _fiscal_year(given.effective)
    else:
        raise FileRefused(f"{file_name} does not tell its fiscal year; give its first day with --effective.")
    return release_of(file_name, str(year), given.release, given.effective or start)


def _fiscal_year(day: date) -> int:
    return day.year + (day.month >= FISCAL_YEAR_BEGINS)


def _first_day(words: list[str], year: int, file_name: str) -> date | None:
    """Return the day that a month in the name tells: `april`, `apr` or `april-1`."""
    for at, word in enumerate(words):
        month = next((number for number, name in enumerate(calendar.month_name) if _names(word, name)), None)
        if month:
            following = words[at + 1] if at + 1 < len(words) else ""
            day = int(following) if re.fullmatch(r"[0-9]{1,2}", following) else 1
            try:
                return date(year, month, day)
            except ValueError:
                raise FileRefused(f"{file_name} names no day there is: {word} {day}, {year}.") from None
    return None


def _names(word: str, month: str) -> bool:
    return len(word) >= ABBREVIATION and month.lower().startswith(word)
