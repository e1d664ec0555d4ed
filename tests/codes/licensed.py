"""Licensed texts in tests: made-up files with them, and where in a database a text is found."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date

from sqlalchemy import inspect, text

from tests.codes import fee_files
from webapp.codes.datasets import licences, loading
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import asc, cpt, mpfs, opps
from webapp.codes.importers.files import SourceFile
from webapp.extensions import db, transaction

MARK = fee_files.SECRET
"""Begins every licensed text of the made-up files."""
LINE = "CPT © 2025 of nobody. All rights reserved."
LONG = SourceFile("LONGULT 2026.txt", f"10001\t{MARK} in full\r\n10004\t{MARK} four in full\r\n".encode())


def install(system: str, until: date | None = None) -> None:
    with transaction():
        licences.install(system, "The tests", LINE, until)


def load() -> None:
    """Load files of CMS and of the AMA by the importers, none of them blanked."""
    reading = [
        (mpfs.read, fee_files.fees()),
        (opps.read, fee_files.addendum_b()),
        (asc.read, fee_files.addendum(fee_files.AA, "aa.csv")),
        (asc.read, fee_files.addendum(fee_files.BB, "bb.csv")),
        (asc.read, fee_files.addendum(fee_files.EE, "ee.csv")),
        (cpt.read, LONG),
    ]
    for read, file in reading:
        given = Given(effective=date(2020, 7, 1)) if read is asc.read else Given()
        with transaction():
            loading.load(file, read(file, given))


def tables_with(mark: str = MARK) -> set[str]:
    """Return the tables in which a text stands, packed pages and what the database knows of columns among them."""
    db.session.rollback()
    return {table for table in _tables() if any(mark in value for value in _values(table))}


def _tables() -> list[str]:
    if db.engine.dialect.name == "sqlite":
        named = text("SELECT name FROM sqlite_master WHERE type = 'table'")  # those of the full-text index too
        return list(db.session.scalars(named))
    return [*inspect(db.engine).get_table_names(), "pg_stats", "pg_statistic"]


def _values(table: str) -> Iterator[str]:
    for row in db.session.execute(text(f'SELECT * FROM "{table}"')):
        yield " ".join(_unpacked(value) if isinstance(value, bytes) else str(value) for value in row)


def _unpacked(value: bytes) -> str:
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(value) + inflater.unused_data
    except zlib.error:
        inflated = value
    return inflated.decode("utf-8", "replace")
