"""The section “Index terms”: the entries of the ICD-10-CM indexes and tables that lead to a code."""

from __future__ import annotations

from webapp.codes.datasets.reading import Row
from webapp.codes.document import Block, Cell
from webapp.codes.facts.subject import Subject

INDEXES = ("icd10cm-index", "icd10cm-eindex", "icd10cm-neoplasm", "icd10cm-drug")
COLUMNS = ["Index entry", "Leads to", "Kind"]
KINDS = {"code": "Code", "manifestation": "Manifestation, coded second", "see": "See", "see_also": "See also"}


def blocks(subject: Subject) -> list[Block]:
    """Return a table for each index that names the code: the entry with its levels, and the code as it stands there."""
    made = []
    for dataset in INDEXES:
        rows: list[list[Cell]] = [
            [_entry(row), row["code"], KINDS.get(row["kind"], row["kind"])] for row in subject.facts.rows(dataset)
        ]
        if rows:
            made.append(subject.table(COLUMNS, sorted(rows, key=lambda row: str(row[0]).lower()), dataset))
    return made


def _entry(row: Row) -> str:
    """Write an entry with its levels, and with its nonessential modifiers, which change nothing, in parentheses."""
    said = row["nonessential"]
    if said and not said.startswith("("):
        said = f"({said})"
    return " ".join(filter(None, (row["path"], said)))
