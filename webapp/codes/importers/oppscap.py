"""The OPPS caps on the physician fee schedule's payments for imaging, by code, modifier and locality.

The file's name tells the month, and nothing in it the year: the operator does, with --effective.
Source: CMS, OPPSCAP in the zip of the PFS Relative Value Files.
"""

from __future__ import annotations

import re

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import captions, mpfs_places, periods
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused

WANTED = {
    "code": "HCPCS",
    "modifier": "MOD",
    "status": "PROCSTAT",
    "mac": "CARRIER",
    "locality": "LOCALITY",
    "facility": "FACILITY PRICE",
    "non_facility": "NON-FACIL*TY PRICE",
}
"""CMS write NON-FACILTY."""
SHAPES = {
    "modifier": re.compile("([0-9A-Z]{2})?"),
    "status": re.compile("[A-Z]"),
}


def read(file: SourceFile, given: Given) -> Parsed:
    """Read the caps, in dollars; the part is modifier, contractor and locality: `TC 01112 05`, `01112 05`.

    Errors: FileRefused.
    """
    rows = captions.rows_of(file)
    head = captions.find(rows, WANTED, file)
    period = periods.settle(file, given, [periods.told_in("the file name", file.name)], "quarter")
    table = Table("oppscap")
    for where, row in captions.records(rows, head, file):
        for name, shape in SHAPES.items():
            captions.matched(row[name], shape, WANTED[name], where)
        prices = tuple(captions.amount(row[name], 2, where) for name in ("facility", "non_facility"))
        mac, locality = mpfs_places.numbers(row, where)
        part, values = f"{row['modifier']} {mac} {locality}".strip(), (row["status"], mac, locality, *prices)
        table.add(captions.code(row["code"], where), part, values, where)
    if not table.rows:
        raise FileRefused(f"{file.name} holds no row.")
    return Parsed(period.name, period.valid_from, period.valid_to, [table], read=len(table.rows))
