"""Rows of datasets as a test gives them, loaded like those of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

from webapp.codes.datasets import loading, reading, releases
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Parsed, Table
from webapp.codes.document import Block, Document
from webapp.codes.facts.subject import Subject
from webapp.codes.importers.files import SourceFile
from webapp.extensions import transaction

DAY = date(2026, 1, 1)
Given = Mapping[tuple[str, str], Mapping[str, str]]
"""Values by the names of their columns, under code and part; columns that are left out are empty."""


def load(tables: Mapping[str, Given], first: date = DAY, last: date | None = None, name: str = "January 2026") -> None:
    """Load a release of some datasets."""
    parsed = Parsed(name, first, last, [_table(dataset, rows) for dataset, rows in tables.items()])
    file = SourceFile(f"{name}.csv", hashlib.sha256(repr((name, first, tables)).encode()).digest())
    with transaction():
        loading.load(file, parsed)


def _table(dataset: str, rows: Given) -> Table:
    table, columns = Table(dataset), DATASETS[dataset].columns
    for (code, part), values in rows.items():
        assert set(values) <= set(columns), f"{dataset} has no column {set(values) - set(columns)}"
        table.add(code, part, tuple(values.get(column, "") for column in columns), "a row")
    return table


def subject(key: str, system: str, day: date = DAY, code_id: int = 0) -> Subject:
    """Return what a section of a code's page is made from, without a page in the database."""
    page = Document(
        system=system,
        system_name=system,
        key=key,
        code_id=code_id,
        meter_id=code_id,
        kind="code",
        title="Made-up title",
        title_is_official=True,
        billable=True,
        release="January 2026",
        release_from=DAY.isoformat(),
        release_to="",
        valid_from=DAY.isoformat(),
    )
    return Subject(page, reading.facts(key.replace(".", ""), day), day, releases.on(day))


def texts(block: Block) -> list[list[str]]:
    """Return a table's rows with links as their texts."""
    return [[str(cell) for cell in row] for row in block.rows]
