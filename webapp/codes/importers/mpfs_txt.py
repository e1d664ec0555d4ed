"""The relative value file as fixed text, in CMS's record layout of 2025: the same rows as the csv."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import text_of
from webapp.codes.listing import FileRefused

HEADING = "HDR"
SPANS = (
    *((1, 5), (6, 7), (8, 57), (58, 58), (59, 59), (60, 65), (67, 72), (73, 74), (76, 81), (82, 83), (85, 89)),
    *((91, 96), (97, 102), (103, 103), (104, 106), (107, 109), (110, 112), (113, 115), (116, 116), (117, 117)),
    *((118, 118), (119, 119), (120, 120), (128, 132), (133, 140), (142, 143), (144, 144), (146, 147), (152, 157)),
    *((159, 164), (166, 171)),
)
"""First and last position of each column, from 1, in the order of the csv of 2025."""
WIDTH = SPANS[-1][1]
TAKEN = {at for first, last in SPANS for at in range(first, last + 1)}
GAPS = [at for at in range(1, WIDTH + 1) if at not in TAKEN]


def is_fixed(file: SourceFile) -> bool:
    """Tell whether a file is fixed text: it begins with its heading."""
    return file.data.startswith(HEADING.encode())


def rows(file: SourceFile) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the rows' cells as the csv has them, each with its place.

    Errors: FileRefused at a line that is too short, or has text where the layout has none: later years may have
    columns there.
    """
    for number, line in enumerate(text_of(file).split("\n"), 1):
        line = line.rstrip("\r\x1a ")
        if not line or line.startswith(HEADING):
            continue
        where = f"{file.name}, line {number}"
        if len(line) != WIDTH:
            raise FileRefused(f"{where}: {len(line)} characters, and not {WIDTH}; is the csv beside it whole?")
        filled = next((at for at in GAPS if line[at - 1] != " "), None)
        if filled:
            raise FileRefused(f"{where}: position {filled} is no blank, as in the layout of 2025; take the csv.")
        yield where, tuple(_whole(line[first - 1 : last].strip()) for first, last in SPANS)


def _whole(cell: str) -> str:
    """Write `.10` as the csv does."""
    return f"0{cell}" if cell.startswith(".") else cell
