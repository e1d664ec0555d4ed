"""Search as of a day: the codes in force then, by number and by words of the titles and inclusion terms of then.

Most texts are the same as today's, and stand in the full-text table. The others, of versions that hold on the day but
not now, are few: they are read and looked at one by one, by the same words and ranks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, starmap
from typing import NamedTuple

from sqlalchemy import Select, func, or_, select

from webapp.codes import releases, terms
from webapp.codes.listing import plain
from webapp.codes.models import Code, CodeNote, CodeSystem, CodeVersion, Release
from webapp.codes.queries import IN_FORCE, fit
from webapp.codes.search import (
    LONGEST_QUERY,
    MOST_WORDS,
    PAGE_SIZE,
    Hit,
    Results,
    by_number,
    by_words,
    inclusion_terms,
    why,
)
from webapp.codes.standing import in_force
from webapp.codes.terms import INCLUSION_AFTER, words
from webapp.codes.versions import INCLUSION_TERM
from webapp.extensions import db

AT_ONCE = 500


class _Found(NamedTuple):
    """A code that was found, in the order of hits. `text`: the inclusion term, where it holds no more."""

    rank: int
    plain: str
    code_id: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Covered:
    """A system of which a loaded release holds on the day, and the first day of the release that readers see."""

    system_id: int
    now: date


def search(query: str, day: date, system: str | None = None, page: int = 1, *, show_terms: bool = True) -> Results:
    """Find codes as of a day, by the rules of `search.search`. Systems without a release of then are left out."""
    query = query[:LONGEST_QUERY]
    number, wanted = plain(query), words(query)[:MOST_WORDS]
    systems = _covered(day, system)
    by_code = _numbered(number, systems, day) if fit(number) else None
    count = db.session.scalar(select(func.count()).select_from(by_code.subquery())) or 0 if by_code is not None else 0
    others = _by_texts(wanted, number if count else None, systems, day) if wanted else []
    pages = max(1, -(-(count + len(others)) // PAGE_SIZE))
    page = max(1, min(page, pages))
    first = (page - 1) * PAGE_SIZE
    shown = others[max(0, first - count) : max(0, first + PAGE_SIZE - count)]
    if by_code is not None and first < count:
        rows = db.session.execute(by_code.order_by("rank", Code.plain).limit(PAGE_SIZE).offset(first))
        shown = [*starmap(_Found, rows), *shown]
    return Results(_hits(shown, wanted, day, show_terms=show_terms), count + len(others), page, pages)


def _covered(day: date, key: str | None) -> list[_Covered]:
    """Return the systems to look into: all of them, or the one with a key."""
    found = []
    for system in db.session.scalars(select(CodeSystem).order_by(CodeSystem.id)):
        current = releases.current(system) if key in {None, system.key} else None
        if current is not None and releases.newest_started(system.id, current.source, day) is not None:
            found.append(_Covered(system.id, current.valid_from))
    return found


def _numbered(number: str, systems: list[_Covered], day: date) -> Select[int, str, int]:
    """Select the codes in force on a day that begin with a number."""
    found = by_number(number).subquery()
    return (
        select(found.c.rank.label("rank"), Code.plain, Code.id)
        .join(Code, Code.id == found.c.code_id)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .where(Code.system_id.in_([each.system_id for each in systems]), in_force(day))
    )


def _by_texts(wanted: list[str], number: str | None, systems: list[_Covered], day: date) -> list[_Found]:
    """Return codes found by their texts of the day in the order of hits, without those that begin with a number."""
    best: dict[int, _Found] = {}
    for each in chain(_standing(wanted, systems, day), *(_other(wanted, system, day) for system in systems)):
        known = best.get(each.code_id)
        if (known is None or each.rank < known.rank) and not (number and each.plain.startswith(number)):
            best[each.code_id] = each
    return sorted(best.values())


def _standing(wanted: list[str], systems: list[_Covered], day: date) -> Iterator[_Found]:
    """Find texts of versions that hold on the day and now."""
    found = by_words(wanted).subquery()
    rows = (
        select(found.c.rank, Code.plain, Code.id)
        .join(Code, Code.id == found.c.code_id)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .join(Release, Release.id == CodeSystem.current_release_id)
        .join(CodeVersion, IN_FORCE)
        .where(Code.system_id.in_([each.system_id for each in systems]), in_force(day))
    )
    return starmap(_Found, db.session.execute(rows))


def _other(wanted: list[str], system: _Covered, day: date) -> Iterator[_Found]:
    """Find texts of versions that hold on the day, but not now."""
    rows = db.session.execute(
        select(CodeVersion.id, Code.plain, Code.id, CodeVersion.billable, CodeVersion.title)
        .join(Code, Code.id == CodeVersion.code_id)
        .where(in_force(day), or_(CodeVersion.valid_to < system.now, CodeVersion.valid_from > system.now))
        .where(Code.system_id + 0 == system.system_id)  # so that versions are read in a row, not looked up by code
    )
    codes, titles = {}, []
    for version_id, number, code_id, billable, title in rows:
        codes[version_id] = number, code_id, billable
        titles.append((version_id, title))
    for source, texts in ((terms.TITLE, titles), (terms.INCLUSION, _inclusions(sorted(codes)))):
        for version_id, text in texts:
            having = words(text)
            if _matches(wanted, having):
                number, code_id, billable = codes[version_id]
                rank = terms.rank(terms.Text(code_id, source, text, billable), len(having))
                yield _Found(rank, number, code_id, text)


def _inclusions(version_ids: list[int]) -> Iterator[tuple[int, str]]:
    """Yield the inclusion terms of versions."""
    for at in range(0, len(version_ids), AT_ONCE):
        some = CodeNote.version_id.in_(version_ids[at : at + AT_ONCE])
        rows = select(CodeNote.version_id, CodeNote.text).where(some, CodeNote.kind == INCLUSION_TERM)
        yield from db.session.execute(rows)


def _matches(wanted: list[str], having: list[str]) -> bool:
    """Whether a text has all words; the last may be unfinished, if it is more than a letter."""
    *whole, last = wanted
    begins = any(word.startswith(last) for word in having) if len(last) > 1 else last in having
    return begins and set(whole) <= set(having)


def _hits(shown: list[_Found], wanted: list[str], day: date, *, show_terms: bool) -> list[Hit]:
    rows = db.session.execute(
        select(Code.id, CodeSystem.key, CodeSystem.name, Code.key, CodeVersion.title, CodeVersion.billable)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .where(Code.id.in_([each.code_id for each in shown]), in_force(day))
    )
    codes = {row[0]: row for row in rows}
    standing = {each.code_id: each.rank for each in shown if each.rank >= INCLUSION_AFTER and not each.text}
    inclusions = inclusion_terms(standing, wanted) if standing and show_terms else {}
    quoted = {each.code_id: each.text or inclusions.get(each.code_id, "") for each in shown} if show_terms else {}
    hits = []
    for each in shown:
        _, system, name, key, title, billable = codes[each.code_id]
        hits.append(Hit(system, name, key, title, billable, why(each.rank, quoted.get(each.code_id, ""))))
    return hits
