"""What changed from one version of a code to the next: its title, billable status, place and notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from webapp.codes.facts.loaded import ADDED, CODES, Line, Loaded
from webapp.codes.models import Code, CodeNote, CodeVersion
from webapp.core.dates import DAY, long_date
from webapp.extensions import db

BILLABLE = {True: "billable", False: "not billable"}
_PARENT = aliased(Code)
_VERSIONS = (
    select(
        CodeVersion.id,
        CodeVersion.valid_from,
        CodeVersion.valid_to,
        CodeVersion.title,
        CodeVersion.title_is_official,
        CodeVersion.billable,
        _PARENT.key,
        CodeNote.kind,
        CodeNote.text,
    )
    .outerjoin(_PARENT, _PARENT.id == CodeVersion.parent_id)
    .outerjoin(CodeNote, CodeNote.version_id == CodeVersion.id)
    .where(CodeVersion.code_id == bindparam("code_id"), CodeVersion.valid_from <= bindparam("until"))
    .order_by(CodeVersion.valid_from, CodeNote.position)
)


@dataclass(slots=True)
class _Version:
    first: date
    last: date | None
    title: str
    title_is_official: bool
    billable: bool
    parent: str
    notes: list[str] = field(default_factory=list)


def lines(code_id: int, until: date, known: Loaded) -> Iterator[Line]:
    """Yield what happened to a code up to a day: one query."""
    versions = _versions(code_id, until)
    if versions and known.adds(CODES, versions[0].first):
        yield _line(versions[0].first, known, ADDED)
    for old, new in pairwise(versions):
        if old.last is not None and old.last < new.first - DAY:
            yield _line(new.first, known, "Code in force again.")
        for said in _changes(old, new):
            yield _line(new.first, known, said)
    begun = {version.first for version in versions}
    for last in (version.last for version in versions):
        if last is not None and last < until and last + DAY not in begun:
            yield _line(last + DAY, known, f"Code ended; its last valid day was {long_date(last)}.")


def _versions(code_id: int, until: date) -> list[_Version]:
    found: dict[int, _Version] = {}
    rows = db.session.execute(_VERSIONS, {"code_id": code_id, "until": until})
    for number, first, last, title, official, billable, parent, kind, text in rows:
        version = found.setdefault(number, _Version(first, last, title, official, billable, parent or ""))
        if kind is not None:
            version.notes.append(f"{kind.replace('_', ' ').capitalize()}: {text}")
    return list(found.values())


def _changes(old: _Version, new: _Version) -> Iterator[str]:
    """Yield what differs; a title that is the publisher's for the first time is no change of it."""
    if old.title != new.title and old.title_is_official:
        yield f"Title: {old.title} → {new.title}"
    if old.billable != new.billable:
        yield f"Billable status: {BILLABLE[old.billable]} → {BILLABLE[new.billable]}"
    if old.parent != new.parent:
        yield f"Place: below {old.parent or 'nothing'} → below {new.parent or 'nothing'}"
    yield from (f"Note removed: {text}" for text in old.notes if text not in new.notes)
    yield from (f"Note added: {text}" for text in new.notes if text not in old.notes)


def _line(day: date, known: Loaded, said: str) -> Line:
    return Line(day, known.source(CODES, day), said)
