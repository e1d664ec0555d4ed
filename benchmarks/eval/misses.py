"""Lists every error of the practice and development sets, for those who mend the tools. Never one of a blind set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.eval.score_detect import DocumentsScore, Miss
from benchmarks.eval.score_notes import NotesScore
from benchmarks.eval.score_search import Score, rank_of
from benchmarks.eval.sets import DEVELOPMENT, HELD_OUT, Document, Note, Query

MOST = 4
"""Codes that a line shows of a list."""


def of_search(name: str, queries: Sequence[Query], found: Sequence[Sequence[str]], made: Score) -> Iterator[str]:
    """Yield a line for each query whose first hit is wrong."""
    for place in made.misses if name not in HELD_OUT else ():
        query, codes = queries[place], found[place]
        rank = rank_of(query, codes) or "none"
        wanted = " ".join(query.accept[:MOST])
        yield f"{name} {query.kind}: {query.text!r} wants {wanted}, found {' '.join(codes[:MOST])} (right: {rank})"


def of_notes(name: str, notes: Sequence[Note], made: NotesScore) -> Iterator[str]:
    """Yield lines for each note with errors."""
    for miss in made.misses if name not in HELD_OUT else ():
        yield f"{name} {notes[miss.place].kind}: {notes[miss.place].text!r}\n{_told(miss)}"


def of_documents(documents: Sequence[Document], made: DocumentsScore) -> Iterator[str]:
    """Yield lines for each long text."""
    for miss in made.misses:
        yield f"{DEVELOPMENT} document {miss.place}: {documents[miss.place].text[:80]!r}…\n{_told(miss)}"


def _told(miss: Miss) -> str:
    missed = "; ".join(" ".join(item[:MOST]) for item in miss.missed)
    return f"    wrong: {' '.join(miss.wrong) or 'none'}\n    missed: {missed or 'none'}"
