"""Which releases are loaded, as the history of a code names them: of its own system, and of datasets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import String, bindparam, literal, select, union_all

from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.models import STAND_INS, Code, Release
from webapp.extensions import db

CODES = "codes"
"""Stands for the code system itself among the datasets."""
ADDED = "Code added."


class Line(NamedTuple):
    """One line of a history: when, by which release, and what."""

    day: date
    source: str
    said: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Names of the releases by dataset and first valid day, and each dataset's first day."""

    system: str
    names: dict[tuple[str, date], str]
    first: dict[str, date]

    def adds(self, dataset: str, day: date) -> bool:
        """Whether what begins on a day was added by a release, and not there from the first one on."""
        return dataset in self.first and day > self.first[dataset]

    def source(self, dataset: str, day: date) -> str:
        """Name a dataset and its release that begins on a day."""
        name = self.system if dataset == CODES else DATASETS[dataset].name
        return ", ".join(filter(None, (name, self.names.get((dataset, day)))))


_SYSTEM = select(Code.system_id).where(Code.id == bindparam("code_id")).scalar_subquery()
_LOADED = union_all(
    select(literal(CODES, String), Release.valid_from, Release.name).where(
        Release.system_id == _SYSTEM, Release.source.not_in(STAND_INS)
    ),
    select(DatasetRelease.dataset, DatasetRelease.valid_from, DatasetRelease.name).where(
        DatasetRelease.dataset.in_(bindparam("datasets", expanding=True))
    ),
)


def loaded(system: str, code_id: int, datasets: Iterable[str]) -> Loaded:
    """Return all releases of a code's system, and of some datasets: one query. `system` is the system's name."""
    found = db.session.execute(_LOADED, {"code_id": code_id, "datasets": list(datasets)}).all()
    first: dict[str, date] = {}
    for dataset, day, _ in found:
        first[dataset] = min(day, first.get(dataset, day))
    return Loaded(system, {(dataset, day): name for dataset, day, name in found}, first)
