"""Loads what an importer read: all of a file or nothing, inside one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Table as StoredTable

from webapp.codes import bulk, releases
from webapp.codes import loader as listing_loader
from webapp.codes.datasets import licences, numbers, timeline
from webapp.codes.datasets import releases as dataset_releases
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.models import DatasetRelease, LicensedRecord, Record
from webapp.codes.datasets.parsed import Parsed, Rows, Table
from webapp.codes.document import encode
from webapp.codes.importers.files import SourceFile
from webapp.codes.progress import Progress, silent
from webapp.core import clock
from webapp.core.dates import DAY
from webapp.extensions import Base, db

FORMAT = 1
"""Version of what importers make of a file. A file loaded by another version is loaded again."""


@dataclass(slots=True)
class Loaded:
    """What was done to one dataset. `unchanged`: this very file was loaded before."""

    dataset: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: bool = False


@dataclass(slots=True)
class Report:
    """What a load did to each dataset, and to the codes themselves where the file lists them."""

    release: str
    valid_from: date
    valid_to: date | None
    read: int = 0
    refused: list[str] = field(default_factory=list)
    tables: list[Loaded] = field(default_factory=list)

    @property
    def unchanged(self) -> bool:
        return bool(self.tables) and all(table.unchanged for table in self.tables)


def load(file: SourceFile, parsed: Parsed, progress: Progress = silent) -> Report:
    """Store a file's rows; a release may be older than others that are loaded.

    Licensed texts are stored only where a licence covers them. Errors: FileRefused.
    """
    bulk.begin()
    report = Report(parsed.release, parsed.valid_from, parsed.valid_to, parsed.read, parsed.refused)
    if parsed.listing is not None:
        done = listing_loader.load(parsed.listing, progress)
        report.tables.append(
            Loaded(parsed.listing.source, done.read, done.added, done.changed, done.ended, done.unchanged)
        )
    for at, table in enumerate(parsed.tables):
        progress("Rows", at, len(parsed.tables))
        if table.licensed:
            table = licences.covered(table)
            if not table.rows:
                continue
        report.tables.append(_load_table(file, parsed, table))
    if parsed.tables:
        progress("Rows", len(parsed.tables), len(parsed.tables))
    if not report.unchanged:
        numbers.add_missing(numbers.named(parsed), progress)
        releases.all_changed()
        bulk.analyze("dataset_record", "licensed_record")
    return report


def _load_table(file: SourceFile, parsed: Parsed, table: Table) -> Loaded:
    """Bring one dataset to the rows of a release; the same first day loaded before is taken back first."""
    same = dataset_releases.beginning(table.dataset, parsed.valid_from)
    if same is not None and (same.sha256, same.format) == (file.sha256, FORMAT):
        return Loaded(table.dataset, len(table.rows), unchanged=True)
    if same is not None:
        take_back(same)
    following = dataset_releases.after(table.dataset, parsed.valid_from)
    until = following.valid_from - DAY if following else None
    stored = _stored_in(table.dataset)
    done = timeline.plan(
        timeline.standing(stored, table.dataset, parsed.valid_from),
        timeline.beginning(stored, table.dataset, following.valid_from) if following else {},
        _bodies(table.rows),
        parsed.valid_from,
        until,
    )
    timeline.carry_out(stored, table.dataset, done)
    loaded = Loaded(table.dataset, len(table.rows), done.added, done.changed, done.ended)
    _store_release(file, parsed, loaded)
    return loaded


def take_back(release: DatasetRelease) -> None:
    """Remove a release: what it changed is as before it. The release before it holds on as it did then."""
    dataset, stored = release.dataset, _stored_in(release.dataset)
    following = dataset_releases.after(dataset, release.valid_from)
    until = following.valid_from - DAY if following else None
    done = timeline.undo(
        timeline.beginning(stored, dataset, release.valid_from),
        timeline.ending(stored, dataset, release.valid_from - DAY),
        until,
    )
    timeline.carry_out(stored, dataset, done)
    db.session.delete(release)
    db.session.flush()


def _stored_in(dataset: str) -> StoredTable:
    return Base.metadata.tables[(LicensedRecord if DATASETS[dataset].licensed else Record).__tablename__]


def _bodies(rows: Rows) -> dict[timeline.Key, str]:
    return {key: encode(values) for key, values in rows.items()}


def _store_release(file: SourceFile, parsed: Parsed, loaded: Loaded) -> None:
    db.session.add(
        DatasetRelease(
            dataset=loaded.dataset,
            name=parsed.release,
            valid_from=parsed.valid_from,
            valid_to=parsed.valid_to,
            file_name=file.name[-255:],
            sha256=file.sha256,
            format=FORMAT,
            loaded_at=clock.now(),
            rows_read=loaded.rows,
            rows_added=loaded.added,
            rows_changed=loaded.changed,
            rows_ended=loaded.ended,
        )
    )
    db.session.flush()
