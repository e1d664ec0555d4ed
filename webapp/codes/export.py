"""Tables as CSV files (RFC 4180): UTF-8, lines ended by CR and LF, no cell that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from flask import Response

from webapp.access.web import PRIVATE

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet read a text as a formula, or skip to what follows."""
BOM = "\ufeff"
ROWS_AT_ONCE = 500
Value = str | int | float | None


def safe(value: Value) -> Value:
    """Return a cell's value; a text that begins like a formula gets an apostrophe before it. Numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def chunks(header: Sequence[str], rows: Iterable[Sequence[Value]], *, bom: bool = False) -> Iterator[str]:
    """Yield the text of a file, some hundred rows at a time. `bom`: for spreadsheets that take no UTF-8 without it."""
    remaining = chain([header], rows)
    mark = BOM if bom else ""
    while batch := list(islice(remaining, ROWS_AT_ONCE)):
        text = io.StringIO(newline="")
        text.write(mark)
        csv.writer(text, lineterminator="\r\n").writerows([safe(value) for value in row] for row in batch)
        yield text.getvalue()
        mark = ""


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[Value]], *, bom: bool = False) -> Response:
    """Return a file for its reader alone, sent as it is made. `name`: letters, digits, hyphens, dots.

    `rows` must not need the database: the answer's session is gone by then.
    """
    response = Response(chunks(header, rows, bom=bom), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = PRIVATE
    response.headers["X-Robots-Tag"] = "noindex"
    return response
