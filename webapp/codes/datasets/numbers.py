"""CPT codes as numbers: which ones the loaded files name. What they mean is licensed, that they exist is not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from sqlalchemy import select

from webapp.codes import loader
from webapp.codes.datasets.licences import CPT_CODE
from webapp.codes.datasets.parsed import Parsed
from webapp.codes.listing import Entry, Listing, Shelf
from webapp.codes.models import NUMBERS, Article, Code, CodeSystem
from webapp.codes.progress import Progress
from webapp.extensions import db

SYSTEM, RELEASE = "cpt", "Numbers in the loaded files"
FIRST_DAY = date(1966, 1, 1)
"""CPT's first edition: when a code came into force is not known from numbers."""
NAMING = ("mpfs", "mpfs-qpp", "opps", "asc-aa", "asc-bb", "asc-ee", "aoc", "aoc-primary", "mue-", "cpt-", "rbcs")
"""Beginnings of the datasets that name CPT codes."""

RANGES = (
    ("anesthesia", "00100", "01999", "Category I: anesthesia"),
    ("surgery", "10000", "69999", "Category I: surgery"),
    ("radiology", "70000", "79999", "Category I: radiology"),
    ("laboratory", "80000", "89999", "Category I: pathology and laboratory"),
    ("evaluation", "99200", "99499", "Category I: evaluation and management"),
    ("medicine", "90000", "99999", "Category I: medicine"),
)
"""Ranges of Category I by number: key, first, last, name; the first that fits counts."""
OTHERS = {
    "F": ("category-2", "Category II: performance measures"),
    "T": ("category-3", "Category III: emerging services"),
    "U": ("laboratory-analyses", "Proprietary laboratory analyses"),
    "M": ("multianalyte-assays", "Multianalyte assays with algorithms"),
    "A": ("immunization", "Immunization administration, numbered with A"),
}
"""Codes that end with a letter: key and name of their group."""
ELSE = ("other", "Other numbers")


def add_missing(codes: Iterable[str], progress: Progress) -> int:
    """Make a page for each CPT code among codes that has none yet; return how many were missing."""
    named = set(filter(CPT_CODE.fullmatch, codes))
    if not named:
        return 0
    system_id = db.session.scalars(select(CodeSystem.id).where(CodeSystem.key == SYSTEM)).one()
    known = set(db.session.scalars(select(Code.plain).where(Code.system_id == system_id)))
    missing = named - known
    if missing:
        loader.load(listing(filter(CPT_CODE.fullmatch, known | missing), _titles(system_id)), progress)
    return len(missing)


def named(parsed: Parsed) -> Iterator[str]:
    """Yield the codes of a file's rows, where its datasets name procedures."""
    for table in parsed.tables:
        if table.dataset.startswith(NAMING):
            yield from (code for code, _ in table.rows)


def _titles(system_id: int) -> dict[str, str]:
    """Return the titles that the operator's articles give to codes."""
    rows = select(Code.plain, Article.title).join(Article, Article.code_id == Code.id)
    found = db.session.execute(rows.where(Code.system_id == system_id))
    return {row.plain: row.title for row in found}


def listing(numbers: Iterable[str], titles: Mapping[str, str]) -> Listing:
    """Return the numbers as a release of the code system, under ranges in our own words."""
    shelf = Shelf()
    for number in (ordered := sorted(numbers, key=lambda number: (number[4] if number[4].isalpha() else "", number))):
        title = titles.get(number, f"CPT code {number}")
        shelf.put(Entry(number, "code", title, billable=True, title_is_official=False), *_group(number))
    digest = hashlib.sha256(" ".join(ordered).encode()).hexdigest()
    return Listing(SYSTEM, NUMBERS, RELEASE, FIRST_DAY, None, "", digest, shelf.entries)


def _group(number: str) -> tuple[str, str]:
    if number[4].isalpha():
        return OTHERS[number[4]]
    return next(((key, name) for key, first, last, name in RANGES if first <= number <= last), ELSE)
