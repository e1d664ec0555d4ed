"""Search: codes by number, by its beginning, and by words in titles and inclusion terms. Never in locked text."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    union_all,
)

from webapp.codes import bulk
from webapp.codes.listing import plain
from webapp.codes.models import Code, CodeSystem, CodeVersion, Release, Term
from webapp.codes.service import IN_FORCE, fit
from webapp.codes.terms import TITLE, words
from webapp.extensions import db

PAGE_SIZE = 20
LONGEST_QUERY = 200
MOST_WORDS = 12
LAST = "\x7f"
"""Sorts after every character of a code."""
EXACT, BEGINS = -1000, -900


@dataclass(frozen=True, slots=True)
class Hit:
    """A code that was found, and why: “code”, “title”, or the inclusion term."""

    system: str
    system_name: str
    key: str
    title: str
    billable: bool
    why: str


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits, of `total` in all. Pages count from 1."""

    hits: list[Hit]
    total: int
    page: int
    pages: int


def search(query: str, system: str | None = None, page: int = 1) -> Results:
    """Find codes. The last word may be unfinished; all words must be there. Any text is a fit query."""
    query = query[:LONGEST_QUERY]
    number, wanted = plain(query), words(query)[:MOST_WORDS]
    found = _found(number if fit(number) else "", wanted)
    if found is None:
        return Results([], 0, 1, 1)
    best = select(found.c.code_id, func.min(found.c.rank).label("rank")).group_by(found.c.code_id).subquery()
    rows = (
        select(CodeSystem.key, CodeSystem.name, Code.key, CodeVersion.title, CodeVersion.billable, Code.id, best.c.rank)
        .select_from(best)
        .join(Code, Code.id == best.c.code_id)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .join(Release, Release.id == CodeSystem.current_release_id)
        .join(CodeVersion, and_(CodeVersion.code_id == Code.id, IN_FORCE))
    )
    if system is not None:
        rows = rows.where(CodeSystem.key == system)
    total = db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    shown = rows.order_by(best.c.rank, Code.plain, CodeSystem.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    listed = db.session.execute(shown).all()
    reasons = _reasons({row[5] for row in listed if row[6] > BEGINS + 100}, wanted)
    return Results([Hit(*row[:5], reasons.get(row[5], "code")) for row in listed], total, page, pages)
