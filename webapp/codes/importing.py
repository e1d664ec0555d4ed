"""Loads files of one source, for the command line and for staff: one entrance, one report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from webapp.codes import bulk
from webapp.codes.datasets import loading, ptp
from webapp.codes.datasets.loading import Report
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.registry import IMPORTERS, PTP
from webapp.codes.listing import FileRefused
from webapp.codes.progress import Progress, silent
from webapp.extensions import db, transaction

LONGEST_RELEASE = 60
"""Characters of a release's name."""
YEARS = range(1900, 2101)
"""Years in which a release may begin: any other is a slip."""


def load(
    source: str, paths: Sequence[Path], given: Given, progress: Progress = silent, *, dry_run: bool = False
) -> Report:
    """Load the files of a source in one transaction, or tell what that would do. Errors: FileRefused.

    The parts of NCCI's edits are one table, and are given together; of any other source each file stands for itself.
    """
    _check(given)
    if source == PTP:
        with transaction():
            return _kept(ptp.load(paths, given, progress), dry_run=dry_run)
    importer = IMPORTERS.get(source)
    if importer is None:
        raise FileRefused(f"There is no source {source[:30]!r}: one of {', '.join((*IMPORTERS, PTP))}.")
    with bulk.collector_paused():
        files = [file for path in paths for file in importer.open(path)]
        with transaction():
            return _kept(_merged([_load(source, file, given, progress) for file in files]), dry_run=dry_run)


def _check(given: Given) -> None:
    """Refuse a name that no table takes, and a day that no publisher means. Errors: FileRefused."""
    if given.release and (len(given.release) > LONGEST_RELEASE or not given.release.isprintable()):
        raise FileRefused(f"A release's name has at most {LONGEST_RELEASE} characters, in one line.")
    if given.effective and given.effective.year not in YEARS:
        raise FileRefused(f"{given.effective.isoformat()} is no first day of a release.")


def _load(source: str, file: SourceFile, given: Given, progress: Progress) -> Report:
    progress(f"Reading {file.name}", 0, 1)
    parsed = IMPORTERS[source].read(file, given)
    return loading.load(file, parsed, progress)


def _merged(reports: list[Report]) -> Report:
    """Return one report of several files."""
    whole = reports[0]
    for other in reports[1:]:
        whole.read += other.read
        whole.refused += other.refused
        whole.tables += other.tables
    return whole


def _kept(report: Report, *, dry_run: bool) -> Report:
    if dry_run:
        db.session.rollback()
    return report
