"""Taking back the newest release of a source: its codes, its datasets, or both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select, update

from webapp.codes import articles, bulk, loader, page_store, releases, standing
from webapp.codes.datasets import loading, ptp
from webapp.codes.datasets import releases as dataset_releases
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.importers.ptp import DATASETS as PTP_SERVICES
from webapp.codes.listing import FileRefused
from webapp.codes.models import STAND_INS, Code, CodeSystem, CodeVersion, Release
from webapp.codes.progress import Progress, silent
from webapp.core.dates import DAY
from webapp.extensions import db

PTP_DATASETS = frozenset(PTP_SERVICES.values())


@dataclass(frozen=True, slots=True)
class Newest:
    """What a roll-back of a source takes away: the release of its codes, those of its datasets, or both."""

    day: date
    name: str
    codes: Release | None
    datasets: list[DatasetRelease]


def newest(source: str) -> Newest:
    """Return what a roll-back would take away. Errors: FileRefused if nothing of the source is loaded."""
    listed = select(Release).where(Release.source == source).order_by(Release.valid_from.desc()).limit(1)
    codes = db.session.scalars(listed).first() if source not in STAND_INS else None
    last = {key: next(iter(dataset_releases.of(key)), None) for key, each in DATASETS.items() if each.source == source}
    having = [release for release in last.values() if release is not None]
    days = [release.valid_from for release in having] + ([codes.valid_from] if codes else [])
    if not days:
        raise FileRefused(f"Nothing of {source[:30]!r} is loaded.")
    day = max(days)
    datasets = [release for release in having if release.valid_from == day]
    if codes is not None and codes.valid_from != day:
        codes = None
    return Newest(day, codes.name if codes else datasets[0].name, codes, datasets)


def roll_back(source: str, progress: Progress = silent) -> Newest:
    """Take back the newest release of a source, inside the current transaction. Errors: FileRefused."""
    bulk.begin()
    found = newest(source)
    if found.codes is not None:
        _take_back_codes(found.codes, progress)
    for release in found.datasets:
        (ptp if release.dataset in PTP_DATASETS else loading).take_back(release)
    releases.all_changed()
    return found


def _take_back_codes(release: Release, progress: Progress) -> None:
    """Remove the versions that a release began, let those go on that it ended, and show the release before it."""
    system = db.session.get_one(CodeSystem, release.system_id)
    mine = select(Code.id).where(Code.system_id == system.id)
    ours = CodeVersion.code_id.in_(mine)
    without_sync = {"synchronize_session": False}
    begun, last = CodeVersion.valid_from == release.valid_from, release.valid_from - DAY
    db.session.execute(delete(CodeVersion).where(ours, begun), execution_options=without_sync)
    go_on = update(CodeVersion).where(ours, CodeVersion.valid_to == last).values(valid_to=None)
    db.session.execute(go_on, execution_options=without_sync)
    was_shown = system.current_release_id == release.id
    if was_shown:
        system.current_release_id = None
    page_store.drop(release.id)
    db.session.flush()
    db.session.delete(release)
    db.session.flush()
    before = releases.newest(system.id, release.source)
    if before is None:
        db.session.execute(delete(CodeVersion).where(ours), execution_options=without_sync)
        articles.stand_in(system)
    elif was_shown:
        _show(system, before, progress)


def _show(system: CodeSystem, release: Release, progress: Progress) -> None:
    """Make a release's pages anew, those of codes that had ended before it too, and let readers see it."""
    entries, identities = standing.entries(system.id, release.valid_from)
    loader.build_pages(system, release, entries, identities.__getitem__, progress)
    loader.write_ended(system, release)
    releases.activate(system, release)
