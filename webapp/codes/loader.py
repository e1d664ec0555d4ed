"""Loads a release: all of it or nothing, inside one transaction. Readers see the old one until the commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from webapp.codes import bulk, document, listing, page_store, releases, sections
from webapp.codes.assembly import Assembly, Identify
from webapp.codes.listing import Entry, FileRefused, Listing
from webapp.codes.models import STAND_INS, CodeSystem, Release
from webapp.codes.progress import Progress, silent
from webapp.codes.versions import Changes, Writer
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
    unchanged: bool = False


def load(given: Listing, progress: Progress = silent) -> Report:
    """Store a release and build its pages; it becomes current if its first day has come, or if there is no other.

    A release that is older than others of its source says what held before them; readers go on seeing the newest.
    """
    bulk.begin()
    system = releases.system_named(given.system)
    report = Report(given.release, given.valid_from, given.valid_to, len(given.entries))
    if releases.is_loaded(system.id, given.source, given.sha256, FORMAT):
        report.unchanged = True
        return report
    following = releases.after(system.id, given.source, given.valid_from)
    changes = Writer(system.id, given, following.valid_from if following else None).write()
    report.added, report.changed, report.ended = changes.added, changes.changed, len(changes.ended)
    if following is None:
        _show(system, given, report, changes, progress)
    else:
        _store_release(system, given, report)
        releases.changed(system)
    bulk.analyze("code", "code_version", "code_document", "code_term")
    return report


def _show(system: CodeSystem, given: Listing, report: Report, changes: Changes, progress: Progress) -> None:
    """Build the pages of the newest release."""
    before = releases.newest(system.id, given.source)
    shown = before or releases.current(system)
    listed = {code_id for code_id, _ in changes.codes.values()}
    ended = page_store.leaving(shown.id, listed, given.valid_from) if shown else []
    release = _store_release(system, given, report)
    build_pages(system, release, given.entries, changes.codes.__getitem__, progress)
    for page in ended:
        page_store.write(release.id, page)
    if before is None or release.valid_from <= clock.today():
        releases.activate(system, release, progress)


def build_pages(
    system: CodeSystem, release: Release, entries: list[Entry], identify: Identify, progress: Progress = silent
) -> None:
    """Make the pages of a release from its codes, in place of those it had."""
    assembly = Assembly(_head(system, release), identify, sections.page_fields(system.id))
    sizes = page_store.Sizes(1 + sum(bool(entry.children) for entry in entries), len(entries))
    page_store.store(release.id, assembly.families(entries), sizes, progress)


def _store_release(system: CodeSystem, given: Listing, report: Report) -> Release:
    """Write the release's row. Another file of the same first day takes its place, and its row.

    Errors: FileRefused if the name is another release's.
    """
    mine = select(Release).where(Release.system_id == system.id, Release.source == given.source)
    release = db.session.scalars(mine.where(Release.valid_from == given.valid_from)).first()
    named = db.session.scalars(mine.where(Release.name == given.release)).first()
    if named is not None and named is not release:
        raise FileRefused(f"A release {given.release} is loaded already, valid from {named.valid_from}.")
    if release is None:
        release = Release(system_id=system.id, source=given.source)
        db.session.add(release)
    release.name = given.release
    release.valid_from, release.valid_to = given.valid_from, given.valid_to
    release.file_name, release.sha256, release.format = given.file_name[-255:], given.sha256, FORMAT
    release.loaded_at = clock.now()
    release.rows_read, release.rows_added = report.read, report.added
    release.rows_changed, release.rows_ended = report.changed, report.ended
    db.session.flush()
    return release


def _head(system: CodeSystem, release: Release) -> dict[str, object]:
    """Return what every page of a release says."""
    dated = release.source not in STAND_INS
    return {
        "system": system.key,
        "system_name": system.name,
        "release": release.name,
        "release_from": release.valid_from.isoformat() if dated else "",
        "release_to": release.valid_to.isoformat() if release.valid_to else "",
        "copyright": system.copyright,
    }
