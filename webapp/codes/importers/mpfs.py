"""The Medicare Physician Fee Schedule's relative value file (PPRRVU), as csv or as fixed text.

Above the csv's columns stand titles and captions stacked in several rows: a column is named by all of its captions.
2026 brought a column (PRIC IND) and a second file for qualifying APM participants (QPP), with a factor of its own.
Source: CMS, PFS Relative Value Files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from webapp.codes.datasets.catalogue import MPFS
from webapp.codes.datasets.licences import needed
from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import captions, mpfs_txt, periods, sheets
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.periods import Told
from webapp.codes.listing import FileRefused

CAPTIONS = (
    *("HCPCS", "MOD", "DESCRIPTION", "STATUS CODE", "NOT USED FOR MEDICARE PAYMENT", "WORK RVU", "NON-FAC PE RVU"),
    *("NON-FAC NA INDICATOR", "FACILITY PE RVU", "FACILITY NA INDICATOR", "MP RVU", "NON-FACILITY TOTAL"),
    *("FACILITY TOTAL", "PCTC IND", "GLOB DAYS", "PRE OP", "INTRA OP", "POST OP", "MULT PROC", "BILAT SURG"),
    *("ASST SURG", "CO-SURG", "TEAM SURG", "PRIC IND", "ENDO BASE", "CONV FACTOR"),
    *("PHYSICIAN SUPERVISION OF DIAGNOSTIC PROCEDURES", "CALCULATION FLAG", "DIAGNOSTIC IMAGING FAMILY INDICATOR"),
    *("NON-FACILITY PE USED FOR OPPS PAYMENT AMOUNT", "FACILITY PE USED FOR OPPS PAYMENT AMOUNT"),
    "MP USED FOR OPPS PAYMENT AMOUNT",
)
PRICING = CAPTIONS.index("PRIC IND")
"""The column that came in 2026."""
FIRST_VALUE = 3
"""Columns before: code, modifier, description."""
NUMBER, FLAG, TWO = r"[0-9]{1,5}\.[0-9]{1,4}", "[0-9A-Z]?", "[0-9A-Z]{2}"
SHAPES = {
    **dict.fromkeys(MPFS, NUMBER),
    **dict.fromkeys(("pctc", "multiple", "bilateral", "assistant", "co_surgeons", "team", "pricing"), FLAG),
    **dict.fromkeys(("non_facility_na", "facility_na"), "(NA)?"),
    "status": "[A-Z]",
    "not_used": r"\+?",
    "global_days": "[0-9A-Z]{3}",
    "endoscopic_base": f"({captions.HCPCS.pattern})?",
    "supervision": TWO,
    "calculation": FLAG,
    "imaging_family": TWO,
}
CELLS = [
    re.compile(shape, re.DOTALL)
    for shape in (captions.HCPCS.pattern, f"({TWO})?", ".*", *(SHAPES[name] for name in MPFS))
]
NAME = re.compile(r"RVU(?:20)?([0-9]{2})(?![0-9])[_-]?(?:(jan|apr|jul|oct)|(ar|[a-d])(?![a-z]))?", re.IGNORECASE)
MONTHS = {"jan": 1, "apr": 4, "jul": 7, "oct": 10, "a": 1, "ar": 1, "b": 4, "c": 7, "d": 10}
"""By name, and by the letter that CMS gives to the files of a quarter."""
QPP = re.compile(r"(?<!non)(?<!non[-_ ])qpp", re.IGNORECASE)
Cells = Iterable[tuple[str, tuple[str, ...]]]


def read(file: SourceFile, given: Given) -> Parsed:
    """Read a relative value file: indicators and values by code and modifier, descriptors apart.

    Errors: FileRefused, naming what is wrong and where.
    """
    captions.check_end(file)
    if sheets.is_workbook(file):
        raise FileRefused(f"{file.name} is a workbook, whose numbers lose their noughts; take the csv beside it.")
    told, rows = _fixed(file) if mpfs_txt.is_fixed(file) else _csv(file)
    period = periods.settle(file, given, [_told_by_name(file.name), *told], "quarter")
    qpp = bool(QPP.search(file.name))
    table = Table("mpfs-qpp" if qpp else "mpfs")
    texts = Table("mpfs-text", licensed=True)
    for where, cells in rows:
        _check(where, cells)
        code, modifier, text = cells[:FIRST_VALUE]
        table.add(code, modifier, cells[FIRST_VALUE:], where)
        if text and needed(code):
            texts.rows.setdefault((code, ""), (text,))
    if not table.rows:
        raise FileRefused(f"{file.name} holds no row.")
    # the other file of the quarter has the same texts
    tables = [table] if qpp else [table, texts]
    return Parsed(period.name, period.valid_from, period.valid_to, tables, read=len(table.rows))


def _told_by_name(name: str) -> Told:
    """Read `PPRRVU2025_Oct`, `PPRRVU25_JAN` or `RVU25D`."""
    found = NAME.search(name)
    if not found:
        return Told("the file name", None, None)
    return Told("the file name", 2000 + int(found[1]), MONTHS.get((found[2] or found[3] or "").casefold()))


def _fixed(file: SourceFile) -> tuple[list[Told], Cells]:
    """Read fixed text; its heading tells no date."""
    return [], ((where, (*row[:PRICING], "", *row[PRICING:])) for where, row in mpfs_txt.rows(file))


def _csv(file: SourceFile) -> tuple[list[Told], Cells]:
    rows = sheets.rows_of(file)
    header = next((at for at, row in enumerate(rows) if row[:FIRST_VALUE] == list(CAPTIONS[:FIRST_VALUE])), None)
    if header is None:
        raise FileRefused(f"{file.name} has no row that begins with {', '.join(CAPTIONS[:FIRST_VALUE])}.")
    top, names = _stacked(rows, header)
    width = _check_names(file, header, names)
    titles = " ".join(row[2] for row in rows[:top] if len(row) > 2 and "relative value file" in row[2].casefold())
    return [periods.told_in("the title line", titles)], _cells(file, rows, header, width)


def _stacked(rows: sheets.Rows, header: int) -> tuple[int, list[str]]:
    """Join the captions of each column; return the index of their first row too. Titles fill one column only."""
    top = header
    while top and any(rows[top - 1][FIRST_VALUE:]):
        top -= 1
    stack = rows[top : header + 1]
    width = max(map(len, stack))
    joined = (" ".join(" ".join(row[at] for row in stack if at < len(row)).split()) for at in range(width))
    return top, list(joined)


def _check_names(file: SourceFile, header: int, names: list[str]) -> int:
    """Compare the columns' names with those of the years known; return how many there are. Errors: FileRefused."""
    shut = [name.replace(" ", "") for name in names]
    wanted = [name for name in CAPTIONS if name != "PRIC IND" or "PRICIND" in shut]
    for at in range(max(len(wanted), len(names))):
        found = shut[at] if at < len(shut) else ""
        if found != (wanted[at].replace(" ", "") if at < len(wanted) else ""):
            told = repr(names[at][:50]) if found else "missing"
            want = repr(wanted[at]) if at < len(wanted) else "none"
            raise FileRefused(f"{file.name}, row {header + 1}: column {at + 1} is {told}, and {want} is wanted there.")
    return len(wanted)


def _cells(file: SourceFile, rows: sheets.Rows, header: int, width: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the rows with a place for PRIC IND, whether the file has it or not."""
    for number, row in sheets.records(rows, header, width, file):
        full = row if width == len(CAPTIONS) else [*row[:PRICING], "", *row[PRICING:]]
        yield f"{file.name}, row {number}", tuple(full)


def _check(where: str, cells: tuple[str, ...]) -> None:
    for at, (shape, cell) in enumerate(zip(CELLS, cells, strict=True)):
        captions.matched(cell, shape, CAPTIONS[at], where)
