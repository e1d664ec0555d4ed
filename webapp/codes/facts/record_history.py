"""What changed from one release to the next in the rows of a code: the columns that readers watch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise

from sqlalchemy import bindparam, select

from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.models import Record
from webapp.codes.facts.indicators import meaning
from webapp.codes.facts.loaded import ADDED, Line, Loaded
from webapp.codes.facts.wording import day_of
from webapp.core.dates import DAY
from webapp.extensions import db

ASC = {"indicator": "payment indicator", "rate": "payment rate"}
MUE = {"value": "units", "indicator": "adjudication indicator", "rationale": "rationale"}
WATCHED: Mapping[str, Mapping[str, str]] = {
    "mpfs": {
        "status": "status",
        "global_days": "global days",
        "work": "work RVU",
        "non_facility_pe": "non-facility PE RVU",
        "facility_pe": "facility PE RVU",
        "mp": "malpractice RVU",
    },
    "opps": {"status": "status indicator", "apc": "APC", "rate": "payment rate"},
    "asc-aa": ASC,
    "asc-bb": ASC,
    "mue-practitioner": MUE,
    "mue-hospital": MUE,
    "mue-dme": MUE,
}
"""The columns whose changes are told, by dataset, with their names on the page."""
LEVEL_TWO = "hcpcs"
DATASETS_READ = (*WATCHED, LEVEL_TWO)
NEW, NO_CHANGE = "A", "N"
"""Actions of HCPCS that are told by their date, or not at all."""

_RECORDS = (
    select(Record.dataset, Record.part, Record.valid_from, Record.valid_to, Record.body)
    .where(Record.code == bindparam("code"), Record.dataset.in_(bindparam("datasets", expanding=True)))
    .where(Record.valid_from <= bindparam("until"))
    .order_by(Record.dataset, Record.part, Record.valid_from)
)


@dataclass(frozen=True, slots=True)
class _Span:
    """A row for as long as its values stood."""

    dataset: str
    part: str
    first: date
    last: date | None
    values: Mapping[str, str]


def lines(code: str, until: date, known: Loaded) -> Iterator[Line]:
    """Yield what happened to the rows of a plain code up to a day: one query."""
    for (dataset, _), found in groupby(_spans(code, until), key=lambda span: (span.dataset, span.part)):
        spans = list(found)
        yield from _level_two(spans, known) if dataset == LEVEL_TWO else _watched(spans, until, known)


def _spans(code: str, until: date) -> Iterator[_Span]:
    given = {"code": code, "datasets": DATASETS_READ, "until": until}
    for dataset, part, first, last, body in db.session.execute(_RECORDS, given):
        yield _Span(dataset, part, first, last, dict(zip(DATASETS[dataset].columns, json.loads(body), strict=True)))


def _watched(spans: list[_Span], until: date, known: Loaded) -> Iterator[Line]:
    first = spans[0]
    if known.adds(first.dataset, first.first):
        yield _line(first, first.first, known, "added.")
    for old, new in pairwise(spans):
        if old.last is not None and old.last < new.first - DAY:
            yield _line(new, new.first, known, "listed again.")
        changes = [
            f"{name} {old.values[column] or 'none'} → {new.values[column] or 'none'}"
            for column, name in WATCHED[new.dataset].items()
            if old.values[column] != new.values[column]
        ]
        if changes:
            yield _line(new, new.first, known, "; ".join(changes))
    begun = {span.first for span in spans}
    for span in spans:
        if span.last is not None and span.last < until and span.last + DAY not in begun:
            yield _line(span, span.last + DAY, known, "listed no more.")


def _line(span: _Span, day: date, known: Loaded, said: str) -> Line:
    row = f"Row {span.part}: " if span.part else ""
    return Line(day, known.source(span.dataset, day), row + said if row else said[0].upper() + said[1:])


def _level_two(spans: list[_Span], known: Loaded) -> Iterator[Line]:
    """Yield the dates that HCPCS files give, each by the first release that gives it."""
    told = set()
    for span in spans:
        for day, said in _dates(span.values):
            if (day, said) not in told:
                told.add((day, said))
                yield Line(day, known.source(span.dataset, span.first), said)


def _dates(values: Mapping[str, str]) -> Iterator[tuple[date, str]]:
    if values["added"]:
        yield day_of(values["added"]), ADDED
    action = values["action"]
    if values["action_date"] and action not in ("", NEW, NO_CHANGE):
        yield day_of(values["action_date"]), f"Action {action}: {meaning('hcpcs.action', action)}"
    if values["termination"]:
        yield day_of(values["termination"]), "Last usable day of the code."
