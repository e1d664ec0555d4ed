"""Licences to show texts that are no public property: who holds one, until when, and which texts it covers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, text, update

from webapp.codes import bulk, releases
from webapp.codes.datasets import reading
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.models import DatasetRelease, Licence, LicensedRecord
from webapp.codes.datasets.parsed import Table
from webapp.codes.listing import FileRefused
from webapp.codes.models import Code, CodeSystem
from webapp.core import clock
from webapp.extensions import db

CPT, CDT = "cpt", "cdt"
HOLDERS = {CPT: "American Medical Association", CDT: "American Dental Association"}
"""Whose texts need a licence, by the name it is installed under."""
CPT_CODE = re.compile(r"[0-9]{4}[0-9FTUMA]")
CDT_CODE = re.compile(r"D[0-9]{4}")
LONGEST_HOLDER, LONGEST_LINE = 200, 500
OF_CPT = "cpt-"
"""How the datasets begin that hold nothing but CPT, modifiers among them."""

_PROCEDURES = (
    select(Code.plain).join(CodeSystem, CodeSystem.id == Code.system_id).where(CodeSystem.key.in_(("cpt", "hcpcs")))
)
"""Diagnoses look like dental codes once their dot is left out."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What is loaded under a licence: texts in force by dataset, and how many of the codes that exist have none."""

    texts: Mapping[str, int]
    codes: int
    without: int


def needed(code: str) -> str | None:
    """Return the licence that a code's descriptor needs, None if it is public property."""
    if CPT_CODE.fullmatch(code):
        return CPT
    return CDT if CDT_CODE.fullmatch(code) else None


def installed(system: str, day: date | None = None) -> Licence | None:
    """Return a licence that is installed and has not ended: it still holds on its last day."""
    licence = db.session.get(Licence, system)
    if licence is None or (licence.valid_to is not None and licence.valid_to < (day or clock.today())):
        return None
    return licence


def texts(system: str, code: str, day: date) -> dict[str, list[str]]:
    """Return a code's licensed texts as of a day, by dataset; none unless the licence is in force today."""
    if installed(system) is None:
        return {}
    return {
        dataset: found for dataset, found in reading.licensed(code, day).items() if _licence_of(code, dataset) == system
    }


def install(system: str, holder: str, line: str, valid_to: date | None) -> Licence:
    """Note that the operator holds a licence, until the end of a day. Errors: FileRefused.

    Files that were loaded without it were loaded without its texts: they may be loaded once more.
    """
    _check(system)
    holder, line = " ".join(holder.split()), " ".join(line.split())
    if not 0 < len(holder) <= LONGEST_HOLDER or not 0 < len(line) <= LONGEST_LINE:
        raise FileRefused(
            f"A licence needs its holder's name (at most {LONGEST_HOLDER} characters) "
            f"and the copyright line to show (at most {LONGEST_LINE})."
        )
    if valid_to is not None and valid_to < clock.today():
        raise FileRefused(f"A licence that ended on {valid_to} covers nothing.")
    if not bulk.on_sqlite():  # or ANALYZE would keep samples of the texts in a table of its own
        db.session.execute(text("ALTER TABLE licensed_record ALTER COLUMN body SET STATISTICS 0"))
    if installed(system) is None:
        licensed = [key for key, dataset in DATASETS.items() if dataset.licensed]
        db.session.execute(update(DatasetRelease).where(DatasetRelease.dataset.in_(licensed)).values(sha256=""))
    licence = db.session.get(Licence, system) or Licence(system=system)
    licence.holder, licence.line, licence.valid_to = holder, line, valid_to
    licence.installed_at = clock.now()
    db.session.add(licence)
    releases.all_changed()
    return licence


def empty(system: str) -> int:
    """Delete all licensed texts of a licence, and the licence; return how many texts went. Errors: FileRefused.

    What the database's files still hold of them is for `wiping.wipe`, after the commit.
    """
    _check(system)
    bulk.begin()
    gone: int = db.session.execute(delete(LicensedRecord).where(_under(system))).rowcount  # type: ignore[attr-defined]  # a DELETE's result has it
    licence = db.session.get(Licence, system)
    if licence is not None:
        db.session.delete(licence)
    db.session.flush()
    left = set(db.session.scalars(select(LicensedRecord.dataset).distinct()))
    for release in db.session.scalars(select(DatasetRelease)).all():
        if DATASETS[release.dataset].licensed and release.dataset not in left:
            db.session.delete(release)
    releases.all_changed()
    return gone


def count(system: str) -> int:
    """Return how many texts of a licence are stored, those of earlier releases among them."""
    return db.session.scalar(select(func.count()).select_from(LicensedRecord).where(_under(system))) or 0


def extent(system: str) -> Extent:
    """Return what is loaded under a licence today."""
    today = clock.today()
    in_force = and_(
        _under(system),
        LicensedRecord.valid_from <= today,
        or_(LicensedRecord.valid_to.is_(None), LicensedRecord.valid_to >= today),
    )
    by_dataset = select(LicensedRecord.dataset, func.count()).where(in_force).group_by(LicensedRecord.dataset)
    found = {row.dataset: row[1] for row in db.session.execute(by_dataset)}
    told = set(db.session.scalars(select(LicensedRecord.code).where(in_force).distinct()))
    codes = {code for code in db.session.scalars(_PROCEDURES) if needed(code) == system}
    return Extent({key: found[key] for key in DATASETS if key in found}, len(codes), len(codes - told))


def covered(table: Table) -> Table:
    """Return the rows of licensed texts that an installed licence covers."""
    having = {system for system in HOLDERS if installed(system)}
    rows = {key: values for key, values in table.rows.items() if _licence_of(key[0], table.dataset) in having}
    return Table(table.dataset, rows, licensed=True)


def _licence_of(code: str, dataset: str) -> str:
    return CPT if dataset.startswith(OF_CPT) else needed(code) or ""


def _under(system: str) -> ColumnElement[bool]:
    """Select a licence's rows. Each row is either one's or the other's, so that emptying both leaves none."""
    dental = and_(LicensedRecord.code.like("D____"), not_(LicensedRecord.dataset.startswith(OF_CPT, autoescape=True)))
    return dental if system == CDT else not_(dental)


def _check(system: str) -> None:
    if system not in HOLDERS:
        raise FileRefused(f"There is no licence {system[:20]!r}: one of {', '.join(HOLDERS)}.")
