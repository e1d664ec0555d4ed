"""The section “Add-on and primary codes”: which codes may be billed only beside which others, by NCCI."""

from __future__ import annotations

from webapp.codes.datasets.reading import Facts, Row
from webapp.codes.document import Block, Cell
from webapp.codes.facts.indicators import meaning
from webapp.codes.facts.subject import ICD10CM, Subject, procedure
from webapp.codes.facts.wording import day, day_of

CONTRACTOR = "CCCCC"
"""Stands for primary codes that are left to the contractor."""
PAYMENT = ("mpfs", "opps", "asc-aa", "asc-bb", "asc-ee")
ENDS = ("deletion", "addon_deletion", "primary_deletion")
"""Last days: of the edit, and of either code."""
CONTRACTOR_DECIDES = "<p>The contractor decides which procedures this add-on code may be billed with.</p>"
CONTRACTOR_ADDS = "<p>The contractor may allow further primary codes.</p>"


def blocks(subject: Subject) -> list[Block]:
    """Return the add-on codes of a primary code, and the primary codes of an add-on code."""
    if subject.document.system == ICD10CM:
        return []
    addons = _in_force(subject, "aoc-primary")
    primaries = _in_force(subject, "aoc")
    named = [row for row in primaries if row["other"] != CONTRACTOR]
    others = subject.others((row["other"] for row in (*addons, *named)), *PAYMENT)
    found = [_table(subject, "Add-on code", addons, others, "aoc-primary")] if addons else []
    if len(named) < len(primaries):
        decides = CONTRACTOR_ADDS if named else CONTRACTOR_DECIDES
        found.append(subject.prose(decides, "aoc"))
    if named:
        found.append(_table(subject, "Primary code", named, others, "aoc"))
    return found


def _in_force(subject: Subject, dataset: str) -> list[Row]:
    """Return the edits that have begun and not ended; a deletion date is the last day of an edit."""
    return [
        row
        for row in subject.facts.rows(dataset)
        if (not row["effective"] or day_of(row["effective"]) <= subject.on)
        and all(day_of(row[end]) >= subject.on for end in ENDS if row[end])
    ]


def _table(subject: Subject, heading: str, edits: list[Row], others: dict[str, Facts], dataset: str) -> Block:
    columns = [heading, "MPFS status", "APC", "ASC", "Type", "In force since"]
    rows: list[list[Cell]] = [
        [procedure(edit["other"]), *_payment(others[edit["other"]]), _type(edit), _since(edit)] for edit in edits
    ]
    return subject.table(columns, rows, dataset, *_used(subject, others))


def _payment(facts: Facts) -> tuple[str, str, str]:
    """Return MPFS status, OPPS status indicator and ASC payment indicator."""
    indicator = facts.value("asc-aa", "indicator") or facts.value("asc-bb", "indicator")
    excluded = "excluded" if facts.row("asc-ee") else ""
    status = next((row["status"] for row in facts.rows("mpfs")), "")
    return status, facts.value("opps", "status"), indicator or excluded


def _type(edit: Row) -> str:
    """Return the type in words, with CMS's note; that type 2 is the contractor's affair is said by its type."""
    text = f"{edit['type']}: {meaning('aoc.edit_type', edit['type'])}"
    return f"{text} {edit['notes']}" if edit["notes"] else text


def _since(edit: Row) -> str:
    return day(edit["effective"]) if edit["effective"] else ""


def _used(subject: Subject, others: dict[str, Facts]) -> list[str]:
    """Return the datasets that say something of the other codes, as far as they are loaded."""
    said = {dataset for facts in others.values() for dataset in facts.tables}
    return [dataset for dataset in PAYMENT if dataset in said and dataset in subject.releases]
