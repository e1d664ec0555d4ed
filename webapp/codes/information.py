"""Data rows of code pages from a CSV file: system, code, section, field, value, meaning, source."""

from __future__ import annotations

import csv

from webapp.codes import articles, releases, sections
from webapp.codes.document import SECTIONS
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused
from webapp.extensions import db

HEADER = ["system", "code", "section", "field", "value", "meaning", "source"]
DATA_SECTIONS = tuple(SECTIONS)[list(SECTIONS).index("information") :]

Rows = dict[tuple[str, str], list[tuple[str, str, str, str, str]]]


def import_information(file: SourceFile, *, missing_only: bool = False) -> tuple[int, int]:
    """Store the rows of a CSV file; each code in it gets these rows in place of those it had.

    `missing_only` passes over codes that have rows, or that do not exist. Returns how many rows were read, and how
    many codes changed. Errors: FileRefused naming the line or column.
    """
    rows = read(file)
    changed = 0
    for (system_key, text), lines in rows.items():
        system = releases.system_named(system_key)
        code = articles.find_code(system, text)
        if missing_only and (code is None or sections.has_information(code.id)):
            continue
        if code is None:
            raise FileRefused(f"{file.name}: {system_key} has no code {text!r}.")
        if sections.store_information(code.id, lines):
            db.session.flush()
            sections.refresh(system, code)
            changed += 1
    return sum(map(len, rows.values())), changed


def read(file: SourceFile) -> Rows:
    """Read and check the rows of a file, by system and code."""
    reader = csv.reader(file.lines(), strict=True)
    found: Rows = {}
    try:
        header = next(reader, [])
        if header != HEADER:
            wrong = next((name for name, want in zip(header, HEADER, strict=False) if name != want), "")
            raise FileRefused(f"{file.name}, line 1: columns must be {','.join(HEADER)}; {wrong[:40]!r} is not.")
        for row in reader:
            if len(row) != len(HEADER):
                raise FileRefused(f"{file.name}, line {reader.line_num}: {len(row)} columns, not {len(HEADER)}.")
            system, code, section, *rest = (cell.strip() for cell in row)
            if section not in DATA_SECTIONS:
                raise FileRefused(f"{file.name}, line {reader.line_num}: {section[:40]!r} is no data section.")
            label, value, meaning, source = rest
            found.setdefault((system, code), []).append((section, label, value, meaning, source))
    except csv.Error as error:
        raise FileRefused(f"{file.name}, line {reader.line_num}: no valid CSV ({error}).") from None
    return found
