"""Finding codes of all systems: by their words where texts are public, by number alone where they are not, as CPT's."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import date

from sqlalchemy import select

from webapp.codes import search, standing
from webapp.codes.listing import plain
from webapp.codes.models import Code, CodeSystem, CodeVersion, Release
from webapp.codes.queries import IN_FORCE
from webapp.codes.search import MOST, PAGE_SIZE, Hit, Results
from webapp.codes.terms.gather import PUBLIC
from webapp.extensions import db

NUMBER = re.compile(r"[0-9]{2,5}|[0-9]{4}[A-Za-z]")
"""A CPT code or its beginning: no code of the other systems begins with a digit."""
LAST = "\x7f"
"""Sorts after every character of a code."""


def find(
    query: str,
    system: str | None = None,
    page: int = 1,
    *,
    on: date | None = None,
    show_terms: bool = True,
    size: int = PAGE_SIZE,
) -> Results:
    """Find codes as `search.search` does, and those of the other systems by their numbers. Errors: NotBuilt."""
    query = unicodedata.normalize("NFC", query)
    number = plain(query)
    hits = _numbered(number, on) if NUMBER.fullmatch(number) else []
    systems = dict(Counter(hit.system for hit in hits))
    if not hits or (system is not None and system not in systems):
        return search.search(query, system, page, on=on, show_terms=show_terms, size=size)
    pages, page, shown = search.paged(hits, page, size)
    return Results(shown, len(hits), page, pages, systems)


def _numbered(number: str, on: date | None) -> list[Hit]:
    """Return the codes that begin with a number, in order, of the systems whose texts are not searched."""
    version = IN_FORCE if on is None else (CodeVersion.code_id == Code.id) & standing.in_force(on)
    rows = db.session.execute(
        select(CodeSystem.key, CodeSystem.name, Code.key, CodeVersion.title, CodeVersion.billable, Code.plain)
        .select_from(Code)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .join(Release, Release.id == CodeSystem.current_release_id)
        .join(CodeVersion, version)
        .where(CodeSystem.key.not_in(PUBLIC), Code.plain >= number, Code.plain < number + LAST)
        .order_by(Code.plain)
        .limit(MOST)
    )
    return [
        Hit(system, name, key, title, billable, 1.0 if code == number else 0.9, "code", "code")
        for system, name, key, title, billable, code in rows
    ]
