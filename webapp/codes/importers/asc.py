"""The addenda of ambulatory surgical centers: AA (procedures), BB (ancillary services), EE (excluded procedures).

Each comes as a csv file, or all of them as the sheets of a workbook, in which others are passed over. The captions
carry the quarter. Source: CMS, ASC Payment Rates - Addenda.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from webapp.codes.datasets.licences import needed
from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import captions, periods, sheets
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.periods import Told
from webapp.codes.listing import FileRefused

PAID = {"indicator": "*Payment Indicator*", "weight": "*Payment Weight*", "rate": "*Payment Rate*"}
ADDENDA: Mapping[str, Mapping[str, str]] = {
    "AA": {
        "code": "HCPCS Code",
        "comment": "",
        "text": "Short Descriptor",
        "discount": "Subject to Multiple Procedure Discounting",
        **PAID,
    },
    "BB": {"code": "HCPCS Code", "comment": "", "text": "Short Descriptor", **PAID},
    "EE": {"code": "HCPCS Code", "text": "Short Descript*or"},
}
KNOWN = {"pass_through_end": "*Drug Pass-Through Expiration*"}
"""CMS write Descriptior in EE; some years' BB has a column more."""
TITLE = re.compile(r"Addendum ([A-Z]{2}[0-9]?)(?![A-Z0-9])")
INDICATOR, DISCOUNT, COMMENT = re.compile("[A-Z][0-9A-Z]"), re.compile("[YN]?"), re.compile(r"\*{0,3}|[A-Z]{2}")
EXCLUDED = "Y"
SHEET = re.compile(r"<(?:[a-z]+:)?sheet\b[^>]*?\sname=\"([^\"]*)\"")
LARGEST_CONTENTS = 1024 * 1024
"""Bytes of a workbook's list of its sheets."""


@dataclass(frozen=True, slots=True)
class Addendum:
    """One addendum, with the quarter that its captions tell."""

    table: Table
    texts: Table
    told: list[Told]


def read(file: SourceFile, given: Given) -> Parsed:
    """Read an addendum, or all of a workbook; descriptors apart. Errors: FileRefused."""
    found = [_addendum(part, rows) for part, rows in _parts(file)]
    if not found:
        raise FileRefused(f"{file.name} holds none of the addenda {', '.join(ADDENDA)}.")
    names = [each.table.dataset for each in found]
    if len(set(names)) < len(names):
        raise FileRefused(f"{file.name} holds an addendum twice.")
    told = [periods.told_in("the file name", file.name), *(each for one in found for each in one.told)]
    period = periods.settle(file, given, told, "quarter")
    tables = [table for each in found for table in (each.table, each.texts)]
    read = sum(len(each.table.rows) for each in found)
    return Parsed(period.name, period.valid_from, period.valid_to, tables, read=read)


def _parts(file: SourceFile) -> Iterator[tuple[SourceFile, sheets.Rows]]:
    """Yield a csv file, or each sheet of a workbook that is named after an addendum, as a file of its own."""
    if not sheets.is_workbook(file):
        yield file, captions.rows_of(file)
        return
    for name in _sheet_names(file):
        if re.search(rf"(?<![A-Z])({'|'.join(ADDENDA)})(?![A-Z])", name.upper()):
            yield replace(file, name=f"{file.name}, sheet {name}"), sheets.rows_of(file, name)


def _sheet_names(file: SourceFile) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive, archive.open("xl/workbook.xml") as contents:
            text = contents.read(LARGEST_CONTENTS).decode()
    except Exception as error:  # noqa: BLE001  # the package lets through whatever unpacking meets
        raise FileRefused(f"{file.name} is no whole workbook: {error}.") from None
    return [html.unescape(name) for name in SHEET.findall(text)]


def _addendum(file: SourceFile, rows: sheets.Rows) -> Addendum:
    """Read the addendum that the title names."""
    found = TITLE.search(" ".join(" ".join(cell.split()) for row in rows[:2] for cell in row))
    if found is None or found[1] not in ADDENDA:
        raise FileRefused(f"{file.name} is none of the addenda {', '.join(ADDENDA)} by its title.")
    kind = found[1]
    head = captions.find(rows, ADDENDA[kind], file, KNOWN)
    told = _told(file, rows, head)
    table = Table(f"asc-{kind.lower()}")
    texts = Table(f"{table.dataset}-text", licensed=True)
    for where, row in captions.records(rows, head, file):
        code = captions.code(row["code"], where)
        table.add(code, "", (EXCLUDED,) if kind == "EE" else _values(row, where), where)
        if row["text"] and needed(code):
            texts.add(code, "", (row["text"],), where)
    if not table.rows:
        raise FileRefused(f"{file.name} holds no row.")
    return Addendum(table, texts, told)


def _told(file: SourceFile, rows: sheets.Rows, head: captions.Head) -> list[Told]:
    """Return what title and captions say. A proposed rule's addendum is in force at no time."""
    title = captions.title(rows, head, "addendum")
    named = [" ".join(cell.split()) for cell in rows[head.row] if "payment" in cell.casefold()]
    if "proposed" in " ".join((title, *named)).casefold():
        raise FileRefused(f"{file.name} is a proposed rule's.")
    return [
        periods.told_in("the title line", title),
        *(periods.told_in(f"the caption {cell!r}", cell) for cell in named),
    ]


def _values(row: dict[str, str], where: str) -> tuple[str, ...]:
    """Return the values in the order of the dataset's columns."""
    return (
        captions.matched(row["comment"], COMMENT, "the column after HCPCS Code", where),
        captions.matched(row.get("discount", ""), DISCOUNT, "Subject to Multiple Procedure Discounting", where),
        captions.matched(row["indicator"], INDICATOR, "Payment Indicator", where),
        captions.amount(row["weight"], 4, where),
        captions.amount(row["rate"], 2, where),
    )
