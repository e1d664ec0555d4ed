"""What changed from one day to another: in the codes of a system, and in the rows of a dataset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select

from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.models import Record
from webapp.codes.models import Code, CodeNote, CodeSystem, CodeVersion
from webapp.extensions import db

What = Literal["added", "ended", "changed"]
AT_ONCE = 500
OF_THE_PUBLISHER = or_(CodeVersion.kind != "block", CodeVersion.title_is_official)
"""Leaves out the ranges by which we put the codes of systems without a hierarchy in order."""
TITLE, BILLABLE, PLACE, NOTES = "title", "billable", "place in the hierarchy", "coding notes"


@dataclass(frozen=True, slots=True)
class Difference:
    """One line: what happened to a code, or to one field of it; `part` tells rows of one code apart."""

    code: str
    what: What
    part: str = ""
    field: str = ""
    old: str = ""
    new: str = ""


class _Then(NamedTuple):
    """What a code said on a day."""

    version_id: int
    title: str
    billable: bool
    parent_id: int | None
    digest: str


def of_codes(system_key: str, old: date, new: date) -> list[Difference]:
    """Return what changed in the codes of a system from one day to a later one, by code."""
    before, after = _codes(system_key, old, new)
    changed = [then for key in before.keys() & after.keys() for then in _changed(before[key], after[key])]
    keys = _keys({then.parent_id for then in changed if then.parent_id})
    notes = _notes({then.version_id for then in changed})
    found: list[Difference] = []
    for key in sorted(before.keys() | after.keys()):
        if key not in before:
            found.append(Difference(key, "added", new=after[key].title))
        elif key not in after:
            found.append(Difference(key, "ended", old=before[key].title))
        elif before[key].digest != after[key].digest:
            found.extend(_fields(key, before[key], after[key], keys, notes))
    return found


def _changed(old: _Then, new: _Then) -> tuple[_Then, ...]:
    return (old, new) if old.digest != new.digest else ()


def _codes(system_key: str, old: date, new: date) -> tuple[dict[str, _Then], dict[str, _Then]]:
    """Return what codes said on either day, by key: those with a version that begins or ends between the two."""
    columns = (CodeVersion.id, CodeVersion.title, CodeVersion.billable, CodeVersion.parent_id, CodeVersion.digest)
    rows = db.session.execute(
        select(Code.key, CodeVersion.valid_from, CodeVersion.valid_to, *columns)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .where(CodeSystem.key == system_key, _touched(CodeVersion, old, new), OF_THE_PUBLISHER)
    )
    before: dict[str, _Then] = {}
    after: dict[str, _Then] = {}
    for key, first, last, version_id, title, billable, parent_id, digest in rows:
        then = _Then(version_id, title, billable, parent_id, digest)
        if first <= old:
            before[key] = then
        if last is None or last >= new:
            after[key] = then
    return before, after


def _touched(row: type[CodeVersion | Record], old: date, new: date) -> ColumnElement[bool]:
    """The condition that a dated row begins after `old` or ends before `new`: others say the same on both days."""
    return or_(
        and_(row.valid_from > old, row.valid_from <= new),
        and_(row.valid_to.is_not(None), row.valid_to >= old, row.valid_to < new),
    )


def _keys(ids: set[int]) -> dict[int, str]:
    """Return the keys of codes by their ids."""
    found: dict[int, str] = {}
    wanted = sorted(ids)
    for at in range(0, len(wanted), AT_ONCE):
        rows = select(Code.id, Code.key).where(Code.id.in_(wanted[at : at + AT_ONCE]))
        found.update(db.session.execute(rows).all())
    return found


def _notes(version_ids: set[int]) -> dict[int, list[str]]:
    """Return the notes and inclusion terms of versions, each as one text with its kind."""
    found: dict[int, list[str]] = {}
    wanted = sorted(version_ids)
    for at in range(0, len(wanted), AT_ONCE):
        rows = select(CodeNote.version_id, CodeNote.kind, CodeNote.text)
        some = rows.where(CodeNote.version_id.in_(wanted[at : at + AT_ONCE])).order_by(CodeNote.position)
        for version_id, kind, text in db.session.execute(some):
            found.setdefault(version_id, []).append(f"{kind.replace('_', ' ')}: {text}")
    return found


def _fields(
    key: str, old: _Then, new: _Then, keys: dict[int, str], notes: dict[int, list[str]]
) -> Iterator[Difference]:
    if old.title != new.title:
        yield Difference(key, "changed", field=TITLE, old=old.title, new=new.title)
    if old.billable != new.billable:
        words = {True: "billable", False: "not billable"}
        yield Difference(key, "changed", field=BILLABLE, old=words[old.billable], new=words[new.billable])
    if old.parent_id != new.parent_id:
        places = (keys.get(parent or 0, "") for parent in (old.parent_id, new.parent_id))
        yield Difference(key, "changed", "", PLACE, *places)
    then, now = notes.get(old.version_id, []), notes.get(new.version_id, [])
    for text in then:
        if text not in now:
            yield Difference(key, "changed", field=NOTES, old=text)
    for text in now:
        if text not in then:
            yield Difference(key, "changed", field=NOTES, new=text)


def of_dataset(dataset: str, old: date, new: date) -> list[Difference]:
    """Return what changed in the rows of a dataset from one day to a later one, by code and part.

    Only rows that begin after `old` or end before `new` are looked at.
    """
    columns = DATASETS[dataset].columns
    rows = db.session.execute(
        select(Record.code, Record.part, Record.valid_from, Record.valid_to, Record.body)
        .where(Record.dataset == dataset, _touched(Record, old, new))
        .order_by(Record.code, Record.part)
    )
    before: dict[tuple[str, str], str] = {}
    after: dict[tuple[str, str], str] = {}
    for code, part, first, last, body in rows:
        if first <= old:
            before[code, part] = body
        if last is None or last >= new:
            after[code, part] = body
    found: list[Difference] = []
    for code, part in sorted(before.keys() | after.keys()):
        then, now = before.get((code, part)), after.get((code, part))
        if then is None:
            found.append(Difference(code, "added", part))
        elif now is None:
            found.append(Difference(code, "ended", part))
        elif then != now:
            values = zip(columns, json.loads(then), json.loads(now), strict=True)
            found.extend(Difference(code, "changed", part, name, a, b) for name, a, b in values if a != b)
    return found
