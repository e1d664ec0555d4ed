"""The section “History”: what changed in a code and in what the datasets say of it, by the releases loaded here."""

from __future__ import annotations

from webapp.codes.document import Block, Cell
from webapp.codes.facts import record_history, version_history
from webapp.codes.facts.loaded import ADDED, loaded
from webapp.codes.facts.subject import ICD10CM, Subject
from webapp.core.dates import long_date

COLUMNS = ["Date", "Source", "What changed"]


def blocks(subject: Subject) -> list[Block]:
    """Return one table of changes up to the page's day, the newest first; nothing where none is known.

    The rows that are watched are those of procedures: a diagnosis may have the same plain code (E08.40 and E0840).
    """
    page = subject.document
    known = loaded(page.system_name, page.code_id, record_history.DATASETS_READ)
    lines = set(version_history.lines(page.code_id, subject.on, known))
    if page.system != ICD10CM:
        told = set(record_history.lines(subject.code, subject.on, known))
        if any(line.said == ADDED for line in told):  # the publisher's day, not that of the first release with the code
            lines = {line for line in lines if line.said != ADDED}
        lines |= told
    if not lines:
        return []
    ordered = sorted(sorted(lines), key=lambda line: line.day, reverse=True)
    rows: list[list[Cell]] = [[long_date(line.day), line.source, line.said] for line in ordered]
    return [Block("rows", columns=COLUMNS, rows=rows)]
