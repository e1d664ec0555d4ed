"""Groups of procedures: RBCS (the successor of BETOS), CCS for services and procedures, and types of service.

- `RBCS_RY_2025.csv` (CMS): one row a code; since 2021 with earlier assignments too, marked 0 in
  RBCS_Latest_Assignment, which are read over.
- `CCS_services_procedures_v2025-1.csv` (AHRQ, after a click on the AMA's terms): a title, then ranges of codes in
  single quotes, such as '61000-61055'.
- types of service: a csv or workbook of code and TOS, taken from CMS's yearly list.

The years in the names are calendar years.
"""

from __future__ import annotations

import re
from datetime import datetime

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import checks
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import find_header, records
from webapp.codes.listing import FileRefused

RBCS = (
    *("HCPCS_Cd", "RBCS_ID", "RBCS_Cat", "RBCS_Cat_Desc", "RBCS_Cat_Subcat", "RBCS_Subcat_Desc", "RBCS_FamNumb"),
    *("RBCS_Family_Desc", "RBCS_Major_Ind", "HCPCS_Cd_Add_Dt", "HCPCS_Cd_End_Dt"),
)
ASSIGNED, LATEST, SINCE = "rbcs_assignment_eff_dt", "rbcs_latest_assignment", "rbcs_analysis_start_dt"
"""The column that follows in older files, and two of those that follow in newer ones."""
RBCS_ID = re.compile(r"[A-Z][0-9A-Z][0-9]{3}[A-Z]")
DATES = ("%m/%d/%Y", "%Y-%m-%d", "%Y%m%d", "%d%b%Y")
NEVER = "9999"
"""The year in which what has no end ends."""
CCS = ("Code Range", "CCS", "CCS Label")
RANGE = re.compile(r"'?([0-9A-Z]{5})-([0-9A-Z]{5})'?")
CCS_NUMBER = re.compile(r"[0-9]{1,3}")
TOS = (("code", "tos"), ("hcpcs*", "tos*"), ("hcpcs*", "type of service*"))
TOS_VALUE = re.compile(r"[0-9A-Z]([ ,]+[0-9A-Z])*")


def read_rbcs(file: SourceFile, given: Given) -> Parsed:
    """Read a taxonomy into `rbcs`; the dates are yyyymmdd, empty for no end. Errors: FileRefused."""
    rows = checks.table_of(file)
    header = find_header(rows, RBCS, file, more=True)
    names = [name.lower() for name in rows[header]]
    if ASSIGNED not in names and not {LATEST, SINCE} <= set(names):
        raise FileRefused(f"{file.name}, row {header + 1}: no column is {ASSIGNED}, or {LATEST} and {SINCE}.")
    table, count = Table("rbcs"), 0
    since = names.index(ASSIGNED if ASSIGNED in names else SINCE)
    for number, row in records(rows, header, len(names), file):
        count += 1
        if LATEST not in names or row[names.index(LATEST)] == "1":
            _take_rbcs(row, row[since], f"{file.name}, row {number}", table)
    checks.some(len(table.rows), file)
    span = checks.settle(file, given, checks.year_in(file.name), checks.year)
    return Parsed(span.name, span.first, span.last, [table], read=count)


def _take_rbcs(row: list[str], since: str, where: str, table: Table) -> None:
    code, *values = row[: len(RBCS)]
    checks.shaped(code, checks.PROCEDURE, "code", where)
    checks.shaped(values[0], RBCS_ID, "RBCS identifier", where)
    added, ended = values[-2:]
    dates = [_date(each, where) for each in (added, ended, since)]
    table.add(code, "", (*values[:-2], *dates), where)


def _date(text: str, where: str) -> str:
    if not text or NEVER in text:
        return ""
    for layout in DATES:
        try:
            return datetime.strptime(text, layout).strftime("%Y%m%d")  # noqa: DTZ007 - a day, in no time zone
        except ValueError:
            continue
    raise FileRefused(f"{where}: {text[:20]!r} is no date.")


def read_ccs(file: SourceFile, given: Given) -> Parsed:
    """Read the ranges into `ccs`: a range stands under its first code. Errors: FileRefused."""
    rows = checks.table_of(file)
    header = find_header(rows, CCS, file)
    table = Table("ccs")
    for number, (codes, category, label) in records(rows, header, len(CCS), file):
        where = f"{file.name}, row {number}"
        found = RANGE.fullmatch(codes)
        if not found or found[2] < found[1]:
            raise FileRefused(f"{where}: {codes[:20]!r} is no range of codes.")
        first, last = (checks.shaped(each, checks.PROCEDURE, "code", where) for each in found.groups())
        category = checks.shaped(category.strip("' "), CCS_NUMBER, "CCS category", where)
        table.add(first, "", (last, category, label), where)
    checks.some(len(table.rows), file)
    span = checks.settle(file, given, checks.year_in(file.name), checks.year)
    return Parsed(span.name, span.first, span.last, [table], read=len(table.rows))


def read_tos(file: SourceFile, given: Given) -> Parsed:
    """Read a list of code and type of service into `tos`, several types parted by blanks. Errors: FileRefused."""
    rows = checks.table_of(file)
    header = _tos_header(rows, file)
    table = Table("tos")
    for number, (code, types) in records(rows, header, 2, file):
        where = f"{file.name}, row {number}"
        checks.shaped(code, checks.PROCEDURE, "code", where)
        checks.shaped(types, TOS_VALUE, "type of service", where)
        table.add(code, "", (" ".join(re.findall(r"[0-9A-Z]", types)),), where)
    checks.some(len(table.rows), file)
    span = checks.settle(file, given, checks.year_in(file.name), checks.year)
    return Parsed(span.name, span.first, span.last, [table], read=len(table.rows))


def _tos_header(rows: list[list[str]], file: SourceFile) -> int:
    for columns in TOS[1:]:
        try:
            return find_header(rows, columns, file)
        except FileRefused:
            continue
    return find_header(rows, TOS[0], file)
