"""What the datasets say of a code on a day: one query for all of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import and_, bindparam, func, or_, select

from webapp.codes.datasets.catalogue import DATASETS, of_diagnoses
from webapp.codes.datasets.models import LicensedRecord, Record
from webapp.extensions import db


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a dataset: its code and part, and its values by the names of the dataset's columns."""

    code: str
    part: str
    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the datasets say of one code on a day."""

    code: str
    on: date
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, dataset: str) -> list[Row]:
        """Return the rows of a dataset, ordered by part."""
        return self.tables.get(dataset, [])

    def row(self, dataset: str, part: str = "") -> Row | None:
        """Return the one row of a dataset with a part."""
        return next((row for row in self.rows(dataset) if row.part == part), None)

    def value(self, dataset: str, column: str, part: str = "") -> str:
        """Return one value, empty if there is no such row."""
        row = self.row(dataset, part)
        return row[column] if row else ""


_HOLDS = and_(
    Record.valid_from <= bindparam("day"), or_(Record.valid_to.is_(None), Record.valid_to >= bindparam("day"))
)
_FACTS = (
    select(Record.dataset, Record.part, Record.body)
    .where(Record.code == bindparam("code"), _HOLDS)
    .order_by(Record.dataset, Record.part)
)
_MANY = (
    select(Record.code, Record.dataset, Record.part, Record.body)
    .where(Record.code.in_(bindparam("codes", expanding=True)))
    .where(Record.dataset.in_(bindparam("datasets", expanding=True)), _HOLDS)
    .order_by(Record.code, Record.dataset, Record.part)
)
_ALL = (
    select(Record.code, Record.part, Record.body)
    .where(Record.dataset == bindparam("dataset"), _HOLDS)
    .order_by(Record.code, Record.part)
)
NEAREST = 40
"""Ranges before a code that are looked at: those of earlier days are among them."""
_BEFORE = (
    select(Record.code, Record.part, Record.valid_from)
    .where(Record.dataset == bindparam("dataset"), Record.code <= bindparam("code"))
    .where(Record.valid_from <= bindparam("day"), func.length(Record.code) == func.length(bindparam("code")))
    .where(func.substr(Record.code, func.length(Record.code)).between(bindparam("least"), bindparam("most")))
    .order_by((Record.code + "").desc())  # an expression, so that the dataset's index is read and not all codes
    .limit(NEAREST)
    .subquery()
)
_IN_RANGE = (
    select(Record.code, Record.part, Record.body)
    .join(_BEFORE, and_(*(_BEFORE.c[name] == getattr(Record, name) for name in ("code", "part", "valid_from"))))
    .where(Record.dataset == bindparam("dataset"), _HOLDS)
    .order_by(Record.code.desc())
    .limit(1)
)
_LICENSED_HOLDS = and_(
    LicensedRecord.valid_from <= bindparam("day"),
    or_(LicensedRecord.valid_to.is_(None), LicensedRecord.valid_to >= bindparam("day")),
)
_LICENSED = (
    select(LicensedRecord.dataset, LicensedRecord.part, LicensedRecord.body)
    .where(LicensedRecord.code == bindparam("code"), _LICENSED_HOLDS)
    .order_by(LicensedRecord.dataset, LicensedRecord.part)
)
_LICENSED_MANY = (
    select(LicensedRecord.code, LicensedRecord.body)
    .where(LicensedRecord.code.in_(bindparam("codes", expanding=True)))
    .where(LicensedRecord.dataset == bindparam("dataset"), _LICENSED_HOLDS)
    .order_by(LicensedRecord.code, LicensedRecord.part.desc())
)
AT_ONCE = 500


def facts(code: str, day: date, *, diagnosis: bool | None = None) -> Facts:
    """Return what all datasets say of a plain code on a day; `diagnosis`: those of diagnoses, or the others only."""
    found = Facts(code, day)
    for dataset, part, body in db.session.execute(_FACTS, {"code": code, "day": day}):
        if diagnosis is not None and of_diagnoses(dataset) != diagnosis:
            continue
        found.tables.setdefault(dataset, []).append(_row(code, dataset, part, body))
    return found


def many(codes: Iterable[str], datasets: Collection[str], day: date) -> dict[str, Facts]:
    """Return what some datasets say of some plain codes on a day; codes of which they say nothing too."""
    wanted = list(dict.fromkeys(codes))
    found = {code: Facts(code, day) for code in wanted}
    for at in range(0, len(wanted), AT_ONCE):
        given = {"codes": wanted[at : at + AT_ONCE], "datasets": list(datasets), "day": day}
        for code, dataset, part, body in db.session.execute(_MANY, given):
            found[code].tables.setdefault(dataset, []).append(_row(code, dataset, part, body))
    return found


def whole(dataset: str, day: date) -> Iterator[Row]:
    """Yield all rows of a dataset that hold on a day, by code and part. Meant for small datasets and exports."""
    for code, part, body in db.session.execute(_ALL, {"dataset": dataset, "day": day}):
        yield _row(code, dataset, part, body)


def in_range(dataset: str, code: str, day: date) -> Row | None:
    """Return the row of a dataset of ranges in which a code is: it stands under the first, `last` is the last one.

    Codes that end with a letter (`0106T`) are counted apart: by their bytes they lie between the numbers.
    """
    least, most = (code[-1], code[-1]) if code[-1:].isalpha() else ("0", "9")
    given = {"dataset": dataset, "code": code, "day": day, "least": least, "most": most}
    found = db.session.execute(_IN_RANGE, given).first()
    row = _row(found.code, dataset, found.part, found.body) if found else None
    return row if row and row["last"] >= code else None


def licensed(code: str, day: date) -> dict[str, list[str]]:
    """Return the licensed texts of a code on a day, by dataset and in the order of their parts."""
    found: dict[str, list[str]] = {}
    for dataset, _, body in db.session.execute(_LICENSED, {"code": code, "day": day}):
        found.setdefault(dataset, []).append(json.loads(body)[0])
    return found


def licensed_many(codes: Iterable[str], dataset: str, day: date) -> dict[str, str]:
    """Return the licensed text that a dataset has of some codes on a day: the first of each; none for those without."""
    given = {"codes": list(codes), "dataset": dataset, "day": day}
    return {code: json.loads(body)[0] for code, body in db.session.execute(_LICENSED_MANY, given)}


def _row(code: str, dataset: str, part: str, body: str) -> Row:
    return Row(code, part, dict(zip(DATASETS[dataset].columns, json.loads(body), strict=True)))
