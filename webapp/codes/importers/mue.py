"""NCCI's medically unlikely edits: how many units of a code a claim may hold at most.

CMS publish one file a quarter for each kind of claim (`MCR_MUE_PractitionerServices_Eff_07-01-2026.csv`). Its first
record is a licence of several lines, and its heading holds a line end, so rows are records of csv, not lines. Some
values are confidential and not in the file.
"""

from __future__ import annotations

import re
from datetime import date

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import checks
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import find_header, records
from webapp.codes.listing import FileRefused

HEADER = ("HCPCS/*CPT Code", "*MUE Values", "MUE Adjudication Indicator", "MUE Rationale")
DATE = re.compile(r"(\d{2})[-_](\d{2})[-_](20\d\d)")
INDICATOR = re.compile(r"([123])(\s.*)?", re.DOTALL)
"""1: a claim line; 2: a day, by policy; 3: a day, by clinical likelihood. A text follows the digit."""
SERVICES = {"practitioner": "mue-practitioner", "outpatienthospital": "mue-hospital", "dmesupplier": "mue-dme"}
"""Kinds of claims as the file's name and its second heading call them, letters only."""


def read(file: SourceFile, given: Given) -> Parsed:
    """Read a release into the dataset of the claims that its heading names. Errors: FileRefused."""
    rows = checks.table_of(file)
    header = find_header(rows, HEADER, file)
    table = Table(_dataset(rows[header][1], file))
    span = checks.settle(file, given, _quarter_in(file.name), checks.quarter)
    for number, row in records(rows, header, len(HEADER), file):
        _take(row, f"{file.name}, row {number}", table)
    checks.some(len(table.rows), file)
    return Parsed(span.name, span.first, span.last, [table], read=len(table.rows))


def _dataset(heading: str, file: SourceFile) -> str:
    dataset = _named(heading)
    if dataset is None:
        raise FileRefused(f"{file.name}: the heading {' '.join(heading.split())[:60]!r} names no known kind of claim.")
    if _named(file.name) not in {None, dataset}:
        raise FileRefused(f"{file.name}: the heading {' '.join(heading.split())[:60]!r} is of another kind of claim.")
    return dataset


def _named(text: str) -> str | None:
    letters = re.sub(r"[^a-z]", "", text.lower())
    return next((dataset for service, dataset in SERVICES.items() if service in letters), None)


def _quarter_in(name: str) -> checks.Span | None:
    found = DATE.search(name)
    if found is None:
        return None
    try:
        return checks.quarter(date(int(found[3]), int(found[1]), int(found[2])))
    except ValueError:
        raise FileRefused(f"{name}: {found[0]} is no date as month, day and year.") from None


def _take(row: list[str], where: str, table: Table) -> None:
    code, value, indicator, rationale = row
    checks.shaped(code, checks.PROCEDURE, "code", where)
    checks.shaped(value, checks.NUMBER, "number of units", where)
    checks.shaped(indicator, INDICATOR, "adjudication indicator (1, 2 or 3)", where)
    table.add(code, "", (value, indicator[0], rationale), where)
