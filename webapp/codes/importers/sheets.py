"""Tables in files: csv and workbooks (xlsx), told apart by their content and read as rows of text."""

from __future__ import annotations

import csv
import fnmatch
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

import openpyxl

from webapp.codes.importers.files import LARGEST_FILE, SourceFile
from webapp.codes.listing import FileRefused

ZIPPED = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
MOST_ROWS = 1_048_576
"""Rows that a sheet can have."""
MOST_CELLS = 40_000_000
"""Cells of a sheet, empty ones among them; the largest of any publisher here has an eighth of it."""
HEADER_WITHIN = 60
"""Rows in which a header is looked for: titles and notices come first."""
CARRIAGE_RETURN = "_x000D_"
"""How workbooks write the first half of a line's end within a cell."""

Rows = list[list[str]]


def text_of(file: SourceFile) -> str:
    """Return a text file's text: UTF-8 with or without its mark, else Windows' Latin-1, as CMS write."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return file.data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return file.data.decode("latin-1")


def is_workbook(file: SourceFile) -> bool:
    """Tell whether a file is an xlsx, whatever its name says."""
    return file.data.startswith(ZIPPED)


def rows_of(file: SourceFile, sheet: str | None = None, delimiter: str = ",") -> Rows:
    """Return the rows of a csv file, or of a sheet of a workbook (the first, if none is named).

    Row n of the file is item n - 1, blank ones included. Cells are text, blanks at their ends cut off: numbers as
    a spreadsheet shows them (`12`, not `12.0`), dates as yyyymmdd, empty cells as "". A row of a csv file is as wide
    as it is in the file, one of a workbook as the widest of its sheet. Quoted cells may hold line ends, which is why
    messages count rows, not lines. `sheet` is for workbooks only, and `delimiter` for others.

    Errors: FileRefused if the file is empty, broken off, no such file, or unpacks to more than any sheet holds.
    """
    if file.data.startswith(OLD_WORKBOOK):
        raise FileRefused(f"{file.name} is a workbook of the old kind (xls); save it as xlsx or csv.")
    rows = _rows_of_workbook(file, sheet) if is_workbook(file) else _rows_of_text(file, delimiter)
    if not any(any(row) for row in rows):
        raise FileRefused(f"{file.name} is empty.")
    return rows


def find_header(rows: Rows, wanted: Sequence[str], file: SourceFile, more: bool = False) -> int:
    """Return the index of the row that names the columns `wanted`.

    `wanted` are patterns (`*` stands for anything) matched without regard to capitals and to the kind and number of
    blanks, so that `*payment rate` finds `July CY 2020\\nPayment  Rate`, and "" an empty cell. With `more`, further
    columns may follow. Errors: FileRefused, naming the first column of the likeliest row that differs.
    """
    best, index = -1, 0
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        alike = _alike(row, wanted)
        if alike == len(wanted) and (more or not any(row[alike:])):
            return number
        if alike > best:
            best, index = alike, number
    found = rows[index][best] if best < len(rows[index]) else ""
    told = repr(" ".join(found.split())[:40]) if found else "empty"
    name = repr(wanted[best]) if best < len(wanted) else "the end"
    raise FileRefused(f"{file.name}, row {index + 1}: column {best + 1} is {told}, and {name} is wanted there.")


def records(rows: Rows, header: int, width: int, file: SourceFile) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the header, blank ones left out, each with its number in the file and cut to `width`.

    Errors: FileRefused at a row that is narrower, or has more in it than `width` cells.
    """
    for number, row in enumerate(rows[header + 1 :], header + 2):
        if not any(row):
            continue
        if len(row) < width or any(row[width:]):
            raise FileRefused(f"{file.name}, row {number}: {_filled(row, width)} cells, and not {width}.")
        yield number, row[:width]


def _filled(row: list[str], width: int) -> int:
    return max(len(row) if len(row) < width else 0, max(at for at, cell in enumerate(row, 1) if cell))


def _alike(row: list[str], wanted: Sequence[str]) -> int:
    """Count the cells that are as wanted, up to the first that is not."""
    for at, pattern in enumerate(wanted):
        if at >= len(row) or not fnmatch.fnmatchcase(_folded(row[at]), _folded(pattern)):
            return at
    return len(wanted)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _rows_of_text(file: SourceFile, delimiter: str) -> Rows:
    """Read csv; `strict` finds a quoted cell that the file breaks off in."""
    reader = csv.reader(io.StringIO(text_of(file), newline=""), delimiter=delimiter, strict=True)
    try:
        return [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise FileRefused(f"{file.name}, line {reader.line_num}: {error}.") from None


def _rows_of_workbook(file: SourceFile, sheet: str | None) -> Rows:
    try:
        _check(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that it leaves out
            return _padded(_read(file, sheet))
    except FileRefused:
        raise
    except Exception as error:  # noqa: BLE001  # the package lets through whatever its parsing meets
        raise FileRefused(f"{file.name} is no whole workbook: {type(error).__name__}: {error}.") from None


def _check(file: SourceFile) -> None:
    """Refuse what unpacks to more than any publisher's file, and documents that could define entities."""
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_FILE:
            raise FileRefused(f"{file.name} unpacks to more than any file of this kind.")
        for member in archive.infolist():
            with archive.open(member) as part:
                if b"<!DOCTYPE" in part.read(4096).replace(b"\0", b"").upper():
                    raise FileRefused(f"{member.filename} in {file.name} declares a document type.")


def _read(file: SourceFile, sheet: str | None) -> Rows:
    book = openpyxl.load_workbook(io.BytesIO(file.data), read_only=True, data_only=True)
    names = {each.title.strip().casefold(): each for each in book.worksheets}
    wanted = sheet.strip().casefold() if sheet is not None else next(iter(names), "")
    if wanted not in names:
        raise FileRefused(f"{file.name} has no sheet {wanted!r} among {', '.join(map(repr, names)) or 'none'}.")
    names[wanted].reset_dimensions()  # the stated ones are often wrong
    rows: Rows = []
    cells = 0
    for row in names[wanted].iter_rows(values_only=True):
        cells += len(row)
        if len(rows) >= MOST_ROWS or cells > MOST_CELLS:
            raise FileRefused(f"{file.name} holds more rows or cells than a sheet of any publisher.")
        rows.append(_trimmed([_shown(value) for value in row]))
    return rows


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _padded(rows: Rows) -> Rows:
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _shown(value: object) -> str:
    """Return a cell's value as text. A float is rounded to the 15 digits that spreadsheets keep."""
    match value:
        case None:
            return ""
        case str():
            return value.replace(CARRIAGE_RETURN, "").strip()
        case bool():
            return str(value).upper()
        case float():
            return str(int(value)) if value.is_integer() else format(Decimal(f"{value:.15g}"), "f")
        case datetime() | date():
            return value.strftime("%Y%m%d")
        case _:
            return str(value)
