"""Where the physician fee schedule pays what: cost indices, counties and anesthesia factors of the localities.

A locality is a contractor's number (MAC, five digits) and its own (two digits); spreadsheets drop leading noughts.
Source: CMS, in the zip of the PFS Relative Value Files; a file holds for a calendar year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import captions, periods
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.periods import Told
from webapp.codes.listing import FileRefused

GPCI = {
    "mac": "Medicare Administrative Contractor*",
    "state": "State",
    "locality": "Locality Number",
    "name": "Locality Name",
    "work": "*PW GPCI*",
    "pe": "*PE GPCI*",
    "mp": "*MP GPCI*",
}
LOCALITY = {
    "mac": "Medicare Admin*strative Contractor*",
    "locality": "Locality Number",
    "state": "State",
    "area": "Fee Schedule Area",
    "counties": "Counties",
}
ANESTHESIA = {"mac": "Contractor", "locality": "Locality", "name": "Locality Name", "factor": "National Anes CF*"}
SHORT_YEAR = re.compile(r"(?<![0-9])([0-9]{2})LOCCO", re.IGNORECASE)
DIGITS = re.compile(r"[0-9]+")
LONGEST_MAC, LONGEST_LOCALITY = 5, 2


def read_gpci(file: SourceFile, given: Given) -> Parsed:
    """Read the geographic practice cost indices (GPCI2025.csv). Errors: FileRefused."""
    parsed, rows = _open(file, given, GPCI, "gpci")
    for where, row in rows:
        mac, number = numbers(row, where)
        values = (mac, row["state"], number, _plain(row["name"]))
        indices = tuple(captions.amount(row[name], 3, where) for name in ("work", "pe", "mp"))
        _need(indices, where)
        parsed.tables[0].add(mac + number, "", (*values, *indices), where)
    return _done(file, parsed)


def read_anesthesia(file: SourceFile, given: Given) -> Parsed:
    """Read the anesthesia conversion factors (ANES2025.csv), in dollars. Errors: FileRefused."""
    parsed, rows = _open(file, given, ANESTHESIA, "anesthesia")
    for where, row in rows:
        mac, number = numbers(row, where)
        factor = captions.amount(row["factor"], 2, where)
        _need((factor,), where)
        parsed.tables[0].add(mac + number, "", (mac, number, _plain(row["name"]), factor), where)
    return _done(file, parsed)


def read_locality(file: SourceFile, given: Given) -> Parsed:
    """Read the counties of the localities (25LOCCO.csv). A state stands in the first row of its localities only.

    The publisher repeats a row here and there, which is left out. Errors: FileRefused.
    """
    parsed, rows = _open(file, given, LOCALITY, "locality")
    table, state = parsed.tables[0], ""
    for where, row in rows:
        mac, number = numbers(row, where)
        state = _plain(row["state"]) or state
        if not state:
            raise FileRefused(f"{where}: no state stands here or above.")
        values = (mac, number, state, _plain(row["area"]), row["counties"])
        parsed.read += 1
        if table.rows.get((mac + number, "")) == values:
            parsed.refused.append(f"{where}: repeats locality {number} of contractor {mac}")
        else:
            table.add(mac + number, "", values, where)
    return _done(file, parsed)


def _open(
    file: SourceFile, given: Given, wanted: Mapping[str, str], dataset: str
) -> tuple[Parsed, Iterator[tuple[str, dict[str, str]]]]:
    rows = captions.rows_of(file)
    head = captions.find(rows, wanted, file)
    title = captions.title(rows, head, "localit")
    named = " ".join(" ".join(cell.split()) for cell in rows[head.row])
    told = (
        _told_by_name(file.name),
        periods.told_in("the title line", title),
        periods.told_in("the row of captions", named),
    )
    period = periods.settle(file, given, told, "year")
    return Parsed(period.name, period.valid_from, period.valid_to, [Table(dataset)]), captions.records(rows, head, file)


def _told_by_name(name: str) -> Told:
    """Read `GPCI2025`, `ANES2025` or `25LOCCO`."""
    found = SHORT_YEAR.search(name) or re.search(r"(?:GPCI|ANES)(?:20)?([0-9]{2})(?![0-9])", name, re.IGNORECASE)
    return Told("the file name", 2000 + int(found[1]), None) if found else Told("the file name", None, None)


def numbers(row: dict[str, str], where: str) -> tuple[str, str]:
    """Return the contractor's and the locality's number, with their leading noughts. Errors: FileRefused."""
    mac, number = row["mac"], row["locality"]
    if not DIGITS.fullmatch(mac) or len(mac) > LONGEST_MAC:
        raise FileRefused(f"{where}: {captions.shown(mac)} is no contractor's number.")
    if not DIGITS.fullmatch(number) or len(number) > LONGEST_LOCALITY:
        raise FileRefused(f"{where}: {captions.shown(number)} is no locality's number.")
    return mac.zfill(LONGEST_MAC), number.zfill(LONGEST_LOCALITY)


def _plain(name: str) -> str:
    """Return a name without the asterisks that point to footnotes."""
    return name.rstrip("* ")


def _need(values: tuple[str, ...], where: str) -> None:
    if not all(values):
        raise FileRefused(f"{where}: a number is missing.")


def _done(file: SourceFile, parsed: Parsed) -> Parsed:
    rows = len(parsed.tables[0].rows)
    if not rows:
        raise FileRefused(f"{file.name} holds no row.")
    parsed.read = parsed.read or rows
    return parsed
