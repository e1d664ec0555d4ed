"""The HCPCS Level II file (ANWEB) of CMS, in its two layouts: lines of 320 characters, and a sheet of 48 columns.

Layout: `HCPC…_recordlayout.txt` in the publisher's zip. A description that is longer than 80 characters goes on in
records of its own, which hold nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import Rows, find_header, records, text_of
from webapp.codes.listing import FileRefused

CODE_RECORDS = "34"
"""The first record of a code, and those that its description goes on in."""
MODIFIER_RECORDS = "78"
FIRST_RECORDS = CODE_RECORDS[0] + MODIFIER_RECORDS[0]
RECORD = re.compile(r"(?: {3}[0-9A-Z]{2}|[0-9A-Z]{5})[0-9]{5}[3478]")
"""How a line begins that is no part of the notice on top, whose lines are shorter."""
LONGEST_LINE = 320
LEAST_LINE = 293
"""Characters up to the last one that is never blank on a first record; editors cut off blanks."""
TEXT = slice(11, 91)


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its place (`first` counts from 1), how often it occurs, and how each value looks (blanks cut off)."""

    first: int
    width: int
    names: tuple[str, ...]
    shape: str = ".*"

    def of_line(self, line: str) -> list[str]:
        begins = range(self.first - 1, self.first - 1 + self.width * len(self.names), self.width)
        return [line[begin : begin + self.width].strip() for begin in begins]

    def value(self, cells: list[str], where: str) -> str:
        """Return the values parted by blanks. One that has a blank within is closed up, to stay one."""
        several = len(self.names) > 1
        found = [(("" if several else " ").join(cell.split())) for cell in cells if cell]
        for cell in found:
            if not re.fullmatch(self.shape, cell) or (self.shape == DATE and not is_date(cell)):
                raise FileRefused(f"{where}: {self.names[0]} (position {self.first}) cannot be {cell[:20]!r}.")
        return " ".join(found)


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}{number}" for number in range(1, count + 1))


DATE = r"[12][0-9]{7}"
SHORT = Field(92, 28, ("SHORT DESCRIPTION",))
DETAILS = (
    Field(120, 2, _numbered("PRICE", 4), r"[0-9A-Z]{2}"),
    Field(128, 1, ("MULT_PI",), r"[0-9A-Z]"),
    Field(129, 6, _numbered("CIM", 3)),
    Field(147, 8, _numbered("MCM", 3)),
    Field(171, 10, ("STATUTE",)),
    Field(181, 3, _numbered("LABCERT", 8), r"[0-9]{3}"),
    Field(205, 5, _numbered("XREF", 5), r"[0-9A-Z]{2,5}"),
    Field(230, 1, ("COV",), r"[A-Z]"),
    Field(231, 2, ("ASC_GRP",), r"[0-9A-Z]{2}"),
    Field(233, 8, ("ASC_DT",), DATE),
    Field(241, 3, ("OPPS",)),
    Field(244, 1, ("OPPS_PI",)),
    Field(245, 8, ("OPPS_DT",), DATE),
    Field(253, 4, ("PROCNOTE",), r"[0-9A-Z]{1,4}"),
    Field(257, 3, ("BETOS",), r"[0-9A-Z]{2,3}"),
    Field(261, 1, _numbered("TOS", 5), r"[0-9A-Z]"),
    Field(266, 3, ("ANEST_BU",), r"[0-9]{1,3}"),
    Field(269, 8, ("ADD DT",), DATE),
    Field(277, 8, ("ACT EFF DT",), DATE),
    Field(285, 8, ("TERM DT",), DATE),
    Field(293, 1, ("ACTION CD",), r"[A-Z]"),
)
"""In the order of the columns of the dataset `hcpcs` from `pricing` on."""
LEADING = ("HCPC", "SEQNUM", "RECID", "LONG DESCRIPTION", "SHORT DESCRIPTION")
COLUMNS = (*LEADING, *(name for field in DETAILS for name in field.names))


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the file; a code's records count on from the first: 100, 200, 300 (in a sheet 10, 20).

    `number` is the line's or row's, `details` are in the order of DETAILS, and empty on a record that only goes on.
    """

    number: int
    code: str
    sequence: int
    kind: str
    text: str
    short: str
    details: tuple[str, ...]


def is_date(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def of_lines(file: SourceFile) -> Iterator[Record]:
    """Yield the records of a text file. Errors: FileRefused at a line that is none, and at one broken off."""
    lines = text_of(file).split("\n")
    begun = False
    for number, line in enumerate((line.rstrip("\r\x1a") for line in lines), 1):
        where = f"{file.name}, line {number}"
        if RECORD.match(line):
            begun = True
            _check_width(line, number == len(lines), where)
            yield _record_of(line, number, where)
        elif line.strip() and (begun or len(line) >= LEAST_LINE):
            raise FileRefused(f"{where}: no record of the HCPCS file begins with {line[:11]!r}.")


def _check_width(line: str, last: bool, where: str) -> None:
    """A record that goes on has been seen shorter by some blanks; the file's last line ends with a line end."""
    if len(line) > LONGEST_LINE:
        raise FileRefused(f"{where}: {len(line)} characters, and not {LONGEST_LINE}.")
    if len(line) < LEAST_LINE and (line[10] in FIRST_RECORDS or last):
        raise FileRefused(f"{where} breaks off: {len(line)} characters, and not {LONGEST_LINE}.")


def _record_of(line: str, number: int, where: str) -> Record:
    code, sequence, kind = line[:5].strip(), int(line[5:10]), line[10]
    text = " ".join(line[TEXT].split())
    if kind not in FIRST_RECORDS:
        return Record(number, code, sequence, kind, text, "", ())
    details = tuple(field.value(field.of_line(line), where) for field in DETAILS)
    return Record(number, code, sequence, kind, text, SHORT.value(SHORT.of_line(line), where), details)


def of_rows(rows: Rows, file: SourceFile) -> Iterator[Record]:
    """Yield the records of a sheet. Errors: FileRefused, naming the column or row that is not as published."""
    header = find_header(rows, COLUMNS, file)
    for number, row in records(rows, header, len(COLUMNS), file):
        where = f"{file.name}, row {number}"
        cells: Mapping[str, str] = dict(zip(COLUMNS, row, strict=True))
        kind, text = cells["RECID"], " ".join(cells["LONG DESCRIPTION"].split())
        if len(kind) != 1 or kind not in CODE_RECORDS + MODIFIER_RECORDS:
            raise FileRefused(f"{where}: RECID cannot be {kind[:20]!r}.")
        if not re.fullmatch(r"[0-9]{1,5}", cells["SEQNUM"]):
            raise FileRefused(f"{where}: SEQNUM cannot be {cells['SEQNUM'][:20]!r}.")
        details = tuple(field.value([cells[name] for name in field.names], where) for field in DETAILS)
        short = SHORT.value([cells["SHORT DESCRIPTION"]], where)
        if kind not in FIRST_RECORDS:
            details = ()
        yield Record(number, cells["HCPC"], int(cells["SEQNUM"]), kind, text, short, details)
