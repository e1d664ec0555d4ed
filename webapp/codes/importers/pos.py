"""Place of service codes: the table of CMS's web page, as csv or workbook."""

from __future__ import annotations

import calendar
import re
from datetime import date

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import find_header, records, rows_of
from webapp.codes.listing import FileRefused

COLUMNS = ("pos_code", "pos_type", "pos_name", "pos_description")
TYPES = {"Facility", "Non-Facility"}
"""Which of the two payment amounts of the fee schedule a place has."""
CODE = re.compile(r"[0-9]{2}")
DATED = re.compile(r"(?<![0-9])(20[0-9]{2})[-_]?(0[1-9]|1[0-2])(?:[-_]?([0-3][0-9]))?(?![0-9])")
"""A date in the file's name, with or without a day: `2026-01`, `20260101`."""


def read(file: SourceFile, given: Given) -> Parsed:
    """Read the table. It is published as needed, so a release has no last day.

    Errors: FileRefused, naming the row, when the table is not whole or no such table, or nothing tells its first day.
    """
    rows = rows_of(file)
    table = Table("pos")
    header = find_header(rows, COLUMNS, file)
    for number, row in records(rows, header, len(COLUMNS), file):
        where = f"{file.name}, row {number}"
        code, kind, name, description = (" ".join(cell.split()) for cell in row)
        if not CODE.fullmatch(code):
            raise FileRefused(f"{where}: {code[:20]!r} is no place of service, which has two digits.")
        if kind not in TYPES:
            raise FileRefused(f"{where}: pos_type is {kind[:20]!r}, and neither {' nor '.join(sorted(TYPES))}.")
        if not name:
            raise FileRefused(f"{where}: {code} has no name.")
        table.add(code, "", (kind, name, description), where)
    if not table.rows:
        raise FileRefused(f"{file.name} holds no place of service.")
    start = given.effective or _date_in(file.name)
    name = given.release or f"{calendar.month_name[start.month]} {start.year}"
    return Parsed(name, start, None, [table], read=len(table.rows))


def _date_in(file_name: str) -> date:
    found = DATED.search(file_name)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        pass
    raise FileRefused(f"{file_name} does not tell its first day; give it with --effective.")
