"""The loaded releases as readers see them: of a system's codes, and of the datasets that speak of these codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import select

from webapp.codes.datasets.catalogue import DATASETS, Dataset
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.models import STAND_INS, CodeSystem, Release
from webapp.core.dates import DAY
from webapp.extensions import db

State = Literal["coming", "current", "ended", "earlier"]
"""`current`: what holds today; `ended`: the same, but past its last day, and nothing newer is loaded."""

Loaded = Release | DatasetRelease
DIAGNOSES = frozenset({"icd10cm-order", "icd10cm-codes", "icd10cm-index", "gem", "hcc", "ccsr"})
PROCEDURES = frozenset(
    {"mpfs", "gpci", "locality", "anesthesia", "oppscap", "opps", "asc", "aoc", "ptp", "mue", "rbcs", "ccs", "tos"}
) | {"pos"}
SOURCES: Mapping[str, frozenset[str]] = {
    "icd-10-cm": DIAGNOSES,
    "hcpcs": PROCEDURES | {"hcpcs"},
    "cpt": PROCEDURES | {"cpt"},
}
"""Which sources of datasets speak of the codes of a system."""


@dataclass(frozen=True, slots=True)
class Line:
    """One release with the days that it holds: `last` is the day before the next release, or the declared one if that
    is earlier; None while none is known. `before` is the first day of the release before it.
    """

    name: str
    first: date | None
    last: date | None
    state: State
    read: int
    added: int
    changed: int
    ended: int
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The releases of one table, the latest first. `dataset` is empty for the codes themselves."""

    dataset: str
    name: str
    publisher: str
    lines: Sequence[Line]
    comparable: bool = True
    """Whether readers may ask what changed between two of them: not where the texts are licensed."""


def shelves(system: CodeSystem, day: date) -> list[Shelf]:
    """Return what is loaded for a system as it stands on a day: its codes, then the datasets in catalogue order."""
    return [*_of_codes(system, day), *_of_datasets(system, day)]


def datasets_of(system_key: str) -> list[Dataset]:
    """Return the datasets that speak of a system's codes."""
    sources = SOURCES.get(system_key, frozenset())
    return [dataset for dataset in DATASETS.values() if dataset.source in sources]


def comparable(dataset: Dataset) -> bool:
    """Whether what changed can be told: licensed texts are told nowhere, and edits of pairs are no dated rows."""
    return bool(dataset.columns) and not dataset.licensed


def _of_codes(system: CodeSystem, day: date) -> Iterable[Shelf]:
    """Yield the lists of codes by source. What stands in for a publisher's list has no days, and nothing to compare."""
    rows = select(Release).where(Release.system_id == system.id).order_by(Release.valid_from, Release.id)
    loaded: dict[str, list[Release]] = {}
    for release in db.session.scalars(rows):
        loaded.setdefault(release.source, []).append(release)
    for source, releases in loaded.items():
        if source not in STAND_INS:
            yield Shelf("", system.name, system.publisher, _lines(releases, day, system.current_release_id))
        elif releases[-1].id == system.current_release_id:
            yield Shelf(
                "", system.name, system.publisher, [_line(releases[-1], None, None, "current")], comparable=False
            )


def _of_datasets(system: CodeSystem, day: date) -> Iterable[Shelf]:
    datasets = {dataset.key: dataset for dataset in datasets_of(system.key)}
    loaded: dict[str, list[DatasetRelease]] = {key: [] for key in datasets}
    rows = select(DatasetRelease).where(DatasetRelease.dataset.in_(datasets)).order_by(DatasetRelease.valid_from)
    for release in db.session.scalars(rows):
        loaded[release.dataset].append(release)
    for key, releases in loaded.items():
        if releases:
            current = next((each.id for each in reversed(releases) if each.valid_from <= day), None)
            dataset = datasets[key]
            yield Shelf(key, dataset.name, dataset.publisher, _lines(releases, day, current), comparable(dataset))


def _lines(releases: Sequence[Loaded], day: date, current_id: int | None) -> list[Line]:
    """Return releases of one table, given from the earliest on, with the days that they hold; the latest first."""
    found = []
    for before, release, following in zip([None, *releases], releases, [*releases[1:], None], strict=False):
        last = release.valid_to
        if following is not None:
            last = min(last or date.max, following.valid_from - DAY)
        state = _state(release, last, day, current_id)
        found.append(_line(release, release.valid_from, last, state, before.valid_from if before else None))
    return found[::-1]


def _state(release: Loaded, last: date | None, day: date, current_id: int | None) -> State:
    if release.id == current_id:
        return "ended" if last is not None and last < day else "current"
    return "coming" if release.valid_from > day else "earlier"


def _line(release: Loaded, first: date | None, last: date | None, state: State, before: date | None = None) -> Line:
    figures = (release.rows_read, release.rows_added, release.rows_changed, release.rows_ended)
    return Line(release.name, first, last, state, *figures, before)
