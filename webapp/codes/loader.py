"""Loads a release: all of it or nothing, inside one transaction. Readers see the old one until the commit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select

from webapp.codes import bulk, document, listing, page_store, releases, sections, standing
from webapp.codes.assembly import Assembly, Identify
from webapp.codes.listing import Entry, FileRefused, Listing
from webapp.codes.models import STAND_INS, Code, CodeSystem, CodeVersion, Release
from webapp.codes.progress import Progress, silent
from webapp.codes.versions import STAND_IN, Changes, Writer
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

    A release after which another one has begun says what held before that; readers go on seeing the later one.
    """
    bulk.begin()
    system = releases.system_named(given.system)
    report = Report(given.release, given.valid_from, given.valid_to, len(given.entries))
    if releases.is_loaded(system.id, given.source, given.sha256, FORMAT, given.valid_from):
        report.unchanged = True
        return report
    following = releases.after(system.id, given.source, given.valid_from)
    changes = Writer(system.id, given, following.valid_from if following else None).write()
    report.added, report.changed, report.ended = changes.added, changes.changed, len(changes.ended)
    if following is None or following.valid_from > clock.today():
        _show(system, given, report, changes, progress)
    else:
        _store_release(system, given, report)
        releases.changed(system)
    for later in releases.with_pages_after(system.id, given.source, given.valid_from):
        write_ended(system, later)
    bulk.analyze("code", "code_version", "code_document")
    return report


def _show(system: CodeSystem, given: Listing, report: Report, changes: Changes, progress: Progress) -> None:
    """Build the pages of a release that readers see, now or once its first day has come."""
    before, current = releases.newest_started(system.id, given.source, given.valid_from), releases.current(system)
    shown = before or (current if current is not None and current.source != given.source else None)
    listed = {code_id for code_id, _ in changes.codes.values()}
    ended = page_store.leaving(shown.id, listed, given.valid_from) if shown else []
    release = _store_release(system, given, report)
    build_pages(system, release, given.entries, changes.codes.__getitem__, progress)
    for page in ended:
        page_store.write(release.id, page)
    if before is release:  # what it said of codes that it should not have had is wrong
        write_ended(system, release)
    if before is None or release is current or release.valid_from <= clock.today():
        releases.activate(system, release)


def write_ended(system: CodeSystem, release: Release) -> None:
    """Make the pages of a release for the codes that had ended before it, as of their last days."""
    last = func.max(CodeVersion.valid_to)
    gone = (
        select(Code.key, last)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .where(
            Code.system_id == system.id, CodeVersion.digest != STAND_IN, CodeVersion.valid_from <= release.valid_from
        )
        .group_by(Code.id, Code.key)
        .having(func.count() == func.count(CodeVersion.valid_to), last < release.valid_from)
    )
    for key, day in db.session.execute(gone).all():
        page = standing.document(system.key, key, day, release.source) if day else None
        if day and page is not None:
            page_store.write(release.id, replace(page, billable=False, valid_to=day.isoformat()))


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
