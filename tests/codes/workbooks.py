"""Workbooks and csv files as publishers make them, with made-up rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import openpyxl

from webapp.codes.importers.files import SourceFile

Cells = Sequence[Sequence[object]]


def workbook(sheets: Mapping[str, Cells] | Cells, name: str = "table.xlsx") -> SourceFile:
    """Write rows as a workbook: of one sheet, or of several by name."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in (sheets if isinstance(sheets, Mapping) else {"Sheet1": sheets}).items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return SourceFile(name, stream.getvalue())


def table(rows: Cells, name: str = "table.csv", delimiter: str = ",", encoding: str = "utf-8") -> SourceFile:
    """Write rows as csv with CRLF."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return SourceFile(name, stream.getvalue().encode(encoding))
