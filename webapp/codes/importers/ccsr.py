"""AHRQ's groups of ICD-10-CM diagnoses: the CCSR, its categories, and the Chronic Condition Indicator Refined (CCIR).

The files are csv with single quotes inside the cells (`DXCCSR_v2026-1.csv`, `CCIR_v2026-1.csv`). v2022-1 is made for
the codes of fiscal year 2022 and holds from 1 October 2021; a later one of the same year (v2022-2) does not name its
day. A copy without the categories' texts (I10_DX, … CCSR1 to CCSR6) is read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import checks
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import Rows, find_header, records
from webapp.codes.listing import FileRefused

MOST = 6
"""Categories that a code may be in."""
PUBLISHED = (
    *("ICD-10-CM CODE", "ICD-10-CM CODE DESCRIPTION", "Default CCSR CATEGORY IP"),
    *("Default CCSR CATEGORY DESCRIPTION IP", "Default CCSR CATEGORY OP", "Default CCSR CATEGORY DESCRIPTION OP"),
    *(f"CCSR CATEGORY {at}{rest}" for at in range(1, MOST + 1) for rest in ("", " DESCRIPTION")),
)
COPIED = (
    *("I10_DX", "I10DX_text", "default_CCSR_IP", "default_CCSR_OP"),
    *(f"CCSR{at}" for at in range(1, MOST + 1)),
)
CATEGORIES = ("CCSR", "CCSR_desc", "First3", "I10DX_Chapter")
CHRONIC = ("ICD-10-CM CODE", "ICD-10-CM CODE DESCRIPTION", "*CHRONIC*")
CATEGORY = re.compile(r"[A-Z]{3}[0-9]{3}")
CATEGORY_NAME = re.compile(r"[A-Z]{3}[0-9]{3}|NoDX[0-9]|InvlDX")
"""Also the two categories of what is no diagnosis."""
INDICATOR = re.compile(r"[019]")
"""0 not chronic, 1 chronic, 9 not determined."""
VERSION = re.compile(r"v(20\d\d)-(\d)", re.IGNORECASE)
NOTHING = "NA"
"""What R writes for an empty cell."""


def read(file: SourceFile, given: Given) -> Parsed:
    """Read any of the three files, told apart by their names and headers. Errors: FileRefused."""
    rows = [[_unquoted(cell) for cell in row] for row in checks.table_of(file)]
    first = {row[0] for row in rows[:10] if row}
    if "ccir" in file.name.lower():
        table, count = _chronic(file, rows)
    elif CATEGORIES[0] in first:
        table, count = _categories(file, rows)
    else:
        table, count = _diagnoses(file, rows, COPIED[0] in first)
    checks.some(count, file)
    span = _span(file, given)
    return Parsed(span.name, span.first, span.last, [table], read=count)


def _unquoted(cell: str) -> str:
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] == "'" else cell


def _span(file: SourceFile, given: Given) -> checks.Span:
    """Return the days of the fiscal year in the name, from its first or, for a later version, from the day given."""
    found = VERSION.search(file.name)
    if found is None:
        return checks.settle(file, given, None, checks.fiscal_year)
    if found[2] != "1" and given.effective is None:
        raise FileRefused(f"{file.name} is no first version of its year; give its first valid day with --effective.")
    year = checks.fiscal_year(date(int(found[1]) - 1, 10, 1))
    return checks.settle(file, given, replace(year, name=found[0]), checks.fiscal_year)


def _diagnoses(file: SourceFile, rows: Rows, copied: bool) -> tuple[Table, int]:
    table, count = Table("ccsr"), 0
    columns = COPIED if copied else PUBLISHED
    header = find_header(rows, columns, file, more=not copied)
    inpatient, outpatient, first, step = (2, 3, 4, 1) if copied else (2, 4, 6, 2)
    for where, row in _codes(file, rows, header, len(columns)):
        count += 1
        defaults = [row[at] for at in (inpatient, outpatient)]
        groups = [group for group in row[first : len(columns) : step] if group]
        for group in (*groups, *filter(None, defaults)):
            checks.shaped(group, CATEGORY, "CCSR category", where)
        if not groups:
            raise FileRefused(f"{where}: {row[0]} is in no category.")
        for group in groups:
            table.add(row[0], group, (group, *defaults), where)
    return table, count


def _codes(file: SourceFile, rows: Rows, header: int, width: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows below the header, which may have columns more than those that are read."""
    for number, row in enumerate(rows[header + 1 :], header + 2):
        where = f"{file.name}, row {number}"
        if not any(row):
            continue
        if len(row) < width:
            raise FileRefused(f"{where}: {len(row)} cells, and not {width}.")
        checks.shaped(row[0], checks.ICD10, "ICD-10-CM code", where)
        yield where, row


def _categories(file: SourceFile, rows: Rows) -> tuple[Table, int]:
    table = Table("ccsr-categories")
    header = find_header(rows, CATEGORIES, file)
    for number, (category, label, _, chapter) in records(rows, header, len(CATEGORIES), file):
        where = f"{file.name}, row {number}"
        checks.shaped(category, CATEGORY_NAME, "CCSR category", where)
        table.add(category.upper(), "", (label, "" if chapter == NOTHING else chapter), where)
    return table, len(table.rows)


def _chronic(file: SourceFile, rows: Rows) -> tuple[Table, int]:
    """The indicator is a row's last cell: a comma in a text within single quotes parts it for a reader of csv."""
    table = Table("ccir")
    header = find_header(rows, CHRONIC, file)
    for where, row in _codes(file, rows, header, len(CHRONIC)):
        indicator = next(cell for cell in reversed(row) if cell)
        table.add(row[0], "", (checks.shaped(indicator, INDICATOR, "indicator (0, 1 or 9)", where),), where)
    return table, len(table.rows)
