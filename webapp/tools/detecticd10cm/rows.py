"""Findings for files and programs: rows of a table, and objects of JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from webapp.codes.export import Value
from webapp.tools.detecticd10cm.cards import may_show
from webapp.tools.detecticd10cm.engine import Finding

HEADER = ("code", "title", "status", "start", "end", "score", "term", "source")
"""`start` and `end` are places in the note, in characters, the end exclusive."""
SCORE_DIGITS = 4
Row = tuple[Value, ...]


def rows(findings: Iterable[Finding], sections: Collection[str]) -> list[Row]:
    """Return one row for each finding. `sections`: as of `cards.may_show`."""
    return [
        (
            finding.code,
            finding.title,
            finding.status,
            finding.start,
            finding.end,
            round(finding.score, SCORE_DIGITS),
            finding.term if may_show(finding.source, sections) else "",
            finding.source,
        )
        for finding in findings
    ]


def objects(findings: Iterable[Finding]) -> list[dict[str, Value]]:
    """Return what a program is told of each finding."""
    return [
        {
            "code": finding.code,
            "start": finding.start,
            "end": finding.end,
            "score": round(finding.score, SCORE_DIGITS),
            "status": finding.status,
            "term": finding.term,
        }
        for finding in findings
    ]
