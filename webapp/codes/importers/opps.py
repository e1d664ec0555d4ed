"""OPPS Addendum B: what hospital outpatient departments are paid for a code, as csv, tabbed text or workbook.

Read too is a conversion of it that is about, with six columns and no APC. Source: CMS, Addendum A and Addendum B
Updates.
"""

from __future__ import annotations

import re

from webapp.codes.datasets.licences import needed
from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import captions, periods, sheets
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.periods import Told
from webapp.codes.listing import FileRefused

WANTED = {
    "code": "HCPCS Code",
    "text": "Short Descriptor",
    "status": "SI",
    "apc": "APC",
    "weight": "Relative Weight",
    "rate": "Payment Rate",
    "copayment": "National Unadjusted Copayment",
    "minimum_copayment": "Minimum Unadjusted Copayment",
}
KNOWN = {
    "coinsurance": "IRA Coinsurance percentage*",
    "adjusted_copayment": "Adjusted Beneficiary Copayment*",
    "pass_through_end": "Drug and Device Pass-Through Expiration*",
    "note": "Note*",
    "changed": "*Indicates a Change*",
}
"""Columns of some years, whose order differs."""
CONVERTED = {
    "code": "HCPCSCode",
    "text": "ShortDescriptor",
    "status": "StatusIndicator",
    "rate": "PaymentRate",
    "changed": "Changed?",
    "source": "Source",
}
CHANGED = {"true": "*", "false": ""}
STATUS, APC, SOURCE = re.compile("[A-Z][0-9]?"), re.compile("[0-9]{0,4}"), re.compile("20[0-9]{2}-(0[1-9]|1[0-2])")
AMOUNTS = {"weight": 4, "rate": 2, "copayment": 2, "minimum_copayment": 2, "adjusted_copayment": 2}
"""Columns that hold amounts, and their least decimals."""
AS_PUBLISHED = ("coinsurance", "pass_through_end", "note", "changed")
Rows = list[tuple[str, dict[str, str]]]


def read(file: SourceFile, given: Given) -> Parsed:
    """Read Addendum B: status indicators, APC and payments, in dollars; descriptors apart. Errors: FileRefused."""
    rows = captions.rows_of(file, "\t" if b"HCPCS Code\t" in file.data else ",")
    if any(row and row[0] == CONVERTED["code"] for row in rows):
        told, records = _converted(rows, file)
    else:
        told, records = _published(rows, file)
    period = periods.settle(file, given, [periods.told_in("the file name", file.name), told], "quarter")
    table, texts = Table("opps"), Table("opps-text", licensed=True)
    for where, row in records:
        code = captions.code(row["code"], where)
        table.add(code, "", _values(row, where), where)
        if row["text"] and needed(code):
            texts.add(code, "", (row["text"],), where)
    if not table.rows:
        raise FileRefused(f"{file.name} holds no row.")
    return Parsed(period.name, period.valid_from, period.valid_to, [table, texts], read=len(table.rows))


def _published(rows: sheets.Rows, file: SourceFile) -> tuple[Told, Rows]:
    """Find columns and quarter as CMS publish them. A proposed rule's addendum is in force at no time."""
    head = captions.find(rows, WANTED, file, KNOWN)
    title = captions.title(rows, head, "addendum")
    if "proposed" in title.casefold():
        raise FileRefused(f"{file.name} is a proposed rule's: its title says {title[:80]!r}.")
    return periods.told_in("the title line", title), list(captions.records(rows, head, file))


def _converted(rows: sheets.Rows, file: SourceFile) -> tuple[Told, Rows]:
    """Find columns and quarter of the conversion; each row names its quarter, and all the same."""
    head = captions.find(rows, CONVERTED, file)
    records = list(captions.records(rows, head, file))
    sources = {row["source"] for _, row in records}
    for where, row in records:
        captions.matched(row["source"], SOURCE, "Source", where)
        if row["changed"] not in CHANGED:
            raise FileRefused(f"{where}: {captions.shown(row['changed'])} stands under Changed?.")
        row["changed"] = CHANGED[row["changed"]]
    if len(sources) > 1:
        raise FileRefused(f"{file.name} holds rows of more than one quarter: {', '.join(sorted(sources)[:4])}.")
    return periods.told_in("the column Source", " ".join(sources)), records


def _values(row: dict[str, str], where: str) -> tuple[str, ...]:
    """Return the values in the order of the dataset's columns."""
    status = captions.matched(row["status"], STATUS, WANTED["status"], where)
    apc = captions.matched(row.get("apc", ""), APC, "APC", where)
    amounts = {name: captions.amount(row.get(name, ""), least, where) for name, least in AMOUNTS.items()}
    told = {name: row.get(name, "") for name in AS_PUBLISHED}
    return (
        *(status, apc.zfill(4) if apc else "", amounts["weight"], amounts["rate"], amounts["copayment"]),
        *(amounts["minimum_copayment"], told["note"], told["changed"]),
        *(told["coinsurance"], amounts["adjusted_copayment"], told["pass_through_end"]),
    )
