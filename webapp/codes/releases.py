"""Releases: which are loaded, which one readers see, and the change from one to the next."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, select

from webapp.codes import page_store
from webapp.codes.listing import FileRefused
from webapp.codes.models import ARTICLES, CodeDocument, CodeSystem, Release
from webapp.core import clock
from webapp.extensions import db


def system_named(key: str) -> CodeSystem:
    """Return a code system's row. Errors: FileRefused."""
    found = db.session.scalars(select(CodeSystem).where(CodeSystem.key == key)).first()
    if found is None:
        raise FileRefused(f"There is no code system {key[:40]!r}.")
    return found


def newest(system_id: int, source: str) -> Release | None:
    """Return the latest release of one source."""
    return db.session.scalars(_of(system_id, source).order_by(Release.valid_from.desc(), Release.id.desc())).first()


def first_day(system_id: int, source: str) -> date | None:
    """Return the first day that a loaded release of a source covers."""
    earliest = _of(system_id, source).order_by(Release.valid_from).limit(1)
    found = db.session.scalars(earliest).first()
    return found.valid_from if found else None


def after(system_id: int, source: str, day: date) -> Release | None:
    """Return the first release of a source that begins after `day`."""
    later = _of(system_id, source).where(Release.valid_from > day)
    return db.session.scalars(later.order_by(Release.valid_from).limit(1)).first()


def current(system: CodeSystem) -> Release | None:
    """Return the release that readers see."""
    return db.session.get(Release, system.current_release_id) if system.current_release_id else None


def with_pages_after(system_id: int, source: str, day: date) -> list[Release]:
    """Return the releases of a source that begin after `day` and have pages: those seen now, and those to come."""
    later = _of(system_id, source).where(Release.valid_from > day)
    paged = select(CodeDocument.code_id).where(CodeDocument.release_id == Release.id)
    return list(db.session.scalars(later.where(paged.exists())))


def is_loaded(system_id: int, source: str, sha256: str, made_by: int, first: date) -> bool:
    """Whether this very file is loaded from its `first` day on, by the importer of version `made_by`."""
    same = _of(system_id, source).where(
        Release.sha256 == sha256, Release.format == made_by, Release.valid_from == first
    )
    return db.session.scalars(same).first() is not None


def listed() -> list[tuple[CodeSystem, Release]]:
    """Return all releases with their systems, the latest of each system first."""
    rows = db.session.execute(
        select(CodeSystem, Release)
        .join(Release, Release.system_id == CodeSystem.id)
        .order_by(CodeSystem.id, Release.valid_from.desc(), Release.id.desc())
    )
    return [(system, release) for system, release in rows]


def activate(system: CodeSystem, release: Release) -> None:
    """Let readers see `release`: its pages instead of earlier ones."""
    system.current_release_id = release.id
    earlier = select(Release).where(Release.system_id == system.id, Release.id != release.id)
    for other in db.session.scalars(earlier):
        if other.valid_from <= release.valid_from or other.source == ARTICLES:
            page_store.drop(other.id)
    changed(system)


def changed(system: CodeSystem) -> None:
    """Note that readers will see something new, so that pages kept in memory are made again."""
    system.stamp += 1
    db.session.flush()


def all_changed() -> None:
    """Note that something new is to be seen in every system."""
    for system in db.session.scalars(select(CodeSystem)).all():
        changed(system)


def activate_due(today: date | None = None) -> list[str]:
    """Make current what was loaded ahead of its first day, once that has come; return the releases' names."""
    today = today or clock.today()
    names = []
    for system in db.session.scalars(select(CodeSystem)).all():
        now = current(system)
        if now is None or now.source == ARTICLES:
            continue
        due = newest_started(system.id, now.source, today)
        if due is not None and due.valid_from > now.valid_from:
            activate(system, due)
            names.append(due.name)
    return names


def newest_started(system_id: int, source: str, today: date) -> Release | None:
    """Return the latest release of a source that has begun by a day."""
    started = _of(system_id, source).where(Release.valid_from <= today)
    return db.session.scalars(started.order_by(Release.valid_from.desc(), Release.id.desc())).first()


def _of(system_id: int, source: str) -> Select[Release]:
    return select(Release).where(Release.system_id == system_id, Release.source == source)
