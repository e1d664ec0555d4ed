"""Search: codes by number, by its beginning, and by words in titles and inclusion terms. Never in locked text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, column, func, select, table, text, union_all
from sqlalchemy.sql.selectable import Subquery

from webapp.codes import bulk
from webapp.codes.listing import plain
from webapp.codes.models import Code, CodeSystem, CodeVersion, Release, Term
from webapp.codes.queries import IN_FORCE, fit
from webapp.codes.terms import INCLUSION_AFTER, words
from webapp.extensions import db

PAGE_SIZE = 20
LONGEST_QUERY = 200
MOST_WORDS = 12
LAST = "\x7f"
"""Sorts after every character of a code."""
BEGINS = -1000
"""Rank of a code that is what was asked for; one that begins so comes after it by its further length."""


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


def search(query: str, system: str | None = None, page: int = 1, *, show_terms: bool = True) -> Results:
    """Find codes. The last word may be unfinished; all words must be there. Any text is a fit query.

    `show_terms`: whether a hit may quote the inclusion term that it was found by.
    """
    query = query[:LONGEST_QUERY]
    number, wanted = plain(query), words(query)[:MOST_WORDS]
    found = [*([by_number(number)] if fit(number) else []), *([by_words(wanted)] if wanted else [])]
    if not found:
        return Results([], 0, 1, 1)
    page = max(page, 1)
    rows = _rows(union_all(*found).subquery(), system)
    listed = db.session.execute(rows.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).all()
    if not listed and page > 1:
        return search(query, system, search(query, system).pages, show_terms=show_terms)
    total = listed[0].total if listed else 0
    by_term = {row.id: row.rank for row in listed if row.rank >= INCLUSION_AFTER}
    inclusions = inclusion_terms(by_term, wanted) if show_terms else dict.fromkeys(by_term, "")
    hits = [
        Hit(system_key, name, key, title, billable, why(rank, inclusions.get(code_id, "")))
        for system_key, name, key, title, billable, code_id, rank, _ in listed
    ]
    return Results(hits, total, page, max(1, -(-total // PAGE_SIZE)))


def by_number(number: str) -> Select[int, int]:
    """Select the codes that begin with a number, with their ranks: the code itself, then the shorter ones."""
    length = func.length(Code.plain) - len(number)
    return select(Code.id.label("code_id"), (length + BEGINS).label("rank")).where(
        Code.plain >= number, Code.plain < number + LAST
    )


def by_words(wanted: list[str]) -> Select[int, int]:
    """Select the codes that have a text with all words, with their ranks. The last word may be unfinished, if it is
    more than a letter, which too many words begin with.
    """
    unfinished = len(wanted[-1]) > 1
    if bulk.on_sqlite():
        lookup = table("search_term", column("rowid", Integer))
        number = lookup.c.rowid
        phrase = " AND ".join(f'"{word}"' for word in wanted) + ("*" if unfinished else "")
        matches = text("search_term MATCH :wanted").bindparams(wanted=phrase)
    else:
        lookup = table("search_term", column("id", Integer))
        number = lookup.c.id
        phrase = " & ".join(f"'{word}'" for word in wanted) + (":*" if unfinished else "")
        matches = text("words @@ CAST(:wanted AS tsquery)").bindparams(wanted=phrase)
    return select(Term.code_id, Term.rank).select_from(lookup).join(Term, Term.id == number).where(matches)


def _rows(found: Subquery, system: str | None) -> Select[*tuple[Any, ...]]:
    """Select what a page of hits needs, best first, each code once."""
    best = select(found.c.code_id, func.min(found.c.rank).label("rank")).group_by(found.c.code_id).subquery()
    rows = (
        select(CodeSystem.key, CodeSystem.name, Code.key, CodeVersion.title, CodeVersion.billable)
        .add_columns(Code.id, best.c.rank, func.count().over().label("total"))
        .select_from(best)
        .join(Code, Code.id == best.c.code_id)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .join(Release, Release.id == CodeSystem.current_release_id)
        .join(CodeVersion, IN_FORCE)
        .order_by(best.c.rank, Code.plain, Code.id)
    )
    return rows if system is None else rows.where(CodeSystem.key == system)


def inclusion_terms(ranks: dict[int, int], wanted: list[str]) -> dict[int, str]:
    """Return, by code, the inclusion term of the given rank that holds the words."""
    terms = select(Term.code_id, Term.text, Term.rank).where(Term.code_id.in_(list(ranks))).order_by(Term.id.desc())
    found = {}
    for code_id, phrase, rank in db.session.execute(terms):
        have = words(phrase)
        if rank == ranks[code_id] and set(wanted[:-1]) <= set(have) and any(w.startswith(wanted[-1]) for w in have):
            found[code_id] = phrase
    return found


def why(rank: int, inclusion: str) -> str:
    """Say what a hit of a rank was found by; `inclusion` is empty where it may not be quoted."""
    if rank >= INCLUSION_AFTER:
        return f"inclusion term: {inclusion}" if inclusion else "inclusion term"
    return "title" if rank >= 0 else "code"
