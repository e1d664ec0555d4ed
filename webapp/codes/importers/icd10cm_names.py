"""Names and dates around the ICD-10-CM files: releases, ranges, the list of codes."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused

FISCAL_YEAR_BEGINS = 10
"""October: a release is valid for encounters from 1 October, and to 30 September of the year it is named after."""
RANGE = re.compile(r"([A-Z][0-9A-Z]{2})(?:-([A-Z][0-9A-Z]{2}))?")
LISTED = re.compile(r"[A-Z][0-9A-Z]{2,6}")
MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
IN_FILE_NAME = re.compile(rf"({'|'.join(MONTHS)})[-_ ]?(?:(\d{{1,2}})[-_ ])?(\d{{4}})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReleaseName:
    name: str
    valid_from: date
    valid_to: date


def release_of(file_name: str, version: str, name: str | None, effective: date | None) -> ReleaseName:
    """Tell a release's name and days from its file: `…-April-1-2026.xml` with version 2026 is “April 2026”.

    Errors: FileRefused if the file names no fiscal year, or its first day lies in another one.
    """
    if not re.fullmatch(r"20\d\d", version):
        raise FileRefused(f"{file_name} names no fiscal year in <version>, but {version[:20]!r}.")
    year = int(version)
    start = effective or _date_in(file_name) or date(year - 1, FISCAL_YEAR_BEGINS, 1)
    end = date(year, FISCAL_YEAR_BEGINS - 1, 30)
    if not date(year - 1, FISCAL_YEAR_BEGINS, 1) <= start <= end:
        raise FileRefused(f"{file_name} is of fiscal year {year}, in which {start.isoformat()} does not lie.")
    return ReleaseName(name or f"{start:%B %Y}", start, end)


def _date_in(file_name: str) -> date | None:
    found = IN_FILE_NAME.search(file_name)
    if not found:
        return None
    try:
        return date(int(found[3]), MONTHS[found[1].lower()], int(found[2] or 1))
    except ValueError:
        return None


def block_key(identifier: str) -> tuple[str, str, str]:
    """Return a section's key, first and last category. A section of one category gets the key `B10-B10`, since
    `B10` is the category's own. Errors: FileRefused.
    """
    found = RANGE.fullmatch(identifier)
    if not found or (found[2] or found[1]) < found[1]:
        raise FileRefused(f"A section has the id {identifier[:20]!r}, which is no range of categories.")
    first, last = found[1], found[2] or found[1]
    return f"{first}-{last}", first, last


def code_list(file: SourceFile) -> frozenset[str]:
    """Read a list of codes without dots, one in each line, first on its line (so the publisher's own codes file
    will do). Chapters and ranges among them are passed over. Errors: FileRefused naming the line.
    """
    found = set()
    for number, line in enumerate(file.lines(), 1):
        words = line.split()
        if not words or words[0].isdigit() or "-" in words[0]:
            continue
        if not LISTED.fullmatch(words[0]):
            raise FileRefused(f"{file.name}, line {number}: {words[0][:20]!r} is no code.")
        found.add(words[0])
    if not found:
        raise FileRefused(f"{file.name} holds no code.")
    return frozenset(found)
