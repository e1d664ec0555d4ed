"""General equivalence mappings between ICD-9-CM and ICD-10-CM, and the titles of ICD-9-CM.

CMS published the mappings yearly up to 2018, in fixed columns: source, target, and five flags (`2018_I10gem.txt`,
`2018_I9gem.txt`). NBER publish the same as csv. The titles are the last ones that CMS published
(`CMS32_DESC_LONG_DX.txt`, version 32, fiscal year 2015). None of them ends: nothing newer replaces it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import checks
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import find_header, records
from webapp.codes.listing import FileRefused

FLAGS = ("flags", "approximate", "no_map", "combination", "scenario", "choice_list")
FLAG_DIGITS = re.compile(r"[01]{3}[0-9]{2}")
NO_TARGET, NO_MAP = "nodx", "no map"
FIXED = {
    True: re.compile(r"([0-9A-Z ]{7}) ([0-9A-Za-z ]{5}) ([0-9]{5}) *"),
    False: re.compile(r"([0-9A-Z ]{5}) ([0-9A-Za-z ]{7}) ([0-9]{5}) *"),
}
"""A line of the fixed layout, by whether its source is ICD-10-CM."""
DIRECTION = re.compile(r"i(9|10)gem|icd(9|10)(?:cm)?toicd", re.IGNORECASE)
TITLES = re.compile(r"CMS(\d\d)_DESC", re.IGNORECASE)
FIRST_VERSION = 1983
"""Fiscal year before that of ICD-9-CM's version 1, so that version 32 is of 2015."""
TITLE_LINE = re.compile(r"([0-9VE][0-9]{2,4}) {1,3}(\S.*)")
Mapping = tuple[str, str, str, str]
"""Where it stands, source, target, flags."""


def read(file: SourceFile, given: Given) -> Parsed:
    """Read either direction's mappings, or the titles, as the name and the content tell. Errors: FileRefused."""
    if TITLES.search(file.name):
        return _titles(file, given)
    from_ten, mappings = _mappings_of_csv(file) if b"," in file.data[:100] else _mappings_of_fixed(file)
    named = DIRECTION.search(file.name)
    if named and ("10" in named.groups()) != from_ten:
        raise FileRefused(f"{file.name} maps from ICD-{10 if from_ten else 9}, which is not what its name says.")
    table = Table("gem-10to9" if from_ten else "gem-9to10")
    for mapping in mappings:
        _take(mapping, from_ten, table)
    checks.some(len(table.rows), file)
    return _endless(file, given, checks.year_in(file.name), table)


def _endless(file: SourceFile, given: Given, named: checks.Span | None, table: Table) -> Parsed:
    """A year in a name is a fiscal year, which begins on 1 October before."""
    fiscal = checks.fiscal_year(date(named.first.year - 1, 10, 1)) if named else None
    span = checks.settle(file, given, fiscal, checks.fiscal_year)
    return Parsed(span.name, span.first, None, [table], read=len(table.rows))


def _mappings_of_fixed(file: SourceFile) -> tuple[bool, Iterator[Mapping]]:
    """A source of ICD-10-CM is seven wide, so that the eighth column is blank; there ICD-9-CM's has its target."""
    lines = checks.lines_of(file)
    from_ten = lines[0][7:8] == " "
    return from_ten, _fixed(file, lines, from_ten)


def _fixed(file: SourceFile, lines: list[str], from_ten: bool) -> Iterator[Mapping]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{file.name}, line {number}"
        found = FIXED[from_ten].fullmatch(line)
        if not found:
            raise FileRefused(f"{where}: {line[:30]!r} is no source, target and flags in their columns.")
        yield where, found[1].rstrip(), found[2].rstrip(), found[3]


def _mappings_of_csv(file: SourceFile) -> tuple[bool, Iterator[Mapping]]:
    rows = checks.table_of(file, unbroken=False)
    from_ten = rows[0][:1] == ["icd10cm"]
    columns = ("icd10cm", "icd9cm", *FLAGS) if from_ten else ("icd9cm", "icd10cm", *FLAGS)
    header = find_header(rows, columns, file)
    return from_ten, _of_csv(file, rows, header, len(columns))


def _of_csv(file: SourceFile, rows: list[list[str]], header: int, width: int) -> Iterator[Mapping]:
    """The flags stand in the row twice: together, where a spreadsheet cuts off zeros, and one by one."""
    for number, (source, target, together, *flags) in records(rows, header, width, file):
        where = f"{file.name}, row {number}"
        if together.zfill(5) != "".join(flags):
            raise FileRefused(f"{where}: the flags are {together[:10]!r} together, and {' '.join(flags)[:20]!r} apart.")
        yield where, source, target, "".join(flags)


def _take(mapping: Mapping, from_ten: bool, table: Table) -> None:
    """Take a mapping under its ICD-10-CM code; without one, under its ICD-9-CM code."""
    where, source, target, flags = mapping
    checks.shaped(flags, FLAG_DIGITS, "row of five flags", where)
    checks.shaped(source, checks.ICD10 if from_ten else checks.ICD9, "source", where)
    if (target.lower() == NO_TARGET) != (flags[1] == "1"):
        raise FileRefused(f"{where}: the target {target[:10]!r} does not go with the flags {flags}.")
    if flags[1] == "1":
        table.add(source, NO_MAP, ("", *flags), where)
        return
    checks.shaped(target, checks.ICD9 if from_ten else checks.ICD10, "target", where)
    code, other = (source, target) if from_ten else (target, source)
    table.add(code, f"{other} {flags[3]} {flags[4]}", (other, *flags), where)


def _titles(file: SourceFile, given: Given) -> Parsed:
    table = Table("icd9-titles")
    for number, line in enumerate(checks.lines_of(file), 1):
        if not line.strip():
            continue
        where = f"{file.name}, line {number}"
        found = TITLE_LINE.fullmatch(line)
        if not found:
            raise FileRefused(f"{where}: {line[:30]!r} is no code and title.")
        table.add(checks.shaped(found[1], checks.ICD9, "code", where), "", (found[2].rstrip(),), where)
    checks.some(len(table.rows), file)
    version = TITLES.search(file.name)
    named = checks.year(date(FIRST_VERSION + int(version[1]), 1, 1)) if version else None
    return _endless(file, given, named, table)
