"""Search: codes by number, by its beginning, and by the words of coders and of patients. Never in locked text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from webapp.codes.terms import keeping, ranking
from webapp.codes.terms.gather import SYSTEMS
from webapp.codes.terms.ranking import Asked
from webapp.codes.terms.store import Store

Each = TypeVar("Each")
PAGE_SIZE = 20
MOST = 200
"""Hits that are ranked for one query."""
LONGEST_QUERY = 200
NAMES = {"icd-10-cm": "ICD-10-CM", "hcpcs": "HCPCS Level II", "cpt": "CPT"}
KEYS = {number: key for key, number in SYSTEMS.items()}
FREE_SOURCES = frozenset(("title", "abbreviation", "lay", "statement", "procedure", "article"))
"""Sources whose phrase anybody may read: our own words, and titles."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A seventh-character code of a hit."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A code that was found. `score` is from 0 to 1.

    `source` is where the term that matched is from (“code” for a number), `why` the same as a phrase with the term, and
    `read_as` what words of the query were read as, each with what was written.
    """

    system: str
    system_name: str
    key: str
    title: str
    billable: bool
    score: float
    source: str
    why: str
    read_as: tuple[tuple[str, str], ...] = ()
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits, of `total` in all (at most MOST). Pages count from 1; `systems` counts hits by system key."""

    hits: list[Hit]
    total: int
    page: int
    pages: int
    systems: dict[str, int] = field(default_factory=dict)


def search(
    query: str,
    system: str | None = None,
    page: int = 1,
    *,
    on: date | None = None,
    show_terms: bool = True,
    size: int = PAGE_SIZE,
) -> Results:
    """Find codes, best first. The last word may be unfinished. Any text is a fit query.

    `on`: as of a day, by default today, or the last day of a release that has ended. `show_terms`: whether a hit may
    quote the publisher's inclusion term or index entry that it was found by. Errors: NotBuilt.
    """
    store = keeping.current()
    asked = Asked(keeping.days(store, on))
    found = ranking.search(store, query[:LONGEST_QUERY], MOST, asked) if query.strip() else []
    systems = Counter(KEYS[store.system(hit.row)] for hit in found)
    if system is not None:
        found = [hit for hit in found if KEYS[store.system(hit.row)] == system]
    pages, page, shown = paged(found, page, size)
    hits = [_hit(store, hit, show_terms=show_terms) for hit in shown]
    return Results(hits, len(found), page, pages, dict(systems))


def paged(found: list[Each], page: int, size: int) -> tuple[int, int, list[Each]]:
    """Return how many pages there are, the page nearest to the one asked for, and what stands on it."""
    pages = max(1, -(-len(found) // size))
    page = max(1, min(page, pages))
    return pages, page, found[(page - 1) * size : page * size]


def _hit(store: Store, hit: ranking.Hit, *, show_terms: bool) -> Hit:
    system = KEYS[store.system(hit.row)]
    source = "code" if hit.by_code else store.source(hit.term)
    quoted = source not in {"code", "title"} and (show_terms or source in FREE_SOURCES)
    return Hit(
        system,
        NAMES[system],
        store.key(hit.row),
        store.title(hit.row),
        bool(store.code_billable[hit.row]),
        round(min(max(hit.score, 0.0), 1.0), 4),
        source,
        f"{source}: {store.phrase(hit.term)}" if quoted else source,
        hit.expansions,
        tuple(Variant(store.key(row), store.title(row)) for row in hit.variants),
    )
