"""The section “Edits”: NCCI's procedure-to-procedure edits of a code, both ways, and its medically unlikely units."""

from __future__ import annotations

from markupsafe import escape

from webapp.codes.datasets import ptp_edits
from webapp.codes.datasets.ptp_edits import Edit, Side
from webapp.codes.document import Block, Cell
from webapp.codes.facts.indicators import meaning
from webapp.codes.facts.subject import ICD10CM, Subject, procedure
from webapp.core.dates import long_date

SHOWN = 200
"""Edits of one table, at most; a code may have thousands."""
PTP = (
    ("ptp-practitioner", ptp_edits.PRACTITIONER, "Practitioner services"),
    ("ptp-hospital", ptp_edits.HOSPITAL, "Outpatient hospital"),
)
"""Dataset, service, and the service's name."""
PTP_COLUMNS = ["Modifier indicator", "Meaning", "Rationale", "From", "Until"]
MUE = (
    ("mue-practitioner", "Practitioner services"),
    ("mue-hospital", "Outpatient hospital"),
    ("mue-dme", "DME suppliers"),
)
MUE_COLUMNS = ["Service", "Units", "Indicator", "Meaning", "Rationale"]


def blocks(subject: Subject) -> list[Block]:
    """Return a table of each service's units, and one of its pairs for each column that the code stands in."""
    if subject.document.system == ICD10CM:
        return []
    return [*_units(subject), *_pairs(subject)]


def _units(subject: Subject) -> list[Block]:
    found = [(dataset, name, row) for dataset, name in MUE for row in subject.facts.rows(dataset)]
    if not found:
        return []
    rows: list[list[Cell]] = [
        [name, row["value"], row["indicator"], meaning("mue.mai", row["indicator"]), row["rationale"]]
        for _, name, row in found
    ]
    return [subject.table(MUE_COLUMNS, rows, *(dataset for dataset, _, _ in found))]


def _pairs(subject: Subject) -> list[Block]:
    made = []
    for dataset, service, name in PTP:
        if dataset in subject.releases:
            found = ptp_edits.of_code(subject.code, service, subject.on, SHOWN)
            made += _side(subject, dataset, found.column1, f"{name}: not paid beside {subject.code}", "Column 2")
            made += _side(subject, dataset, found.column2, f"{name}: {subject.code} is not paid beside", "Column 1")
    return made


def _side(subject: Subject, dataset: str, side: Side, said: str, column: str) -> list[Block]:
    """Return a sentence with the count, and the table of the codes on the other side of the edits."""
    if not side.edits:
        return []
    count = f"{side.count:,} edit{'' if side.count == 1 else 's'}"
    first = f", the first {len(side.edits)} by code" if side.count > len(side.edits) else ""
    rows = [_row(edit, edit.column2 if column == "Column 2" else edit.column1) for edit in side.edits]
    return [
        Block("prose", html=f"<p>{escape(said)} – {count}{first}.</p>"),
        subject.table([column, *PTP_COLUMNS], rows, dataset),
    ]


def _row(edit: Edit, other: str) -> list[Cell]:
    until = long_date(edit.deletion) if edit.deletion else ""
    words = meaning("ptp.modifier_indicator", edit.modifier)
    return [procedure(other), edit.modifier, words, edit.rationale, long_date(edit.effective), until]
