"""Two releases set against each other: which ones two days mean, what changed in all, and the changes by page."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from webapp.codes import differences, release_list, service, standing
from webapp.codes.datasets import releases as dataset_releases
from webapp.codes.datasets.catalogue import DATASETS, Dataset
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.differences import Difference
from webapp.codes.listing import plain
from webapp.codes.models import STAND_INS, Code, CodeDocument, CodeSystem, Release
from webapp.core import clock
from webapp.core.errors import BadInput, NotFound
from webapp.extensions import db, settings

COUNTS_KEPT = 256
ROWS_KEPT = 4
LONGEST_KEPT = 20_000
"""Longer lists of changes are worked out anew for each page of them: they are rare, and this many take some 5 MB."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two releases, by its name and first day."""

    name: str
    first: date


@dataclass(frozen=True, slots=True)
class Pair:
    """What is compared: the codes of a system, or a dataset that speaks of them, in two releases."""

    system: str
    dataset: str
    name: str
    old: Side
    new: Side

    @property
    def same(self) -> bool:
        return self.old.first == self.new.first


@dataclass(frozen=True, slots=True)
class Counts:
    """How many codes (or rows of a dataset) were added, ended and changed; `fields` counts the changes by field."""

    added: int = 0
    ended: int = 0
    changed: int = 0
    fields: tuple[tuple[str, int], ...] = ()
    lines: int = 0
    """How many lines tell all of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a code has its page."""

    system: str
    key: str


def pair(system: CodeSystem, dataset_key: str, old: date | None, new: date | None) -> Pair:
    """Return the releases that hold on two days: by default today's, and the one before the newer.

    Errors: NotFound for a dataset that does not speak of the system's codes or cannot be compared, and for a day that
    no loaded release covers; BadInput if the days are in the wrong order.
    """
    new = new or max(old or date.min, clock.today())
    if old is not None and old > new:
        raise BadInput(f"{old} is after {new}: give the earlier day first, as in from=2025-04-01&to=2026-04-01.")
    if dataset_key:
        return _pair_of_dataset(system, _dataset(system, dataset_key), old, new)
    return _pair_of_codes(system, old, new)


def _dataset(system: CodeSystem, key: str) -> Dataset:
    found = DATASETS.get(key)
    if found is None or found not in release_list.datasets_of(system.key):
        raise NotFound(f"There is no dataset “{key[:40]}” that speaks of codes of {system.name}.")
    if not release_list.comparable(found):
        raise NotFound(f"Releases of “{found.name}” are not compared here.")
    return found


def _pair_of_dataset(system: CodeSystem, dataset: Dataset, old: date | None, new: date) -> Pair:
    loaded = dataset_releases.of(dataset.key)
    later = _holding(loaded, new, dataset.name)
    earlier = _holding(loaded, old, dataset.name) if old else _before(loaded, later)
    return Pair(system.key, dataset.key, dataset.name, _side(earlier), _side(later))


def _pair_of_codes(system: CodeSystem, old: date | None, new: date) -> Pair:
    later = standing.release_on(system, new)
    if later.source in STAND_INS:
        raise NotFound(f"The codes of {system.name} are known here from other files only: compare one of these.")
    rows = select(Release).where(Release.system_id == system.id, Release.source == later.source)
    loaded = db.session.scalars(rows.order_by(Release.valid_from.desc(), Release.id.desc())).all()
    earlier = standing.release_on(system, old) if old else _before(loaded, later)
    return Pair(system.key, "", system.name, _side(earlier), _side(later))


def _holding(loaded: Sequence[DatasetRelease], day: date, name: str) -> DatasetRelease:
    """Return the release that holds on a day, of all, the latest first. Errors: NotFound."""
    found = next((release for release in loaded if release.valid_from <= day), None)
    if found is None:
        since = f" The releases loaded here begin on {loaded[-1].valid_from}." if loaded else ""
        raise NotFound(f"No release of “{name}” that is loaded here covers {day}.{since}")
    return found


def _before(loaded: Sequence[release_list.Loaded], release: release_list.Loaded) -> release_list.Loaded:
    """Return the release before one, itself if it is the first."""
    return next((each for each in loaded if each.valid_from < release.valid_from), release)


def _side(release: release_list.Loaded) -> Side:
    return Side(release.name, release.valid_from)


def counts(given: Pair) -> Counts:
    """Return what changed between two releases in all; kept until the catalogue changes."""
    return _counts(settings().sqlalchemy_url, service.catalogue_stamp(), given)


def rows(given: Pair) -> Sequence[Difference]:
    """Return all that changed between two releases, by code; kept until the catalogue changes if it is not too much."""
    if counts(given).lines > LONGEST_KEPT:
        return _read(given)
    return _rows(settings().sqlalchemy_url, service.catalogue_stamp(), given)


@functools.lru_cache(COUNTS_KEPT)
def _counts(_database: str, _stamp: str, given: Pair) -> Counts:
    return counted(_read(given))


@functools.lru_cache(ROWS_KEPT)
def _rows(_database: str, _stamp: str, given: Pair) -> Sequence[Difference]:
    return _read(given)


def _read(given: Pair) -> Sequence[Difference]:
    if given.same:
        return []
    if given.dataset:
        return differences.of_dataset(given.dataset, given.old.first, given.new.first)
    return differences.of_codes(given.system, given.old.first, given.new.first)


def counted(found: Iterable[Difference]) -> Counts:
    """Count differences: codes or rows once each, whatever number of their fields changed."""
    lines = list(found)
    by_kind = Counter(what for _, _, what in {(each.code, each.part, each.what) for each in lines})
    fields = Counter(each.field for each in lines if each.what == "changed")
    return Counts(by_kind["added"], by_kind["ended"], by_kind["changed"], tuple(fields.most_common()), len(lines))


def places(given: Pair, codes: Iterable[str]) -> Mapping[str, Place]:
    """Return where those of some codes have their pages that have one."""
    named = {plain(code): code for code in codes}
    systems = [given.system]
    if given.dataset:
        source = DATASETS[given.dataset].source
        systems = [key for key, sources in release_list.SOURCES.items() if source in sources]
    found = db.session.execute(
        select(CodeSystem.key, Code.key, Code.plain)
        .join(Code, Code.system_id == CodeSystem.id)
        .join(CodeDocument, CodeDocument.code_id == Code.id)
        .where(CodeDocument.release_id == CodeSystem.current_release_id)
        .where(CodeSystem.key.in_(systems), Code.plain.in_(named))
    )
    return {named[number]: Place(system, key) for system, key, number in found}
