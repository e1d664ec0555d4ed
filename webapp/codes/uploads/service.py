"""Jobs that change the catalogue: asked for by staff, done by a worker one after another, told of in their row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from webapp.auth import audit
from webapp.codes import importing, rollback
from webapp.codes.datasets import releases as dataset_releases
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.loading import Report
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers.files import open_source
from webapp.codes.importers.registry import IMPORTERS, PTP
from webapp.codes.listing import FileRefused
from webapp.codes.models import Release
from webapp.codes.progress import Progress
from webapp.codes.rollback import Newest
from webapp.codes.uploads import store
from webapp.codes.uploads.models import UNFINISHED, CatalogueJob
from webapp.core import clock
from webapp.core.errors import BadInput, NotFound
from webapp.extensions import db, transaction

FILES_KEPT = timedelta(days=7)
REFUSED_KEPT = 200
"""Refused rows told in full; of more, how many there are."""
PTP_SUMMARY = "NCCI procedure-to-procedure edits, all parts of a quarter"
TRY_AGAIN = ("failed", "lost")
"""States after which the same files may be loaded again."""


@dataclass(frozen=True, slots=True)
class Work:
    """A job as a worker takes it."""

    job_id: int
    kind: str
    source: str
    dry_run: bool
    files: list[Path]
    codes: Path | None
    given: dict[str, Any]


# --- What staff ask for --------------------------------------------------------------------------------------------


def ask_for_load(
    source: str, folder: str, files: Sequence[dict[str, Any]], given: dict[str, Any], *, dry_run: bool, staff_id: int
) -> CatalogueJob:
    """Note a load, in the running transaction; `files` and `given` as in the row."""
    job = _ask(CatalogueJob(kind="load", source=source, dry_run=dry_run, folder=folder, given=given), staff_id, files)
    names = ", ".join(each["name"] for each in files)
    audit.record("catalogue.load_asked", None, staff_id, job=job.id, source=source, files=names, dry_run=dry_run)
    return job


def ask_again(job_id: int, staff_id: int) -> CatalogueJob:
    """Note a load of the files of an earlier job: in earnest after a dry run, or once more after it failed.

    One that is asked for twice is noted once. Errors: NotFound, BadInput if the files are there no more.
    """
    job = of(job_id)
    running = select(CatalogueJob).where(
        CatalogueJob.folder == job.folder, CatalogueJob.state.in_(UNFINISHED), CatalogueJob.id > job.id
    )
    if not job.folder:
        raise BadInput("The files of this load are there no more: send them again.")
    if (asked := db.session.scalars(running).first()) is not None:
        return asked
    if not may_be_loaded(job):
        raise BadInput("This load is not to be done again.")
    dry_run = job.dry_run and job.state != "done"
    return ask_for_load(job.source, job.folder, job.files, job.given, dry_run=dry_run, staff_id=staff_id)


def may_be_loaded(job: CatalogueJob) -> bool:
    """Whether the files of a job can be loaded from its page."""
    return bool(job.folder) and (job.state in TRY_AGAIN or (job.dry_run and job.state == "done"))


def ask_to_take_back(source: str, day: date, staff_id: int) -> CatalogueJob:
    """Note that the newest release of a source, which begins on `day`, is to be taken back. Errors: FileRefused."""
    release = newest(source, day).name
    given = {"day": day.isoformat(), "release": release}
    job = _ask(CatalogueJob(kind="take_back", source=source, dry_run=False, given=given), staff_id)
    audit.record("catalogue.take_back_asked", None, staff_id, job=job.id, source=source, release=release)
    return job


def newest(source: str, day: date | None = None) -> Newest:
    """Return what a roll-back takes away. Errors: FileRefused if there is nothing, or it does not begin on `day`."""
    found = rollback.newest(source)
    if day is not None and found.day != day:
        raise FileRefused(f"The newest release of {name_of(source)} is {found.name} by now: look again.")
    return found


def release_before(release: DatasetRelease | Release) -> DatasetRelease | Release | None:
    """Return the release that holds again once this one is taken back."""
    if isinstance(release, DatasetRelease):
        return next(
            (each for each in dataset_releases.of(release.dataset) if each.valid_from < release.valid_from), None
        )
    same = select(Release).where(Release.system_id == release.system_id, Release.source == release.source)
    earlier = same.where(Release.valid_from < release.valid_from).order_by(Release.valid_from.desc())
    return db.session.scalars(earlier.limit(1)).first()


def _ask(job: CatalogueJob, staff_id: int, files: Sequence[dict[str, Any]] = ()) -> CatalogueJob:
    job.files, job.staff_id, job.created_at = list(files), staff_id, clock.now()
    db.session.add(job)
    db.session.flush()
    return job


# --- What staff see ------------------------------------------------------------------------------------------------


def of(job_id: int) -> CatalogueJob:
    """Return a job. Errors: NotFound."""
    job = db.session.get(CatalogueJob, job_id)
    if job is None:
        raise NotFound
    return job


def recent(limit: int) -> list[CatalogueJob]:
    """Return the latest jobs, newest first."""
    return list(db.session.scalars(select(CatalogueJob).order_by(CatalogueJob.id.desc()).limit(limit)))


def told(report: Report) -> dict[str, Any]:
    """Return a report as JSON. Of the rows refused the first REFUSED_KEPT are told, and how many there are."""
    return {
        "release": report.release,
        "valid_from": report.valid_from.isoformat(),
        "valid_to": report.valid_to.isoformat() if report.valid_to else "",
        "read": report.read,
        "refused": report.refused[:REFUSED_KEPT],
        "refused_count": len(report.refused),
        "tables": [{**asdict(table), "name": name_of(table.dataset)} for table in report.tables],
        "unchanged": report.unchanged,
    }


def sources() -> dict[str, str]:
    """Return what each source is, by the name that a load takes."""
    summaries = {key: importer.summary for key, importer in IMPORTERS.items()}
    return {key: f"{text[0].upper()}{text[1:]}" for key, text in {**summaries, PTP: PTP_SUMMARY}.items()}


def name_of(key: str) -> str:
    """Return the name of a dataset, or else of a source."""
    return DATASETS[key].name if key in DATASETS else sources().get(key, key)


# --- What a worker does --------------------------------------------------------------------------------------------


def next_waiting() -> int | None:
    """Return the job that has waited longest."""
    return db.session.scalar(select(func.min(CatalogueJob.id)).where(CatalogueJob.state == "waiting"))


def running() -> list[tuple[int, datetime]]:
    """Return the jobs that run as far as their rows tell, and since when."""
    columns = select(CatalogueJob.id, CatalogueJob.started_at).where(CatalogueJob.state == "running")
    return [(job_id, started or clock.now()) for job_id, started in db.session.execute(columns)]


def claim(job_id: int) -> Work | None:
    """Take a job that waits, in a transaction of its own; None if it waits no more, or if another one runs."""
    waiting = update(CatalogueJob).where(CatalogueJob.id == job_id, CatalogueJob.state == "waiting")
    try:
        with transaction():
            taken = waiting.values(state="running", started_at=clock.now()).returning(CatalogueJob)
            job = db.session.scalars(taken).one_or_none()
            return _work(job) if job is not None else None
    except IntegrityError:  # the index over what runs
        return None


def _work(job: CatalogueJob) -> Work:
    folder = store.root() / job.folder
    places: dict[str, list[Path]] = {"file": [], "codes": []}
    for each in job.files:
        places[each["role"]].append(folder / each["place"])
    codes = next(iter(places["codes"]), None)
    return Work(job.id, job.kind, job.source, job.dry_run, places["file"], codes, job.given)


def carry_out(work: Work, progress: Progress) -> dict[str, Any]:
    """Do a job in one transaction and return its report. Errors: CodeshelfError; then nothing is changed."""
    if work.kind == "take_back":
        with transaction():
            newest(work.source, date.fromisoformat(work.given["day"]))
            return {"release": rollback.roll_back(work.source, progress).name}
    effective = work.given.get("effective")
    given = Given(
        work.given.get("release"),
        date.fromisoformat(effective) if effective else None,
        open_source(work.codes) if work.codes else None,
    )
    return told(importing.load(work.source, work.files, given, progress, dry_run=work.dry_run))


def finish(job_id: int, state: str, report: dict[str, Any] | None = None, error: str = "") -> None:
    """Note how a job ended, in a transaction of its own; files that are needed no more go."""
    with transaction():
        job = of(job_id)
        job.state, job.report, job.error, job.ended_at = state, report, error, clock.now()
        audit.record(f"catalogue.{job.kind}_{state}", None, job.staff_id, job=job.id, source=job.source)
        folder = "" if may_be_loaded(job) else job.folder
        _forget_folder(folder)
    store.delete(folder)


def forget_old_files() -> None:
    """Delete the files of jobs that no one went on with, and of uploads that broke off."""
    newest = func.max(CatalogueJob.created_at)
    kept = select(CatalogueJob.folder).where(CatalogueJob.folder != "").group_by(CatalogueJob.folder)
    busy = select(CatalogueJob.folder).where(CatalogueJob.state.in_(UNFINISHED))
    with transaction():
        old = list(
            db.session.scalars(kept.having(newest < clock.now() - FILES_KEPT).where(CatalogueJob.folder.not_in(busy)))
        )
        for folder in old:
            _forget_folder(folder)
    for folder in old:
        store.delete(folder)
    store.delete_abandoned(set(db.session.scalars(kept)))


def _forget_folder(folder: str) -> None:
    """Note that the files of a folder are there no more, in every job that names it."""
    if folder:
        db.session.execute(update(CatalogueJob).where(CatalogueJob.folder == folder).values(folder=""))
