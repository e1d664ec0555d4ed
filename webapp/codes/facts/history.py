"""The section “History”: what changed in a code and in what the datasets say of it, by the releases loaded here."""

from __future__ import annotations

from webapp.codes.document import Block, Cell
from webapp.codes.facts import record_history, version_history
from webapp.codes.facts.loaded import loaded
from webapp.codes.facts.subject import Subject, long_date

COLUMNS = ["Date", "Source", "What changed"]


def blocks(subject: Subject) -> list[Block]:
    """Return one table of changes up to the page's day, the newest first; nothing where none is known."""
    page = subject.document
    known = loaded(page.system_name, page.code_id, record_history.DATASETS_READ)
    lines = {
        *version_history.lines(page.code_id, subject.on, known),
        *record_history.lines(subject.code, subject.on, known),
    }
    if not lines:
        return []
    ordered = sorted(sorted(lines), key=lambda line: line.day, reverse=True)
    rows: list[list[Cell]] = [[long_date(line.day), line.source, line.said] for line in ordered]
    return [Block("rows", columns=COLUMNS, rows=rows)]
