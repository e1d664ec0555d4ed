"""NCCI's add-on code edits: which codes may be billed only beside which primary codes.

CMS publish them every quarter, as a workbook and as text parted by tabs (`AOC_V2026Q2-MCR.xlsx`). Type 1 edits name
the primary codes, type 2 leave them to the contractor (`CCCCC`), type 3 name some and leave others to the contractor.
Deleted edits stay in the file with their dates.
"""

from __future__ import annotations

import re
from datetime import date

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import checks
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import find_header, records
from webapp.codes.listing import FileRefused

HEADER = (
    *("AOC_Edit_Type", "Add-On_Code", "AOC_DelDT", "Primary_Code", "Primary_Code_DelDT"),
    *("AOC_Edit_EffDT", "AOC_Edit_DelDT", "Special_Instruction_Notes"),
)
NAME = re.compile(r"AOC_?V(20\d\d)Q([1-4])", re.IGNORECASE)
TYPE = re.compile(r"[123]")
CONTRACTOR = "CCCCC"


def read(file: SourceFile, given: Given) -> Parsed:
    """Read a release into `aoc`, by add-on, and `aoc-primary`, by primary code. Errors: FileRefused."""
    rows = checks.table_of(file, "\t")
    header = find_header(rows, HEADER, file)
    span = checks.settle(file, given, _quarter_in(file.name), checks.quarter)
    addons, primaries = Table("aoc"), Table("aoc-primary")
    count = 0
    for number, row in records(rows, header, len(HEADER), file):
        _take(row, f"{file.name}, row {number}", addons, primaries)
        count += 1
    checks.some(count, file)
    return Parsed(span.name, span.first, span.last, [addons, primaries], read=count)


def _quarter_in(name: str) -> checks.Span | None:
    found = NAME.search(name)
    return checks.quarter(date(int(found[1]), int(found[2]) * 3 - 2, 1)) if found else None


def _take(row: list[str], where: str, addons: Table, primaries: Table) -> None:
    """Take an edit. The same pair of codes comes again where an edit was deleted and made anew."""
    kind, addon, addon_end, primary, primary_end, start, end, notes = row
    checks.shaped(kind, TYPE, "edit type (1, 2 or 3)", where)
    checks.shaped(addon, checks.PROCEDURE, "code", where)
    if primary != CONTRACTOR:
        checks.shaped(primary, checks.PROCEDURE, "code", where)
    start, end, addon_end, primary_end = (
        checks.calendar_date(each, where) for each in (start, end, addon_end, primary_end)
    )
    if not start:
        raise FileRefused(f"{where}: the edit has no first day.")
    rest = (start, end, addon_end, primary_end, notes.removeprefix('"').removesuffix('"'))
    addons.add(addon, f"{primary} {kind} {start}", (kind, primary, *rest), where)
    if primary != CONTRACTOR:
        primaries.add(primary, f"{addon} {kind} {start}", (kind, addon, *rest), where)
