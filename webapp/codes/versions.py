"""Codes and their dated versions: what a release adds, changes and ends, and nothing that it leaves as it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, select, update

from webapp.codes import bulk
from webapp.codes.listing import Entry, Listing, plain
from webapp.codes.models import Code, CodeNote, CodeVersion
from webapp.extensions import db

INCLUSION_TERM = "inclusion_term"

VERSION_COLUMNS = (
    "id",
    "code_id",
    "valid_from",
    "kind",
    "title",
    "title_is_official",
    "billable",
    "parent_id",
    "position",
    "digest",
)


@dataclass(slots=True)
class Known:
    """A code as stored: its identity, and its open version if it has one. `since` is ISO."""

    code_id: int
    meter_id: int
    version_id: int | None = None
    valid_from: date | None = None
    digest: str = ""
    position: int = 0
    billable: bool = False
    since: str = ""


@dataclass(slots=True)
class Changes:
    """What a release did. `codes` gives each entry's id, meter id and since when it is what it is (ISO)."""

    codes: dict[Entry, tuple[int, int, str]] = field(default_factory=dict)
    added: int = 0
    changed: int = 0
    ended: list[str] = field(default_factory=list)


class Writer:
    """Brings the stored versions of one system to those of a listing."""

    def __init__(self, system_id: int, listing: Listing) -> None:
        self._system_id, self._listing = system_id, listing
        self._day = listing.valid_from.isoformat()
        self._known = known_codes(system_id)
        self._closed: list[Known] = []
        self._moved: list[dict[str, Any]] = []
        self.changes = Changes()

    def write(self) -> Changes:
        """Store what changed, inside the current transaction."""
        self._identify()
        places: dict[Entry | None, int] = {}
        fresh = []
        for entry in self._listing.entries:
            place = places[entry.parent] = places.get(entry.parent, -1) + 1
            digest = entry.digest()
            if self._differs(entry, digest, place):
                fresh.append((entry, digest, place))
        self._end_others()
        self._close()
        self._insert(fresh)
        return self.changes

    def _identify(self) -> None:
        """Give every entry its id: the one it had, else a new one."""
        new = [entry for entry in self._listing.entries if entry.key not in self._known]
        rows = []
        for entry, code_id in zip(new, bulk.allocate("code", len(new)), strict=True):
            meter_id = self._known[entry.stem.key].code_id if entry.stem else code_id
            self._known[entry.key] = Known(code_id, meter_id)
            rows.append((code_id, self._system_id, entry.key, plain(entry.key), meter_id))
        bulk.insert("code", ("id", "system_id", "key", "plain", "meter_id"), rows)

    def _differs(self, entry: Entry, digest: str, place: int) -> bool:
        known = self._known[entry.key]
        since = self._day
        if known.version_id is None:
            self.changes.added += 1
        else:
            if known.billable == entry.billable:
                since = min(since, known.since)
            if known.digest != digest:
                self.changes.changed += 1
                self._closed.append(known)
            elif known.position != place:
                self._moved.append({"row": known.version_id, "place": place})
        self.changes.codes[entry] = known.code_id, known.meter_id, since
        return known.digest != digest

    def _end_others(self) -> None:
        listed = {entry.key for entry in self._listing.entries}
        for key, known in self._known.items():
            if key not in listed and known.version_id is not None:
                self.changes.ended.append(key)
                self._closed.append(known)

    def _close(self) -> None:
        """End versions on the day before the release; those that began no earlier never were in force."""
        day = self._listing.valid_from
        void = [{"row": each.version_id} for each in self._closed if each.valid_from and each.valid_from >= day]
        past = [{"row": each.version_id} for each in self._closed if each.valid_from and each.valid_from < day]
        if void:
            db.session.connection().execute(delete(CodeNote).where(CodeNote.version_id == bindparam("row")), void)
            db.session.connection().execute(delete(CodeVersion).where(CodeVersion.id == bindparam("row")), void)
        row = CodeVersion.id == bindparam("row")
        if past:
            last = day - timedelta(days=1)
            db.session.connection().execute(update(CodeVersion).where(row).values(valid_to=last), past)
        if self._moved:
            db.session.connection().execute(
                update(CodeVersion).where(row).values(position=bindparam("place")), self._moved
            )

    def _insert(self, fresh: list[tuple[Entry, str, int]]) -> None:
        """Store new versions, and then their inclusion terms and notes."""
        ids = bulk.allocate("code_version", len(fresh))
        bulk.insert("code_version", VERSION_COLUMNS, map(self._version, ids, fresh))
        notes = (
            (version_id, number, kind, text)
            for version_id, (entry, _, _) in zip(ids, fresh, strict=True)
            for number, (kind, text) in enumerate([*((INCLUSION_TERM, term) for term in entry.terms), *entry.notes])
        )
        bulk.insert("code_note", ("version_id", "position", "kind", "text"), notes)

    def _version(self, version_id: int, new: tuple[Entry, str, int]) -> tuple[Any, ...]:
        """Return the row of a version, in the order of VERSION_COLUMNS."""
        entry, digest, place = new
        code_id = self._known[entry.key].code_id
        parent_id = self._known[entry.parent.key].code_id if entry.parent else None
        fields = (entry.kind, entry.title, True, entry.billable, parent_id, place, digest)
        return version_id, code_id, self._day, *fields


def known_codes(system_id: int) -> dict[str, Known]:
    """Return the codes of a system with their open versions, by key."""
    first = (
        select(CodeVersion.code_id, CodeVersion.billable, func.min(CodeVersion.valid_from).label("since"))
        .group_by(CodeVersion.code_id, CodeVersion.billable)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Code.key,
            Code.id,
            Code.meter_id,
            CodeVersion.id,
            CodeVersion.valid_from,
            CodeVersion.digest,
            CodeVersion.position,
            CodeVersion.billable,
            first.c.since,
        )
        .outerjoin(CodeVersion, and_(CodeVersion.code_id == Code.id, CodeVersion.valid_to.is_(None)))
        .outerjoin(first, and_(first.c.code_id == Code.id, first.c.billable == CodeVersion.billable))
        .where(Code.system_id == system_id)
    )
    known = {}
    for key, code_id, meter_id, version_id, *rest in rows:
        known[key] = Known(code_id, meter_id)
        if version_id is not None:
            valid_from, digest, position, billable, since = rest
            known[key] = Known(code_id, meter_id, version_id, valid_from, digest, position, billable, since.isoformat())
    return known
