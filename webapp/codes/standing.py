"""The codes of a system as they stood on a day: one page, or all of them, put together from their dated versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased

from webapp.codes import releases, sections
from webapp.codes.document import Document, Kind, Link, Note, read_section
from webapp.codes.listing import Entry
from webapp.codes.models import STAND_INS, Code, CodeNote, CodeSystem, CodeVersion, Release
from webapp.codes.queries import fit
from webapp.codes.versions import INCLUSION_TERM
from webapp.core.dates import long_date
from webapp.core.errors import NotFound
from webapp.extensions import db


def in_force(day: date, version: Any = CodeVersion) -> ColumnElement[bool]:
    """The condition that a version holds on a day."""
    return and_(version.valid_from <= day, or_(version.valid_to.is_(None), version.valid_to >= day))


def document(system_key: str, key: str, day: date, source: str | None = None) -> Document | None:
    """Return a code's page as of a day, None if the system has no such code at all.

    `source`: whose releases to go by, if not those that readers see.

    Errors: NotFound, in plain words, if no loaded release covers the day, or if the code was not in force on it.
    """
    if not fit(key, system_key):
        return None
    row = db.session.execute(
        select(CodeSystem, Code)
        .join(Code, Code.system_id == CodeSystem.id)
        .where(CodeSystem.key == system_key, Code.key == key)
    ).one_or_none()
    if row is None:
        return None
    system, code = row
    release = release_on(system, day, source)
    version = db.session.scalars(select(CodeVersion).where(CodeVersion.code_id == code.id, in_force(day))).first()
    if version is None:
        raise NotFound(_not_then(code, day))
    return _page(system, release, code, version, day)


def release_on(system: CodeSystem, day: date, source: str | None = None) -> Release:
    """Return the release of a system that holds on a day. Errors: NotFound, naming the first day that is covered."""
    current = releases.current(system)
    source = source or (current.source if current else None)
    found = releases.newest_started(system.id, source, day) if source else None
    if found is None:
        first = releases.first_day(system.id, source) if source else None
        since = f" The releases loaded here begin on {long_date(first)}." if first else ""
        raise NotFound(f"No release of {system.name} that is loaded here covers {long_date(day)}.{since}")
    return found


def ended(system_keys: Collection[str], day: date) -> list[tuple[str, Release]]:
    """Return, with their systems' names, the releases that are the newest on a day though their last day is over."""
    found = []
    for system in db.session.scalars(
        select(CodeSystem).where(CodeSystem.key.in_(system_keys)).order_by(CodeSystem.id)
    ).all():
        current = releases.current(system)
        release = releases.newest_started(system.id, current.source, day) if current else None
        if release is not None and release.valid_to is not None and release.valid_to < day:
            found.append((system.name, release))
    return found


def _not_then(code: Code, day: date) -> str:
    spans = db.session.execute(
        select(CodeVersion.valid_from, CodeVersion.valid_to)
        .where(CodeVersion.code_id == code.id)
        .order_by(CodeVersion.valid_from)
    ).all()
    known = "; ".join(
        f"{long_date(first)} to {long_date(last)}" if last else f"from {long_date(first)}" for first, last in spans
    )
    return f"{code.key} was not in force on {long_date(day)}. Known days: {known or 'none'}."


def _page(system: CodeSystem, release: Release, code: Code, version: CodeVersion, day: date) -> Document:
    ancestors = _ancestors(version, day)
    below, beside = _links(code.id, day), _links(version.parent_id, day, system.id)
    stems = tuple(row.title for row in (version, *(row for _, row in ancestors[:1])))
    fields = sections.page_fields(system.id, code.id).get(code.key, {})
    page = Document(
        system=system.key,
        system_name=system.name,
        key=code.key,
        code_id=code.id,
        meter_id=code.meter_id,
        kind=cast(Kind, version.kind),
        title=version.title,
        title_is_official=version.title_is_official,
        billable=version.billable,
        release=release.name,
        release_from=release.valid_from.isoformat() if release.source not in STAND_INS else "",
        release_to=release.valid_to.isoformat() if release.valid_to else "",
        path=[Link(above.key, row.title, row.billable) for above, row in reversed(ancestors)],
        siblings=[link for link, _ in beside],
        copyright=system.copyright,
        sections=[read_section(section) for section in fields.get("sections", [])],
        author=fields.get("author", ""),
        updated=fields.get("updated", ""),
        sources=fields.get("sources", []),
    )
    _add_notes(page, version, ancestors)
    _add_variants(page, code, below, beside, stems)
    if code.meter_id != code.id and ancestors:
        page.terms = _terms_of(ancestors[0][1].id)
    return page


def _ancestors(version: CodeVersion, day: date) -> list[tuple[Code, CodeVersion]]:
    """Return what stands above a version, the nearest first: at most seven steps."""
    found = []
    parent_id = version.parent_id
    while parent_id is not None:
        row = db.session.execute(
            select(Code, CodeVersion)
            .join(CodeVersion, CodeVersion.code_id == Code.id)
            .where(Code.id == parent_id, in_force(day))
        ).one_or_none()
        if row is None:
            break
        found.append((row[0], row[1]))
        parent_id = row[1].parent_id
    return found


def _links(parent_id: int | None, day: date, system_id: int | None = None) -> list[tuple[Link, int]]:
    """Return what stands under a code, or what has nothing above it, in order, with the ids views count under."""
    rows = select(Code.key, CodeVersion.title, CodeVersion.billable, Code.meter_id).join(
        CodeVersion, CodeVersion.code_id == Code.id
    )
    if parent_id is not None:
        rows = rows.where(CodeVersion.parent_id == parent_id)
    else:
        rows = rows.where(CodeVersion.parent_id.is_(None), Code.system_id == system_id)
    found = db.session.execute(rows.where(in_force(day)).order_by(CodeVersion.position))
    return [(Link(key, title, billable), meter_id) for key, title, billable, meter_id in found]


def _add_notes(page: Document, version: CodeVersion, ancestors: list[tuple[Code, CodeVersion]]) -> None:
    """Give a page its own notes and terms, and those that it inherits."""
    owners = {version.id: None, **{row.id: code.key for code, row in ancestors}}
    rows = db.session.execute(
        select(CodeNote.version_id, CodeNote.kind, CodeNote.text)
        .where(CodeNote.version_id.in_(owners))
        .order_by(CodeNote.position)
    ).all()
    for version_id, origin in owners.items():
        for note in (row for row in rows if row.version_id == version_id):
            if note.kind != INCLUSION_TERM:
                page.notes.append(Note(note.kind, note.text, origin))
            elif origin is None:
                page.terms.append(note.text)


def _add_variants(
    page: Document,
    code: Code,
    below: list[tuple[Link, int]],
    beside: list[tuple[Link, int]],
    stems: tuple[str, ...],
) -> None:
    """Tell seventh-character codes, which are metered under their stem, from other codes below."""
    is_variant = code.meter_id != code.id
    variants = beside if is_variant else [(link, meter_id) for link, meter_id in below if meter_id == code.id]
    page.seventh = [Link(link.key, _character(link.title, stems), True) for link, _ in variants]
    if not variants or is_variant:
        page.children = [link for link, _ in below]


def _character(title: str, stems: tuple[str, ...]) -> str:
    """Return what a seventh character says: the code's title without its stem's."""
    stem = next((stem for stem in stems if title.startswith(f"{stem}, ")), "")
    return title[len(stem) + 2 :] if stem else title


def _terms_of(version_id: int) -> list[str]:
    rows = select(CodeNote.text).where(CodeNote.version_id == version_id, CodeNote.kind == INCLUSION_TERM)
    return list(db.session.scalars(rows.order_by(CodeNote.position)))


def entries(system_id: int, day: date) -> tuple[list[Entry], dict[Entry, tuple[int, int]]]:
    """Return all codes of a system as of a day, parents first, and each one's id and meter id."""
    rows = db.session.execute(_versions(system_id, day)).all()
    made: dict[int, Entry] = {}
    identities: dict[Entry, tuple[int, int]] = {}
    for code, version in rows:
        entry = Entry(code.key, cast(Kind, version.kind), version.title, None, version.billable)
        entry.title_is_official = version.title_is_official
        made[code.id], identities[entry] = entry, (code.id, code.meter_id)
    roots: list[Entry] = []
    for code, version in rows:
        entry, parent = made[code.id], made.get(version.parent_id or 0)
        entry.parent = parent
        (roots if parent is None else parent.children).append(entry)
        if parent is not None and code.meter_id != code.id:
            entry.meaning = _character(entry.title, (parent.title,))
    _read_notes(system_id, day, made)
    return [each for root in roots for each in _walk(root)], identities


def _versions(system_id: int, day: date) -> Select[Code, CodeVersion]:
    return (
        select(Code, CodeVersion)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .where(Code.system_id == system_id, in_force(day))
        .order_by(CodeVersion.position)
    )


def _read_notes(system_id: int, day: date, made: dict[int, Entry]) -> None:
    version = aliased(CodeVersion)
    rows = db.session.execute(
        select(version.code_id, CodeNote.kind, CodeNote.text)
        .join(version, version.id == CodeNote.version_id)
        .join(Code, Code.id == version.code_id)
        .where(Code.system_id == system_id, in_force(day, version))
        .order_by(CodeNote.version_id, CodeNote.position)
    )
    for code_id, kind, text in rows:
        entry = made[code_id]
        if kind == INCLUSION_TERM:
            entry.terms.append(text)
        else:
            entry.notes.append((kind, text))


def _walk(entry: Entry) -> Iterable[Entry]:
    yield entry
    for child in entry.children:
        yield from _walk(child)
