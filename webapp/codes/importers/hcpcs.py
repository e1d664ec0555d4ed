"""HCPCS Level II: codes and modifiers with their coverage, pricing and dates, as CMS publish every quarter.

Read are the published text and workbook (ANWEB), and a csv of codes and descriptions (`Code,Description,
Group_Code,Category_name`), which tells nothing else but the last days of codes that ended, behind their descriptions.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from webapp.codes.datasets.catalogue import HCPCS
from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import hcpcs_layout
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.hcpcs_layout import FIRST_RECORDS, MODIFIER_RECORDS, Record
from webapp.codes.importers.hcpcs_names import Period, group_title, period_of
from webapp.codes.importers.sheets import HEADER_WITHIN, Rows, find_header, is_workbook, records, rows_of
from webapp.codes.listing import Entry, FileRefused, Listing, Shelf

SYSTEM = "hcpcs"
SOURCE = "hcpcs"
CODE = re.compile(r"[A-CE-Z][0-9]{4}")
MODIFIER = re.compile(r"[0-9A-Z]{2}")
NOT_OURS = re.compile(r"[0-9]{4}[0-9FTUMA]|D[0-9]{4}")
"""CPT and CDT codes, whose descriptors belong to others."""
TITLE_YEAR = re.compile(r"\b(20[0-9]{2}) HCPCS\b")
LIST_COLUMNS = ("Code", "Description", "Group_Code", "Category_name")
ENDED = re.compile(r" Terminated ([A-Z][a-z]+) ([0-9]{1,2}), (20[0-9]{2})\.$")
MONTHS = list(calendar.month_name)
LATER_ROWS = 200
"""One row in so many may tell of a change after the release: more are of a later release."""
LONG, ACTION_DATE, TERMINATION = (HCPCS.index(name) for name in ("long", "action_date", "termination"))


@dataclass(slots=True)
class _Reader:
    """Collects the rows of a file, and what was left out of it."""

    file: SourceFile
    codes: Table = field(default_factory=lambda: Table("hcpcs"))
    modifiers: Table = field(default_factory=lambda: Table("hcpcs-modifiers"))
    read: int = 0
    refused: list[str] = field(default_factory=list)
    open: tuple[Record, list[str]] | None = None
    """The first record of the code that is being read, and the pieces of its description."""

    def records(self, found: Iterable[Record]) -> None:
        for record in found:
            self.read += 1
            if record.kind in FIRST_RECORDS:
                self._close()
                self.open = (record, [record.text])
            else:
                self._go_on(record)
        self._close()

    def _go_on(self, record: Record) -> None:
        where = f"{self.file.name}, line {record.number}"
        if self.open is None or not _goes_on(*self.open, record):
            raise FileRefused(
                f"{where}: the description of {record.code[:20]!r} goes on, and not where it ended above."
            )
        self.open[1].append(record.text)

    def _close(self) -> None:
        if self.open is None:
            return
        record, pieces = self.open
        self.open = None
        values = (record.short, " ".join(filter(None, pieces)), *record.details)
        self.add(record.number, record.code, values, record.kind in MODIFIER_RECORDS)

    def add(self, number: int, code: str, values: tuple[str, ...], modifier: bool = False) -> None:
        """Take a code's values. Errors: FileRefused at what is no code, stands twice, or has no description."""
        where = f"{self.file.name}, line {number}"
        if not modifier and NOT_OURS.fullmatch(code):
            self.refused.append(f"line {number}: {code} is no Level II code, left out")
            return
        if not (MODIFIER if modifier else CODE).fullmatch(code):
            raise FileRefused(f"{where}: {code[:20]!r} is no {'modifier' if modifier else 'code'} of HCPCS Level II.")
        if not values[LONG]:
            raise FileRefused(f"{where}: {code} has no description.")
        (self.modifiers if modifier else self.codes).add(code, "", values, where)


def _goes_on(first: Record, pieces: list[str], record: Record) -> bool:
    expected = (first.code, int(first.kind) + 1, first.sequence * (len(pieces) + 1))
    return expected == (record.code, int(record.kind), record.sequence)


def read(file: SourceFile, given: Given) -> Parsed:
    """Read a HCPCS Level II file: text, workbook or csv.

    Codes that ended before the release's first day are rows, but no codes of the listing.
    Errors: FileRefused, naming the line (or row) and column, when the file is not whole or no such file.
    """
    period = period_of(file.name, given)
    reader = _Reader(file)
    if is_workbook(file) or file.name.lower().endswith(".csv"):
        _read_rows(reader, rows_of(file), period)
    else:
        reader.records(hcpcs_layout.of_lines(file))
    if not reader.codes.rows:
        raise FileRefused(f"{file.name} holds no code of HCPCS Level II.")
    _check_dates(reader, period)
    return Parsed(
        period.name,
        period.valid_from,
        period.valid_to,
        tables=[table for table in (reader.codes, reader.modifiers) if table.rows],
        listing=_listing(reader, period),
        read=reader.read,
        refused=reader.refused,
    )


def _read_rows(reader: _Reader, rows: Rows, period: Period) -> None:
    if any(row and row[0].casefold() == LIST_COLUMNS[0].casefold() for row in rows[:HEADER_WITHIN]):
        _read_list(reader, rows)
        return
    reader.records(hcpcs_layout.of_rows(rows, reader.file))
    for year in (int(found) for row in rows[:HEADER_WITHIN] for found in TITLE_YEAR.findall(row[0] if row else "")):
        if year != period.valid_from.year:
            raise FileRefused(f"{reader.file.name} is titled {year}, and not {period.valid_from.year}.")


def _read_list(reader: _Reader, rows: Rows) -> None:
    header = find_header(rows, LIST_COLUMNS, reader.file)
    for number, (code, text, letter, _) in records(rows, header, len(LIST_COLUMNS), reader.file):
        if letter != code[:1]:
            raise FileRefused(f"{reader.file.name}, row {number}: {code[:20]} is none of the group {letter[:20]!r}.")
        reader.read += 1
        values = dict.fromkeys(HCPCS, "")
        values["long"], values["termination"] = _without_end(" ".join(text.split()))
        reader.add(number, code, tuple(values.values()))


def _without_end(text: str) -> tuple[str, str]:
    """Part “… Terminated December 31, 2023.” into the description and the last usable day, empty if it tells none."""
    found = ENDED.search(text)
    if found is None:
        return text, ""
    try:
        day = date(int(found[3]), MONTHS.index(found[1]), int(found[2]))
    except ValueError:
        return text, ""
    return text[: found.start()], f"{day:%Y%m%d}"


def _check_dates(reader: _Reader, period: Period) -> None:
    """Refuse a file of another quarter under this one's name: each brings changes, and none of a later one."""
    rows = [*reader.codes.rows.values(), *reader.modifiers.rows.values()]
    changes = [row[ACTION_DATE] for row in rows if row[ACTION_DATE]]
    if not changes:
        return
    newest, last = max(changes), f"{period.valid_to:%Y%m%d}"
    if newest < f"{period.begins:%Y%m%d}":
        raise FileRefused(f"{reader.file.name} ends with changes of {newest}: it is of an earlier release.")
    if LATER_ROWS * sum(change > last for change in changes) > len(rows):
        raise FileRefused(f"{reader.file.name} tells of changes on {newest}: it is of a later release.")


def _listing(reader: _Reader, period: Period) -> Listing:
    """Put the codes in force on the release's first day below their letters."""
    shelf = Shelf()
    first_day = f"{period.valid_from:%Y%m%d}"
    for (code, _), values in reader.codes.rows.items():
        if values[TERMINATION] and values[TERMINATION] < first_day:
            continue
        shelf.put(Entry(code, "code", values[LONG], billable=True), f"{code[0].lower()}-codes", group_title(code[0]))
    return Listing(
        system=SYSTEM,
        source=SOURCE,
        release=period.name,
        valid_from=period.valid_from,
        valid_to=period.valid_to,
        file_name=reader.file.name,
        sha256=reader.file.sha256,
        entries=shelf.entries,
    )
