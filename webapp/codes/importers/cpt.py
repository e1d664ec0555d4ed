"""The AMA's CPT data files, for operators who hold a licence. All of it goes into licensed tables, and nowhere else.

The kind is told by the name: LONGULT, LONGUT (code, tab, text), LONGULF, LONGUF (fixed, a long text goes on in
further lines of the same code), MEDU, SHORTU, MODUL (modifiers), ConsumerDescriptor and ClinicianDescriptor (a
workbook, or text parted by tabs). A notice comes before the first code of a text file.
"""

from __future__ import annotations

import re

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import checks
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import find_header, records
from webapp.codes.listing import FileRefused

KINDS = {
    "LONGULT": "cpt-long",
    "LONGUT": "cpt-long",
    "LONGULF": "cpt-long",
    "LONGUF": "cpt-long",
    "MEDU": "cpt-medium",
    "SHORTU": "cpt-short",
    "MODUL": "cpt-modifiers",
    "CONSUMERDESCRIPTOR": "cpt-consumer",
    "CLINICIANDESCRIPTOR": "cpt-clinician",
}
"""Datasets by what a file's name holds."""
CODE_LINE = re.compile(r"([0-9]{4}[0-9FTUMA])[\t ]+(\S.*)")
MODIFIER_LINE = re.compile(r"([0-9]{2}|[0-9][A-Z]|[A-Z][0-9])[\t ]+(\S.*)|([A-Z]{2})(?:\t| {2,})[\t ]*(\S.*)")
"""Two letters are taken for a modifier only where more than one blank follows: they may be a word."""
CONSUMER = ("Concept Id*", "CPT Code", "Consumer*Descriptor")
CLINICIAN = ("Concept Id*", "CPT Code", "Clinician Descriptor Id*", "Clinician Descriptor")


def read(file: SourceFile, given: Given) -> Parsed:
    """Read one file into its licensed table. Errors: FileRefused, also for a name that tells no kind or year."""
    dataset = _dataset(file)
    span = checks.settle(file, given, checks.year_in(file.name), checks.year)
    parsed = Parsed(span.name, span.first, span.last)
    if dataset == "cpt-consumer":
        table = _descriptors(file, dataset, CONSUMER, parsed)
    elif dataset == "cpt-clinician":
        table = _descriptors(file, dataset, CLINICIAN, parsed)
    else:
        table = _texts(file, dataset, parsed)
    checks.some(len(table.rows), file)
    parsed.tables.append(table)
    return parsed


def _dataset(file: SourceFile) -> str:
    name = file.name.upper()
    found = next((dataset for kind, dataset in KINDS.items() if kind in name), None)
    if found is None:
        raise FileRefused(f"{file.name} is named like none of the AMA's files: {', '.join(KINDS)}.")
    return found


def _texts(file: SourceFile, dataset: str, parsed: Parsed) -> Table:
    """Read lines of code and text, and join those that follow each other with the same code."""
    table = Table(dataset, licensed=True)
    shape = MODIFIER_LINE if dataset == "cpt-modifiers" else CODE_LINE
    last = ""
    for number, line in enumerate(checks.lines_of(file), 1):
        where = f"{file.name}, line {number}"
        found = shape.fullmatch(line.strip())
        if found:
            code, text = (group for group in found.groups() if group is not None)
            if code == last:
                text = f"{table.rows.pop((code, ''))[0]} {text}"
            table.add(code, "", (text.strip(),), where)
            last = code
            parsed.read += 1
        elif last and line.strip():
            parsed.refused.append(f"{where}: does not begin with a code, left out")
    if len(parsed.refused) > len(table.rows):
        raise FileRefused(f"{file.name}: more lines are without a code than with one, {parsed.refused[0]}.")
    return table


def _descriptors(file: SourceFile, dataset: str, columns: tuple[str, ...], parsed: Parsed) -> Table:
    """Read a table of descriptors. A code has one for consumers, and any number for clinicians, numbered as they come.

    A spreadsheet may have made numbers of the codes, without the zeros before them.
    """
    table = Table(dataset, licensed=True)
    rows = checks.table_of(file, "\t")
    header = find_header(rows, columns, file)
    count: dict[str, int] = {}
    for number, row in records(rows, header, len(columns), file):
        where = f"{file.name}, row {number}"
        code = checks.shaped(row[1].zfill(5), checks.CPT, "CPT code", where)
        parsed.read += 1
        if not row[-1]:
            parsed.refused.append(f"{where}: {code} has no text, left out")
            continue
        count[code] = count.get(code, 0) + 1
        table.add(code, f"{count[code]:04}" if dataset == "cpt-clinician" else "", (row[-1],), where)
    return table
