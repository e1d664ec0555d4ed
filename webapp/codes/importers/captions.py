"""What CMS's tables share: columns found by their captions, codes, amounts, and notes around the rows."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from webapp.codes.importers import sheets
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import HEADER_WITHIN, Rows
from webapp.codes.listing import FileRefused

HCPCS = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")
"""A code of CPT, CDT or HCPCS Level II."""
NUMBER = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,20})?|\.[0-9]{1,20})")
FINEST = Decimal("0.0001")
"""CMS publishes no finer amounts; workbooks may hold more digits than they show."""
NOTHING = {"", "."}
"""How amounts are left open."""
LONGEST_SHOWN = 10
"""Characters of a cell that a message repeats."""


class Head(NamedTuple):
    """Where a table's captions stand: the row's index, and the columns' indexes by our names for them."""

    row: int
    columns: dict[str, int]

    @property
    def width(self) -> int:
        return max(self.columns.values()) + 1


def rows_of(file: SourceFile, delimiter: str = ",") -> Rows:
    """Return the rows of a csv file or of a workbook's first sheet. Errors: FileRefused, if it breaks off too."""
    check_end(file)
    return sheets.rows_of(file, delimiter=delimiter)


def check_end(file: SourceFile) -> None:
    """Refuse a text file whose last line has no end: CMS's have, and one without was broken off."""
    if not sheets.is_workbook(file) and file.data and not file.data.endswith((b"\n", b"\r")):
        raise FileRefused(f"{file.name} breaks off: its last line has no end.")


def find(rows: Rows, wanted: Mapping[str, str], file: SourceFile, known: Mapping[str, str] | None = None) -> Head:
    """Find the columns `wanted`, given as patterns by our names and in the file's order, from the first column on.

    Columns that are `known` may stand among or after them. Capitals, and kind and number of blanks, do not matter.
    Errors: FileRefused, naming the column found and the one wanted.
    """
    first, known = next(iter(wanted.values())), known or {}
    at = next((number for number, row in enumerate(rows[:HEADER_WITHIN]) if row and _is(row[0], first)), None)
    if at is None:
        raise FileRefused(f"{file.name} has no row of captions, which begins with {first!r}.")
    captions, left, found = _trimmed(rows[at]), list(wanted.items()), dict[str, int]()
    for number, caption in enumerate(captions):
        name = next((name for name, pattern in left[:1] if _is(caption, pattern)), None)
        name = name or next((key for key, each in known.items() if key not in found and _is(caption, each)), None)
        if name is None:
            told = repr(caption[:40]) if caption else "empty"
            want = repr(left[0][1]) if left else "none"
            raise FileRefused(f"{file.name}, row {at + 1}: column {number + 1} is {told}, and {want} is wanted there.")
        found[name] = number
        left = left[1:] if left and left[0][0] == name else left
    if left:
        raise FileRefused(f"{file.name}, row {at + 1}: the column {left[0][1]!r} is missing.")
    return Head(at, found)


def records(rows: Rows, head: Head, file: SourceFile) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows below the captions by our names, each with its place; blank rows and notes are left out.

    Errors: FileRefused at a row that is narrower or wider than the captions.
    """
    for number, row in sheets.records(rows, head.row, head.width, file):
        if not is_note(row):
            yield f"{file.name}, row {number}", {name: row[at] for name, at in head.columns.items()}


def is_note(row: list[str]) -> bool:
    """Tell whether a row is a footnote: words in its first cell, and nothing else."""
    return " " in row[0] and not any(row[1:])


def title(rows: Rows, head: Head, word: str) -> str:
    """Return the first line above the captions that has a word in it; other lines name other years."""
    cells = (" ".join(cell.split()) for row in rows[: head.row] for cell in row)
    return next((cell for cell in cells if word.casefold() in cell.casefold()), "")


def code(text: str, where: str) -> str:
    """Check a code. Errors: FileRefused."""
    if not HCPCS.fullmatch(text):
        raise FileRefused(f"{where}: {shown(text)} is no code.")
    return text


def amount(text: str, decimals: int, where: str) -> str:
    """Return a number bare, with at least so many decimals: `$9,891.3 ` is `9891.30`, a single point is "".

    So csv files and workbooks of one release give the same. Errors: FileRefused.
    """
    bare = text.replace("$", "").replace(",", "").strip()
    if bare in NOTHING:
        return ""
    if not NUMBER.fullmatch(bare):
        raise FileRefused(f"{where}: {shown(text)} is no amount.")
    whole, _, part = format(Decimal(bare).quantize(FINEST), "f").partition(".")
    return f"{whole}.{part.rstrip('0').ljust(decimals, '0')}"


def matched(text: str, shape: re.Pattern[str], name: str, where: str) -> str:
    """Check a cell. Errors: FileRefused naming its column."""
    if not shape.fullmatch(text):
        raise FileRefused(f"{where}: {shown(text)} stands under {name}.")
    return text


def shown(text: str) -> str:
    """Return a cell as messages show it; of what may be a licensed text they tell the length only."""
    return repr(text) if len(text) <= LONGEST_SHOWN else f"a text of {len(text)} characters"


def _is(caption: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(_folded(caption), _folded(pattern))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _trimmed(row: list[str]) -> list[str]:
    return row[: max(at for at, cell in enumerate(row, 1) if cell)]
