"""Runs all sets through the two tools of one data folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from flask import Flask

from benchmarks.eval import figures, folder, misses, process, sets
from benchmarks.eval.figures import Figures
from benchmarks.eval.score_detect import Found, score_documents
from benchmarks.eval.score_notes import score_notes
from benchmarks.eval.score_search import HCPCS, LOOKED_AT, score
from benchmarks.eval.timing import timed
from webapp.codes.search import Results, search
from webapp.codes.terms import keeping
from webapp.tools.detecticd10cm.service import Detection, detect

Tell = Callable[[Iterable[str]], None]
"""What is done with lists of errors."""


def measure(app: Flask, data: Path, files: str, seconds: float | None, tell: Tell) -> Figures:
    """Return all figures of the current application on a folder with `files`; `seconds` is what its store took."""
    store = keeping.current()
    billable = folder.billable(store, keeping.days(store)[0])
    size = {"files": files, "codes": len(store.code_plain), "terms": len(store.term_code)}
    built = {"build_s": None if seconds is None else round(seconds, 1)}
    return {
        "search": list(_searched(app, files, tell)),
        "notes": list(_notes(app, files, billable, tell)),
        "codiesp": list(_documents(app, files, billable, tell)),
        "stores": [size | built | process.measured(data)],
    }


def _searched(app: Flask, files: str, tell: Tell) -> Iterable[Figures]:
    for name, queries in sets.queries().items():
        asked = [query for query in queries if files == folder.EVERYTHING or query.kind != HCPCS]
        answers, times = timed([query.text for query in asked], _search, lambda: folder.fresh(app))
        found = [[hit.key for hit in results.hits] for results in answers]
        made = score(asked, found)
        tell(misses.of_search(name, asked, found, made))
        yield figures.of_search(name, files, made, times)


def _search(text: str) -> Results:
    return search(text, size=LOOKED_AT)


def _notes(app: Flask, files: str, billable: frozenset[str], tell: Tell) -> Iterable[Figures]:
    for name, notes in sets.notes().items():
        answers, times = timed([note.text for note in notes], detect, lambda: folder.fresh(app))
        made = score_notes(notes, [present(answer) for answer in answers], billable)
        tell(misses.of_notes(name, notes, made))
        yield figures.of_notes(name, files, made, times, notes)


def _documents(app: Flask, files: str, billable: frozenset[str], tell: Tell) -> Iterable[Figures]:
    documents = sets.documents()
    if documents:
        answers, times = timed([each.text for each in documents], detect, lambda: folder.fresh(app))
        made = score_documents(documents, [present(answer) for answer in answers], billable)
        tell(misses.of_documents(documents, made))
        yield figures.of_documents(sets.DEVELOPMENT, files, made, times)


def present(detection: Detection) -> list[Found]:
    """Return what a detection says is present."""
    return [
        Found(finding.code, finding.start, finding.end, finding.score)
        for finding in detection.findings
        if finding.status == "present"
    ]
