"""The figures of a measurement as they are written for the public page: shares from 0 to 1, milliseconds, megabytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.eval import score_search
from benchmarks.eval.score_detect import Counts, DocumentsScore
from benchmarks.eval.score_notes import NotesScore
from benchmarks.eval.sets import Note
from benchmarks.eval.timing import percentile

Figures = dict[str, Any]
"""Names and numbers, as JSON takes them."""


def of_search(name: str, files: str, made: score_search.Score, times: Sequence[float]) -> Figures:
    """Return the figures of a set of queries."""
    return {
        **_head(name, files, made.total.count, times),
        **{part: value for part, value in asdict(made.total).items() if part != "count"},
        "icd": asdict(made.icd),
        "kinds": {kind: asdict(tally) for kind, tally in sorted(made.kinds.items())},
    }


def of_notes(name: str, files: str, made: NotesScore, times: Sequence[float], notes: Sequence[Note]) -> Figures:
    """Return the figures of a set of notes."""
    return {
        **_head(name, files, len(notes), times),
        **_rates(made.codes),
        "mentions": sum(len(note.mentions) for note in notes),
        "span_f1": round(made.spans.f1, 3),
        "suppressed": round(made.let_alone, 3),
        "statuses": {status: list(counts) for status, counts in sorted(made.suppressed.items())},
        "kinds": {
            kind: {"count": counts.notes, **_rates(counts), "whole": counts.whole}
            for kind, counts in sorted(made.kinds.items())
        },
    }


def of_documents(name: str, files: str, made: DocumentsScore, times: Sequence[float]) -> Figures:
    """Return the figures of a set of documents."""
    return {
        **_head(name, files, len(made.misses), times),
        **_rates(made.codes),
        "category_f1": round(made.categories.f1, 3),
        "map": round(made.average_precision, 3),
    }


def _head(name: str, files: str, count: int, times: Sequence[float]) -> Figures:
    p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
    return {"set": name, "files": files, "count": count, "p50_ms": p50, "p95_ms": p95}


def _rates(counts: Counts) -> Figures:
    return {
        "precision": round(counts.precision, 3),
        "recall": round(counts.recall, 3),
        "f1": round(counts.f1, 3),
    }
