"""NCCI's edits in the database: loading two million rows at a time, taking a release back, and looking pairs up.

A release is first copied into a temporary table, and then compared with the standing rows by the database: what it
changed is written, nothing else. All of it is one transaction, so that readers see all of the old release or all of the
new. Rows that the last release took away stay, marked, so that it can be taken back; older ones are deleted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import TextClause, func, select, text, union

from webapp.codes import bulk, releases
from webapp.codes.datasets import numbers
from webapp.codes.datasets import releases as dataset_releases
from webapp.codes.datasets.loading import Loaded, Report
from webapp.codes.datasets.models import DatasetRelease, PtpEdit, PtpRationale
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import ptp as importer
from webapp.codes.importers.ptp import Edition
from webapp.codes.listing import FileRefused
from webapp.codes.progress import Progress, counted, silent
from webapp.core import clock
from webapp.extensions import db

FORMAT = 1
"""Version of what this module makes of a file. A file loaded by another version is loaded again."""
STAGED = ("column1", "column2", "effective", "deletion", "modifier", "rationale", "line")
FEW = 1000
"""Standing edits of which a release may end any number; of more it ends half at most."""
CACHE_KIBIBYTES = 48 * 1024
"""SQLite's cache while it loads, for the tables and again for the temporary one."""
WORK_MEMORY = "64MB"
"""PostgreSQL's memory for one comparison."""

_SAME_PAIR = "e.column1 = s.column1 AND e.column2 = s.column2 AND e.effective = s.effective"
_SAME_REST = "e.deletion = s.deletion AND e.modifier = s.modifier AND e.rationale = s.rationale"
_SERVICE = "CAST(:service AS VARCHAR(1))"
_TWICE = text("SELECT column1, column2 FROM ptp_stage GROUP BY column1, column2, effective HAVING count(*) > 1 LIMIT 1")
_FORGET = text("DELETE FROM ptp_edit WHERE service = :service AND until_release <> 0")
# `column1 > ''` is true of all rows: it lets SQLite go through both tables in the same order.
_END = text(
    "UPDATE ptp_edit AS e SET until_release = :release WHERE e.column1 > '' AND e.service = :service"  # noqa: S608 - our own names
    f" AND e.until_release = 0 AND NOT EXISTS (SELECT 1 FROM ptp_stage AS s WHERE {_SAME_PAIR} AND {_SAME_REST})"
)
# Rows that were taken away before are deleted by then, so that a row alike is a standing one.
_ADD = text(
    "INSERT INTO ptp_edit (column1, column2, service, effective, since_release, until_release, deletion, modifier,"  # noqa: S608 - our own names
    f" rationale) SELECT s.column1, s.column2, {_SERVICE}, s.effective, :release, 0, s.deletion, s.modifier,"
    " s.rationale FROM ptp_stage AS s WHERE NOT EXISTS (SELECT 1 FROM ptp_edit AS e"
    f" WHERE {_SAME_PAIR} AND {_SAME_REST} AND e.service = {_SERVICE})"
    " ORDER BY s.column1, s.column2, s.effective"
)
_CHANGED = text(
    "SELECT count(*) FROM ptp_edit AS e JOIN ptp_edit AS s"  # noqa: S608 - our own names
    f" ON {_SAME_PAIR} AND s.service = e.service AND s.since_release = :release"
    " WHERE e.service = :service AND e.until_release = :release"
)


def load(paths: Sequence[Path], given: Given, progress: Progress = silent) -> Report:
    """Bring a table of edits to a release, all parts of which are given. Call inside `extensions.transaction()`.

    The same files again do nothing; others of the same quarter replace it. Errors: FileRefused, also for a release
    that is older than the one loaded.
    """
    bulk.begin()
    edition = importer.find(paths, given)
    report = Report(edition.release, edition.valid_from, edition.valid_to)
    newest = next(iter(dataset_releases.of(edition.dataset)), None)
    if newest is not None:
        if newest.valid_from > edition.valid_from:
            raise FileRefused(f"{edition.release} is older than {newest.name}, which is loaded already.")
        if newest.valid_from == edition.valid_from:
            if (newest.sha256, newest.format) == (edition.sha256, FORMAT):
                report.read = newest.rows_read
                report.tables.append(Loaded(edition.dataset, newest.rows_read, unchanged=True))
                return report
            _replace(newest)
    with _room():
        _stage(edition, progress)
        report.tables.append(_compare(edition, progress))
    report.read, report.refused = edition.read, edition.refused
    numbers.add_missing(_codes(edition.service), progress)
    releases.all_changed()
    bulk.analyze("ptp_edit")
    return report


def _codes(service: str) -> list[str]:
    """Return all codes that the standing edits name."""
    mine = PtpEdit.service == service, PtpEdit.until_release == 0
    columns = (select(column).where(*mine) for column in (PtpEdit.column1, PtpEdit.column2))
    return list(db.session.scalars(union(*columns)))


def take_back(release: DatasetRelease) -> None:
    """Remove the latest release of a table: what stood before it stands again. Call inside a transaction.

    Errors: FileRefused if it is not the latest, or if the rows that it took away are kept no more.
    """
    newest = next(iter(dataset_releases.of(release.dataset)), None)
    if newest is None or newest.id != release.id:
        raise FileRefused(f"{release.name} is not the latest release of {release.dataset}.")
    if not _is_whole(release):
        raise FileRefused(f"What {release.name} took away is kept no more: load the files of the release before it.")
    service = _service_of(release)
    given = {"service": service, "release": release.id}
    db.session.execute(text("DELETE FROM ptp_edit WHERE service = :service AND since_release = :release"), given)
    db.session.execute(
        text("UPDATE ptp_edit SET until_release = 0 WHERE service = :service AND until_release = :release"), given
    )
    db.session.delete(release)
    releases.all_changed()


def _replace(release: DatasetRelease) -> None:
    """Take a release back whose files were published again; if that cannot be, only its name goes."""
    if _is_whole(release):
        take_back(release)
    else:
        db.session.delete(release)
        db.session.flush()


def _is_whole(release: DatasetRelease) -> bool:
    """Whether the rows that a release took away are all there still."""
    kept = select(func.count()).where(PtpEdit.service == _service_of(release), PtpEdit.until_release == release.id)
    return db.session.scalar(kept) == release.rows_changed + release.rows_ended


def _service_of(release: DatasetRelease) -> str:
    return next(service for service, dataset in importer.DATASETS.items() if dataset == release.dataset)


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Make the temporary table, and give the database memory to sort and compare in, while a table is loaded."""
    columns = "column1 {0}, column2 {0}, effective INTEGER, deletion INTEGER, modifier {1}, rationale INTEGER"
    if not bulk.on_sqlite():
        _sql(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        bytewise = columns.format('VARCHAR(5) COLLATE "C"', "VARCHAR(1)")
        _sql(f"CREATE TEMPORARY TABLE ptp_stage ({bytewise}, line INTEGER) ON COMMIT DROP")
        yield
        return
    before = db.session.scalar(text("PRAGMA cache_size"))
    _sql(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
    try:
        key = "line INTEGER, PRIMARY KEY (column1, column2, effective, line)"
        _sql(f"CREATE TEMPORARY TABLE ptp_stage ({columns.format('TEXT', 'TEXT')}, {key}) WITHOUT ROWID")
        _sql(f"PRAGMA temp.cache_size = -{CACHE_KIBIBYTES}")
        yield
        _sql("DROP TABLE ptp_stage")  # after an error the transaction's end takes it away
    finally:
        _sql(f"PRAGMA cache_size = {before}")


def _stage(edition: Edition, progress: Progress) -> None:
    """Copy the files' rows into the temporary table. Errors: FileRefused."""
    rationales = _Rationales()
    rows = counted(edition.rows(), "Reading", edition.expected, progress)
    bulk.insert("ptp_stage", STAGED, _numbered(rows, rationales))
    rationales.store()
    if not bulk.on_sqlite():
        bulk.analyze("ptp_stage")
    twice = db.session.execute(_TWICE).first()
    if twice is not None:
        raise FileRefused(f"{edition.file_name}: the edit of {twice[0]} and {twice[1]} stands in the table twice.")


class _Rationales(dict[str, int]):
    """The ids of rationales by their texts; new ones get the next ids."""

    def __init__(self) -> None:
        super().__init__({row.text: row.id for row in db.session.scalars(select(PtpRationale))})
        self._first_new = max(self.values(), default=0) + 1

    def __missing__(self, rationale: str) -> int:
        self[rationale] = number = max(self.values(), default=0) + 1
        return number

    def store(self) -> None:
        db.session.add_all(PtpRationale(id=id, text=text) for text, id in self.items() if id >= self._first_new)
        db.session.flush()


def _numbered(rows: Iterator[importer.Row], rationales: Mapping[str, int]) -> Iterator[tuple[Any, ...]]:
    for number, (column1, column2, effective, deletion, modifier, rationale) in enumerate(rows):
        yield column1, column2, effective, deletion, modifier, rationales[rationale], number


def _compare(edition: Edition, progress: Progress) -> Loaded:
    """Write what differs between the temporary table and the standing rows."""
    progress("Comparing", 0, 3)
    release = _store_release(edition)
    given = {"service": edition.service, "release": release.id}
    _sql_with(_FORGET, {"service": edition.service})
    standing = db.session.scalar(
        select(func.count()).where(PtpEdit.service == edition.service, PtpEdit.until_release == 0)
    )
    gone = _sql_with(_END, given)
    if gone > max(FEW, (standing or 0) // 2):
        raise FileRefused(f"{edition.file_name} lack {gone} of {standing} standing edits: is a part missing?")
    progress("Comparing", 1, 3)
    new = _sql_with(_ADD, given)
    progress("Comparing", 2, 3)
    changed = db.session.scalar(_CHANGED, given) if gone else 0
    release.rows_changed = changed or 0
    release.rows_added, release.rows_ended = new - release.rows_changed, gone - release.rows_changed
    db.session.flush()
    progress("Comparing", 3, 3)
    return Loaded(edition.dataset, edition.read, release.rows_added, release.rows_changed, release.rows_ended)


def _store_release(edition: Edition) -> DatasetRelease:
    release = DatasetRelease(
        dataset=edition.dataset,
        name=edition.release[:60],
        valid_from=edition.valid_from,
        valid_to=edition.valid_to,
        file_name=edition.file_name[-255:],
        sha256=edition.sha256,
        format=FORMAT,
        loaded_at=clock.now(),
        rows_read=edition.read,
    )
    db.session.add(release)
    db.session.flush()
    return release


def _sql(statement: str) -> None:
    db.session.execute(text(statement))


def _sql_with(statement: TextClause, given: Mapping[str, object]) -> int:
    """Run a statement and return how many rows it wrote."""
    return db.session.connection().execute(statement, given).rowcount
