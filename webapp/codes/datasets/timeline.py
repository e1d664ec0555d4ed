"""Dated rows: bringing a table's rows of one dataset to those of a release, and taking a release back.

A row stands from `valid_from` to `valid_to`; what a release leaves as it was stays one row. A release may be older
than others that are loaded: it then holds until the day before the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, delete, or_, select, update
from sqlalchemy import Table as StoredTable

from webapp.codes import bulk
from webapp.core.dates import DAY
from webapp.extensions import db

Key = tuple[str, str]
"""A row's code and part."""


class Span(NamedTuple):
    """One stored row: the days it holds, and its body."""

    valid_from: date
    valid_to: date | None
    body: str


class Change(NamedTuple):
    """Rows to write: a key with its first day, and what shall stand there."""

    key: Key
    span: Span


@dataclass(slots=True)
class Plan:
    """What to do to the stored rows, and how many rows that adds, changes and ends."""

    removed: list[tuple[Key, date]] = field(default_factory=list)
    cut: list[tuple[Key, date, date | None]] = field(default_factory=list)
    """Key, first day, and the new last day."""
    inserted: list[Change] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    ended: int = 0


def plan(
    standing: Mapping[Key, Span],
    following: Mapping[Key, Span],
    wanted: Mapping[Key, str],
    start: date,
    until: date | None,
) -> Plan:
    """Plan how `wanted` comes to hold from `start` to `until`.

    `standing` are the rows that cover `start`; `following` those that begin on the day after `until`, into which a
    row with the same body is merged.
    """
    done = Plan()
    for key, body in wanted.items():
        old = standing.get(key)
        if old is not None and old.body == body:
            continue
        if old is None:
            done.added += 1
        else:
            done.changed += 1
            _cut(done, key, old, start, until)
        after = following.get(key)
        if after is not None and after.body == body:
            done.removed.append((key, after.valid_from))
            done.inserted.append(Change(key, Span(start, after.valid_to, body)))
        else:
            done.inserted.append(Change(key, Span(start, until, body)))
    for key, old in standing.items():
        if key not in wanted:
            done.ended += 1
            _cut(done, key, old, start, until)
    return done


def _cut(done: Plan, key: Key, old: Span, start: date, until: date | None) -> None:
    """Let an old row end before `start`, and go on after `until` if it did."""
    if old.valid_from < start:
        done.cut.append((key, old.valid_from, start - DAY))
    else:
        done.removed.append((key, old.valid_from))
    if until is not None and (old.valid_to is None or old.valid_to > until):
        done.inserted.append(Change(key, Span(until + DAY, old.valid_to, old.body)))


def undo(begun: Mapping[Key, Span], ended: Mapping[Key, Span], until: date | None) -> Plan:
    """Plan how a release that held until `until` is taken back.

    `begun` are the rows that begin on its first day, `ended` those that end on the day before.
    """
    done = Plan()
    for key, new in begun.items():
        done.removed.append((key, new.valid_from))
        if until is not None and (new.valid_to is None or new.valid_to > until):
            done.inserted.append(Change(key, Span(until + DAY, new.valid_to, new.body)))
    for key, old in ended.items():
        done.cut.append((key, old.valid_from, until))
    return done


def standing(table: StoredTable, dataset: str, day: date) -> dict[Key, Span]:
    """Return the rows of a dataset that hold on a day."""
    columns = table.c
    return _spans(
        table,
        dataset,
        and_(columns.valid_from <= day, or_(columns.valid_to.is_(None), columns.valid_to >= day)),
    )


def beginning(table: StoredTable, dataset: str, day: date) -> dict[Key, Span]:
    """Return the rows that begin on a day."""
    return _spans(table, dataset, table.c.valid_from == day)


def ending(table: StoredTable, dataset: str, day: date) -> dict[Key, Span]:
    """Return the rows that end on a day."""
    return _spans(table, dataset, table.c.valid_to == day)


def _spans(table: StoredTable, dataset: str, condition: ColumnElement[bool]) -> dict[Key, Span]:
    columns = table.c
    rows = db.session.execute(
        select(columns.code, columns.part, columns.valid_from, columns.valid_to, columns.body).where(
            columns.dataset == dataset, condition
        )
    )
    return {(code, part): Span(valid_from, valid_to, body) for code, part, valid_from, valid_to, body in rows}


def carry_out(table: StoredTable, dataset: str, done: Plan) -> None:
    """Write a plan, inside the current transaction."""
    columns, connection = table.c, db.session.connection()
    row = and_(
        columns.code == bindparam("row_code"),
        columns.dataset == dataset,
        columns.part == bindparam("row_part"),
        columns.valid_from == bindparam("row_from"),
    )
    if done.removed:
        connection.execute(delete(table).where(row), [_named(key, day) for key, day in done.removed])
    if done.cut:
        values = [{**_named(key, day), "last": last} for key, day, last in done.cut]
        connection.execute(update(table).where(row).values(valid_to=bindparam("last")), values)
    names = ("code", "dataset", "part", "valid_from", "valid_to", "body")
    bulk.insert(table.name, names, _rows(dataset, done.inserted))


def _named(key: Key, day: date) -> dict[str, object]:
    return {"row_code": key[0], "row_part": key[1], "row_from": day}


def _rows(dataset: str, changes: Iterable[Change]) -> Iterable[tuple[str | None, ...]]:
    """Rows in the order of the primary key, which is how both databases take them quickest."""
    for (code, part), (first, last, body) in sorted(changes):
        yield code, dataset, part, first.isoformat(), last.isoformat() if last else None, body
