"""Releases of datasets: which are loaded, and which one holds on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from webapp.codes.datasets.models import DatasetRelease
from webapp.extensions import db


def of(dataset: str) -> list[DatasetRelease]:
    """Return the releases of a dataset, the latest first."""
    rows = select(DatasetRelease).where(DatasetRelease.dataset == dataset).order_by(DatasetRelease.valid_from.desc())
    return list(db.session.scalars(rows))


def beginning(dataset: str, day: date) -> DatasetRelease | None:
    """Return the release whose first valid day is `day`."""
    rows = select(DatasetRelease).where(DatasetRelease.dataset == dataset, DatasetRelease.valid_from == day)
    return db.session.scalars(rows).first()


def after(dataset: str, day: date) -> DatasetRelease | None:
    """Return the first release that begins after `day`."""
    rows = select(DatasetRelease).where(DatasetRelease.dataset == dataset, DatasetRelease.valid_from > day)
    return db.session.scalars(rows.order_by(DatasetRelease.valid_from).limit(1)).first()


class Held(NamedTuple):
    """A release as pages tell of it."""

    id: int
    dataset: str
    name: str
    valid_from: date
    valid_to: date | None


def on(day: date) -> Mapping[str, Held]:
    """Return, by dataset, the release that holds on a day: the latest that has begun, even if it has ended since."""
    columns = (DatasetRelease.id, DatasetRelease.dataset, DatasetRelease.name)
    days = (DatasetRelease.valid_from, DatasetRelease.valid_to)
    begun = select(*columns, *days).where(DatasetRelease.valid_from <= day).order_by(DatasetRelease.valid_from)
    return {row[1]: Held(row[0], row[1], row[2], row[3], row[4]) for row in db.session.execute(begun)}
