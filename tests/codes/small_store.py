"""Term stores of a few made-up codes, in the layout of real ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from webapp.codes.listing import plain
from webapp.codes.terms import build, ranking
from webapp.codes.terms.gather import OPEN, CodeRow, TermRow
from webapp.codes.terms.ranking import Asked, Hit
from webapp.codes.terms.store import Store, Stores

TODAY = date(2026, 11, 1)
SYSTEMS = 3


def code(
    key: str, title: str, *, billable: bool = True, since: date = date.min, until: date = date.max, stem: str = ""
) -> CodeRow:
    """A code of ICD-10-CM, or of HCPCS Level II if it has no dot and four digits."""
    system = int("." not in key and len(key) == 5)
    return CodeRow(system, plain(key), key, title, billable, since.toordinal(), until.toordinal(), plain(stem))


def term(key: str, words: str, source: str = "index", *, optional: str = "", default: bool = False) -> TermRow:
    """A text that leads to a code."""
    return TermRow(0, plain(key), source, words, optional, words, default, 0, OPEN)


def store(
    folder: Path, codes: Iterable[CodeRow], terms: Iterable[TermRow] = (), forms: dict[str, str] | None = None
) -> Store:
    """Build a store in a folder, and open it."""
    given = list(terms)
    build.write(folder, codes, lambda: given, forms or {})
    return Stores(folder).current()


def hits(made: Store, query: str, *, limit: int = 20, on: date = TODAY) -> list[Hit]:
    """Search a store, as of a day."""
    return ranking.search(made, query, limit, Asked((on.toordinal(),) * SYSTEMS))


def keys(made: Store, query: str, *, limit: int = 20, on: date = TODAY) -> list[str]:
    """The codes that a query finds, best first."""
    return [made.key(hit.row) for hit in hits(made, query, limit=limit, on=on)]
