"""What the ICD-10-CM releases say of diagnoses on a day: a query for each level, however many codes there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import bindparam, or_, select

from webapp.codes.claims.diagnoses import SYSTEM
from webapp.codes.claims.evidence import Diagnosis, Place, Span
from webapp.codes.claims.model import Source
from webapp.codes.models import Code, CodeNote, CodeSystem, CodeVersion, Release
from webapp.extensions import db

NAME = "ICD-10-CM"
KINDS = ("excludes1", "notes")
"""The notes that the rules read."""


_VERSIONS = (
    select(Code.plain, Code.key, Code.id, CodeVersion.valid_from, CodeVersion.valid_to, CodeVersion.billable)
    .join(CodeVersion, CodeVersion.code_id == Code.id)
    .where(Code.system_id == select(CodeSystem.id).where(CodeSystem.key == SYSTEM).scalar_subquery())
    .where(Code.plain.in_(bindparam("codes", expanding=True)))
    .order_by(CodeVersion.valid_from)
)
_LEVEL = (
    select(Code.id, Code.key, CodeVersion.id, CodeVersion.parent_id, CodeVersion.title)
    .join(CodeVersion, CodeVersion.code_id == Code.id)
    .where(Code.id.in_(bindparam("ids", expanding=True)), CodeVersion.valid_from <= bindparam("day"))
    .where(or_(CodeVersion.valid_to.is_(None), CodeVersion.valid_to >= bindparam("day")))
)
_NOTES = (
    select(CodeNote.version_id, CodeNote.kind, CodeNote.text)
    .where(CodeNote.version_id.in_(bindparam("versions", expanding=True)), CodeNote.kind.in_(KINDS))
    .order_by(CodeNote.version_id, CodeNote.position)
)


def sources(day: date) -> dict[str, list[Source]]:
    """Return the releases that have begun by a day, the earliest first."""
    rows = (
        select(Release.name, Release.valid_from, Release.valid_to)
        .join(CodeSystem, CodeSystem.id == Release.system_id)
        .where(CodeSystem.key == SYSTEM, Release.valid_from <= day)
        .order_by(Release.valid_from, Release.id)
    )
    return {SYSTEM: [Source(SYSTEM, NAME, *row) for row in db.session.execute(rows)]}


def read(codes: Sequence[str], day: date) -> dict[str, Diagnosis]:
    """Return what is known of plain codes, with their places and notes as of a day."""
    if not codes:
        return {}
    keys: dict[str, str] = {}
    ids: dict[str, int] = {}
    versions: dict[str, list[tuple[Span, bool]]] = {}
    for plain, key, code_id, first, last, billable in db.session.execute(_VERSIONS, {"codes": list(codes)}):
        keys[plain], ids[plain] = key, code_id
        versions.setdefault(plain, []).append((Span(first, last), billable))
    paths = _paths(ids, day)
    return {plain: Diagnosis(keys[plain], tuple(spans), paths.get(plain, ())) for plain, spans in versions.items()}


def _paths(ids: dict[str, int], day: date) -> dict[str, tuple[Place, ...]]:
    """Return each code and what it stands under, from itself up to its chapter.

    One query for each level: SQLite would go through all versions for a recursive one.
    """
    parents: dict[int, int | None] = {}
    named: dict[int, tuple[str, str]] = {}
    versions: dict[int, int] = {}
    wanted = asked = set(ids.values())
    while wanted:
        for code_id, key, version_id, parent_id, title in db.session.execute(_LEVEL, {"ids": list(wanted), "day": day}):
            parents[code_id], named[code_id], versions[version_id] = parent_id, (key, title), code_id
        wanted = {parent for parent in parents.values() if parent is not None} - asked
        asked = asked | wanted
    notes: dict[int, list[tuple[str, str]]] = {}
    for version_id, kind, text in db.session.execute(_NOTES, {"versions": list(versions)}):
        notes.setdefault(versions[version_id], []).append((kind, text))
    places = {code_id: Place(*texts, tuple(notes.get(code_id, ()))) for code_id, texts in named.items()}
    return {plain: tuple(_upwards(code_id, parents, places)) for plain, code_id in ids.items()}


def _upwards(code_id: int | None, parents: dict[int, int | None], places: dict[int, Place]) -> Iterator[Place]:
    while code_id in places:
        yield places[code_id]
        code_id = parents[code_id]
