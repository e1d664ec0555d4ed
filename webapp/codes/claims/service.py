"""Checks a claim with what is loaded: reads all that the rules need in a few queries, whatever the claim's length."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select, union_all

from webapp.codes.claims import check as engine
from webapp.codes.claims import icd, procedures
from webapp.codes.claims.evidence import AddOn, Evidence, Known, Limit, Span
from webapp.codes.claims.model import Claim, Report, Source
from webapp.codes.datasets import ptp_edits
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.models import DatasetRelease, LicensedRecord, Record
from webapp.codes.datasets.ptp_edits import Edit
from webapp.core import clock
from webapp.extensions import db

SERVICES = {"practitioner": ptp_edits.PRACTITIONER, "hospital": ptp_edits.HOSPITAL}
CONTRACTOR = "CCCCC"
"""Stands for primary codes that are left to the contractor."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The claim's procedure codes and the days that its lines span."""

    codes: list[str]
    first: date
    last: date


def check(claim: Claim) -> Report:
    """Check a claim. Diagnoses are read as of the last day of service, or the claim's own day, or today."""
    days = [line.day for line in claim.lines]
    day = max(days, default=claim.day or clock.today())
    if not claim.lines:
        sources = _sources([], day) | icd.sources(day)
        return engine.check(claim, day, Evidence(sources, diagnoses=icd.read(claim.diagnoses, day)))
    asked = _Asked(list(dict.fromkeys(line.code for line in claim.lines)), min(days), max(days))
    limits, addons, level_two = _records(claim, asked)
    return engine.check(
        claim,
        day,
        Evidence(
            sources=_sources([*engine.datasets_for(claim), *procedures.LISTS], day) | icd.sources(day),
            known=_known(asked, level_two),
            edits=_edits(claim, asked),
            limits=limits,
            addons=addons,
            diagnoses=icd.read(claim.diagnoses, day),
        ),
    )


def _sources(datasets: list[str], day: date) -> dict[str, list[Source]]:
    if not datasets:
        return {}
    rows = select(DatasetRelease.dataset, DatasetRelease.name, DatasetRelease.valid_from, DatasetRelease.valid_to)
    begun = rows.where(DatasetRelease.dataset.in_(datasets), DatasetRelease.valid_from <= day)
    found: dict[str, list[Source]] = {}
    for dataset, release, first, last in db.session.execute(begun.order_by(DatasetRelease.valid_from)):
        found.setdefault(dataset, []).append(Source(dataset, DATASETS[dataset].name, release, first, last))
    return found


def _edits(claim: Claim, asked: _Asked) -> list[Edit]:
    service = SERVICES.get(claim.setting)
    return ptp_edits.pairs(asked.codes, service, asked.first, asked.last) if service else []


def _records(
    claim: Claim, asked: _Asked
) -> tuple[dict[str, list[Limit]], dict[str, list[AddOn]], dict[str, list[Known]]]:
    """Read units, add-on edits and HCPCS Level II with one query."""
    units = procedures.MUE[claim.setting]
    rows = select(Record.code, Record.dataset, Record.valid_from, Record.valid_to, Record.body).where(
        Record.code.in_(asked.codes),
        or_(
            Record.dataset == procedures.LEVEL_TWO,
            Record.dataset.in_([units, procedures.ADDONS])
            & (Record.valid_from <= asked.last)
            & or_(Record.valid_to.is_(None), Record.valid_to >= asked.first),
        ),
    )
    limits: dict[str, list[Limit]] = {}
    addons: dict[str, list[AddOn]] = {}
    level_two: dict[str, list[Known]] = {}
    for code, dataset, first, last, body in db.session.execute(rows):
        values = dict(zip(DATASETS[dataset].columns, json.loads(body), strict=True))
        if dataset == units:
            limit = Limit(Span(first, last), int(values["value"]), values["indicator"][:1], values["rationale"])
            limits.setdefault(code, []).append(limit)
        elif dataset == procedures.ADDONS:
            addons.setdefault(code, []).append(_addon(values, Span(first, last)))
        else:
            ends = _earliest(last, _day(values["termination"]))
            level_two.setdefault(code, []).append(Known(dataset, Span(first, ends)))
    return limits, addons, level_two


def _addon(values: dict[str, str], row: Span) -> AddOn:
    """Return an add-on edit; it ends with the edit, the add-on or the primary, whichever is first."""
    last = _earliest(*(_day(values[name]) for name in ("deletion", "addon_deletion", "primary_deletion")))
    primary = None if values["other"] == CONTRACTOR else values["other"]
    return AddOn((row, Span(_day(values["effective"]) or date.min, last)), values["type"], primary)


def _known(asked: _Asked, level_two: dict[str, list[Known]]) -> dict[str, list[Known]]:
    """Add to HCPCS Level II the days on which other lists have the codes: from the first to the last of them."""
    found = {code: list(rows) for code, rows in level_two.items()}
    for code, dataset, first, last, is_open in db.session.execute(
        union_all(_span(Record, asked, procedures.LISTS[1:3]), _span(LicensedRecord, asked, procedures.LISTS[3:]))
    ):
        found.setdefault(code, []).append(Known(dataset, Span(first, None if is_open else last)))
    return found


def _span(
    table: type[Record] | type[LicensedRecord], asked: _Asked, datasets: Iterable[str]
) -> Select[str, str, date, date | None, bool]:
    return (
        select(
            table.code,
            table.dataset,
            func.min(table.valid_from),
            func.max(table.valid_to),
            (func.count() > func.count(table.valid_to)).label("is_open"),
        )
        .where(table.code.in_(asked.codes), table.dataset.in_(list(datasets)))
        .group_by(table.code, table.dataset)
    )


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _day(value: str) -> date | None:
    return date(int(value[:4]), int(value[4:6]), int(value[6:])) if value else None
