"""Looking up NCCI's edits: among the codes of a claim, and of one code, both ways."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import starmap
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select

from webapp.codes.datasets.models import PtpEdit, PtpRationale
from webapp.extensions import db

PRACTITIONER, HOSPITAL = "p", "h"
"""The services, as stored."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A pair: where both codes are reported for one patient and day, `column2` is not paid.

    `modifier` is 0: no modifier changes that, 1: one may, 9: the edit never was in force. Both days are in force;
    `deletion` is None for none.
    """

    column1: str
    column2: str
    effective: date
    deletion: date | None
    modifier: str
    rationale: str

    def holds(self, day: date) -> bool:
        """Whether the edit is in force on a day; one that ends on its first day never is."""
        return self.effective <= day and (self.deletion is None or day <= self.deletion != self.effective)


@dataclass(frozen=True, slots=True)
class Side:
    """The edits that have a code in one column: how many there are, and the first of them by the other code."""

    count: int
    edits: list[Edit]


@dataclass(frozen=True, slots=True)
class OfCode:
    """The edits of one code, by the column that it stands in."""

    column1: Side
    column2: Side


_IN_FORCE = and_(
    PtpEdit.service == bindparam("service"),
    PtpEdit.until_release == 0,
    PtpEdit.effective <= bindparam("last"),
    or_(PtpEdit.deletion == 0, and_(PtpEdit.deletion >= bindparam("first"), PtpEdit.deletion > PtpEdit.effective)),
)
_EDITS = select(
    PtpEdit.column1, PtpEdit.column2, PtpEdit.effective, PtpEdit.deletion, PtpEdit.modifier, PtpRationale.text
).join(PtpRationale, PtpRationale.id == PtpEdit.rationale)
_PAIRS = _EDITS.where(
    PtpEdit.column1.in_(bindparam("codes", expanding=True)),
    PtpEdit.column2.in_(bindparam("codes", expanding=True)),
    _IN_FORCE,
)


def pairs(codes: Collection[str], service: str, day: date, until: date | None = None) -> list[Edit]:
    """Return all edits among some codes in force on a day, or on any from `day` to `until`: one query."""
    given = {"codes": list(dict.fromkeys(codes)), **_when(service, day, until or day)}
    return sorted(starmap(_edit, db.session.execute(_PAIRS, given)), key=lambda edit: (edit.column1, edit.column2))


def of_code(code: str, service: str, day: date, limit: int = 50) -> OfCode:
    """Return the edits of a code in force on a day, both ways: at most `limit` of each, and how many there are."""
    given = {"code": code, **_when(service, day, day)}
    return OfCode(
        _side(PtpEdit.column1 == bindparam("code"), PtpEdit.column2, given, limit),
        _side(PtpEdit.column2 == bindparam("code"), PtpEdit.column1, given, limit),
    )


def _side(of: ColumnElement[bool], other: Any, given: dict[str, object], limit: int) -> Side:
    count = db.session.scalar(select(func.count()).select_from(PtpEdit).where(of, _IN_FORCE), given) or 0
    rows = db.session.execute(_EDITS.where(of, _IN_FORCE).order_by(other).limit(limit), given) if count else ()
    return Side(count, list(starmap(_edit, rows)))


def _when(service: str, first: date, last: date) -> dict[str, object]:
    return {"service": service, "first": int(f"{first:%Y%m%d}"), "last": int(f"{last:%Y%m%d}")}


def _edit(column1: str, column2: str, effective: int, deletion: int, modifier: str, rationale: str) -> Edit:
    return Edit(column1, column2, _day(effective), _day(deletion) if deletion else None, modifier, rationale)


def _day(number: int) -> date:
    return date(number // 10000, number // 100 % 100, number % 100)
