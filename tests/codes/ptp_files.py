"""Tables of NCCI's edits in CMS's layout, with made-up rows, as text, as workbooks and in zips."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.codes.workbooks import workbook

HEADING = (
    "CPT only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t",
    "Column1/Column2 Edits\t\t\t\t\t\t",
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale",
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t",
    "\t\t\t\t*=no data\t1=allowed\t",
    "\t\t\t\t\t9=not applicable\t",
)
OFTEN, SELDOM = "Made-up rationale", "Another made-up rationale"
ROWS = (
    f"0001T\t36000\t\t20021001\t20041231\t1\t{SELDOM}",
    f"45378\t36000\t\t20021001\t*\t1\t{OFTEN}",
    f"45378\t45330\t*\t19960101\t*\t0\t{OFTEN}",
    f"45380\t45378\t\t20100101\t20100101\t9\t{OFTEN}",
    f"45380\t45378\t\t20110401\t*\t1\t{OFTEN}",
    f"G0105\t45378\t\t20200101\t20260630\t1\t{SELDOM}",
)
LATER = (
    *ROWS[:2],
    f"45378\t45330\t*\t19960101\t20260930\t0\t{OFTEN}",
    *ROWS[3:5],
    "G0105\t45330\t\t20261001\t*\t1\tA third made-up rationale",
)
"""The quarter after: one row changed, one gone, one new."""
NAME, LATER_NAME = "ccipra-v322r0-f1.txt", "ccipra-v323r0-f1.txt"


def text(rows: Iterable[str] = ROWS, heading: Sequence[str] = HEADING) -> str:
    return "\n".join((*heading, *rows, ""))


def write(folder: Path, rows: Iterable[str] = ROWS, name: str = NAME) -> Path:
    """Write a table, or a part of one; return where it is."""
    path = folder / name
    path.write_text(text(rows), encoding="latin-1", newline="\n")
    return path


def write_workbook(folder: Path, rows: Iterable[str] = ROWS, name: str = "ccipra-v322r0-f1.xlsx") -> Path:
    """Write a workbook as CMS do: a caption in one cell, codes and dates as numbers where they are digits."""
    captions = [
        "\n".join(filter(None, cells)) for cells in zip(*(line.split("\t") for line in HEADING[2:]), strict=True)
    ]
    cells = [
        [int(cell) if cell.isdigit() and cell[0] != "0" else cell or None for cell in row.split("\t")] for row in rows
    ]
    path = folder / name
    path.write_bytes(workbook([[HEADING[0].strip()], [HEADING[1].strip()], captions, *cells]).data)
    return path


def zipped(folder: Path, *files: Path, name: str = "edits.zip") -> Path:
    """Put files into a zip, and delete them."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
            file.unlink()
    return path
