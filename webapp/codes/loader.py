"""Loads a release: all of it or nothing, inside one transaction. Readers see the old one until the commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select

from webapp.codes import bulk, document, listing, page_store, releases, sections
from webapp.codes.assembly import Assembly
from webapp.codes.listing import FileRefused, Listing
from webapp.codes.models import CodeSystem, Release
from webapp.codes.progress import Progress, silent
from webapp.codes.versions import Writer
from webapp.core import clock
from webapp.extensions import db

FORMAT = 1000 * listing.FORMAT + document.FORMAT


@dataclass(slots=True)
class Report:
    """What a load did. `unchanged`: this very file was loaded before, and nothing was done."""

    release: str
    valid_from: date
    valid_to: date | None
    read: int = 0
    added: int = 0
    changed: int = 0
    ended: int = 0
    refused: list[str] = field(default_factory=list)
    unchanged: bool = False


def load(given: Listing, progress: Progress = silent) -> Report:
    """Store a release and build its pages; it becomes current if its first day has come, or if there is no other.

    Errors: FileRefused if a newer release of this source is loaded already.
    """
    bulk.begin()
    system = releases.system_named(given.system)
    report = Report(given.release, given.valid_from, given.valid_to, len(given.entries), refused=given.refused)
    if releases.is_loaded(system.id, given.source, given.sha256, FORMAT):
        report.unchanged = True
        return report
    before = releases.newest(system.id, given.source)
    if before is not None and before.valid_from > given.valid_from:
        raise FileRefused(f"{given.release} is older than {before.name}, which is loaded already.")
    changes = Writer(system.id, given).write()
    report.added, report.changed, report.ended = changes.added, changes.changed, len(changes.ended)
    shown = before or releases.current(system)
    listed = {code_id for code_id, _, _ in changes.codes.values()}
    ended = page_store.leaving(shown.id, listed, given.valid_from) if shown else []
    release = _store_release(system, given, report, before)
    assembly = Assembly(_head(system, release), changes.codes.__getitem__, sections.page_fields(system.id))
    sizes = page_store.Sizes(1 + sum(bool(entry.children) for entry in given.entries), len(given.entries))
    page_store.store(release.id, assembly.families(given.entries), sizes, progress)
    for page in ended:
        page_store.write(release.id, page)
    if before is None or release.valid_from <= clock.today():
        releases.activate(system, release, progress)
    bulk.analyze("code", "code_version", "code_document", "code_term")
    return report


def _store_release(system: CodeSystem, given: Listing, report: Report, before: Release | None) -> Release:
    """Write the release's row. A file loaded again under its old name keeps its row; an earlier release ends."""
    same = select(Release).where(Release.system_id == system.id, Release.source == given.source)
    release = db.session.scalars(same.where(Release.name == given.release)).first()
    if release is None:
        release = Release(system_id=system.id, source=given.source, name=given.release)
        db.session.add(release)
    if before is not None and before is not release and before.valid_from < given.valid_from:
        last = given.valid_from - timedelta(days=1)
        before.valid_to = min(before.valid_to or last, last)
    release.valid_from, release.valid_to = given.valid_from, given.valid_to
    release.file_name, release.sha256, release.format = given.file_name[-255:], given.sha256, FORMAT
    release.loaded_at = clock.now()
    release.rows_read, release.rows_added = report.read, report.added
    release.rows_changed, release.rows_ended = report.changed, report.ended
    db.session.flush()
    return release


def _head(system: CodeSystem, release: Release) -> dict[str, object]:
    """Return what every page of a release says."""
    return {
        "system": system.key,
        "system_name": system.name,
        "release": release.name,
        "release_from": release.valid_from.isoformat(),
        "release_to": release.valid_to.isoformat() if release.valid_to else "",
        "copyright": system.copyright,
    }
