"""Codes and their dated versions: what a release adds, changes and ends, and nothing that it leaves as it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, literal, or_, select, update

from webapp.codes import bulk
from webapp.codes.listing import Entry, Listing, plain
from webapp.codes.models import Code, CodeNote, CodeVersion
from webapp.core.dates import DAY
from webapp.extensions import db

INCLUSION_TERM = "inclusion_term"
STAND_IN = ""
"""Digest of a version that an article gave to its code, until a publisher lists it."""
Fresh = tuple[Entry, str, int]
"""An entry with its digest and its place among those under the same parent."""

VERSION_COLUMNS = (
    "id",
    "code_id",
    "valid_from",
    "valid_to",
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
    """A code as stored: its identity, and the version that stands on the release's first day if there is one."""

    code_id: int
    meter_id: int
    version_id: int | None = None
    valid_from: date = date.min
    valid_to: date | None = None
    digest: str = ""
    position: int = 0


@dataclass(slots=True)
class Changes:
    """What a release did. `codes` gives each entry's id and meter id."""

    codes: dict[Entry, tuple[int, int]] = field(default_factory=dict)
    added: int = 0
    changed: int = 0
    ended: list[str] = field(default_factory=list)


class Writer:
    """Brings the stored versions of one system to those of a listing, until the next release that is loaded."""

    def __init__(self, system_id: int, listing: Listing, next_day: date | None = None) -> None:
        """`next_day`: the first day of the next release, where later ones are loaded already."""
        self._system_id, self._listing = system_id, listing
        self._next = next_day
        self._replace_stand_ins()
        self._known = known_codes(system_id, listing.valid_from)
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
        self._insert(self._not_merged(fresh))
        return self.changes

    def _replace_stand_ins(self) -> None:
        """Take away what articles said of codes that the publisher lists; let the others end before the release."""
        day, listed = self._listing.valid_from, {entry.key for entry in self._listing.entries}
        stand_ins = select(Code.key, CodeVersion.id, CodeVersion.valid_from).join(
            CodeVersion, CodeVersion.code_id == Code.id
        )
        ours = stand_ins.where(Code.system_id == self._system_id, CodeVersion.digest == STAND_IN)
        for key, version_id, first in db.session.execute(ours).all():
            row = CodeVersion.id == version_id
            if key in listed:
                db.session.execute(delete(CodeVersion).where(row))
            elif first >= day:
                db.session.execute(update(CodeVersion).where(row).values(valid_from=day - DAY))

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
        if known.version_id is None:
            self.changes.added += 1
        elif known.digest != digest:
            self.changes.changed += 1
            self._closed.append(known)
        elif known.position != place and known.valid_to is None and self._next is None:
            self._moved.append({"row": known.version_id, "place": place})
        self.changes.codes[entry] = known.code_id, known.meter_id
        return known.digest != digest

    def _end_others(self) -> None:
        listed = {entry.key for entry in self._listing.entries}
        for key, known in self._known.items():
            if key not in listed and known.version_id is not None:
                self.changes.ended.append(key)
                self._closed.append(known)

    def _close(self) -> None:
        """End versions on the day before the release, and let them go on with the next one where they did; those
        that began no earlier never were in force.
        """
        day, connection = self._listing.valid_from, db.session.connection()
        self._go_on(
            [each for each in self._closed if self._next and (not each.valid_to or each.valid_to >= self._next)]
        )
        void = [{"row": each.version_id} for each in self._closed if each.valid_from >= day]
        past = [{"row": each.version_id} for each in self._closed if each.valid_from < day]
        row = CodeVersion.id == bindparam("row")
        if void:
            connection.execute(delete(CodeNote).where(CodeNote.version_id == bindparam("row")), void)
            connection.execute(delete(CodeVersion).where(row), void)
        if past:
            connection.execute(update(CodeVersion).where(row).values(valid_to=day - DAY), past)
        if self._moved:
            connection.execute(update(CodeVersion).where(row).values(position=bindparam("place")), self._moved)

    def _go_on(self, split: list[Known]) -> None:
        """Copy versions that stand before this release and after it again, from the next release on."""
        names = [column.name for column in CodeVersion.__table__.columns if column.name not in {"id", "valid_from"}]
        columns = [CodeVersion.__table__.c[name] for name in names]
        for known, new_id in zip(split, bulk.allocate("code_version", len(split)), strict=True):
            same = select(literal(new_id), literal(self._next), *columns).where(CodeVersion.id == known.version_id)
            db.session.execute(insert(CodeVersion).from_select(["id", "valid_from", *names], same))
            notes = select(literal(new_id), CodeNote.position, CodeNote.kind, CodeNote.text)
            mine = notes.where(CodeNote.version_id == known.version_id)
            db.session.execute(insert(CodeNote).from_select(["version_id", "position", "kind", "text"], mine))

    def _not_merged(self, fresh: list[Fresh]) -> list[Fresh]:
        """Return the versions to insert; one that the next release has alike begins with this release instead."""
        if self._next is None:
            return fresh
        following = known_codes(self._system_id, self._next)
        alike = [each for each in fresh if self._is_alike(following.get(each[0].key), each[1])]
        values = [{"row": following[entry.key].version_id} for entry, _, _ in alike]
        if values:
            row = CodeVersion.id == bindparam("row")
            earlier = update(CodeVersion).where(row).values(valid_from=self._listing.valid_from)
            db.session.connection().execute(earlier, values)
        merged = {entry for entry, _, _ in alike}
        return [each for each in fresh if each[0] not in merged]

    def _is_alike(self, known: Known | None, digest: str) -> bool:
        return known is not None and known.valid_from == self._next and known.digest == digest

    def _insert(self, fresh: list[Fresh]) -> None:
        """Store new versions, and then their inclusion terms and notes."""
        ids = bulk.allocate("code_version", len(fresh))
        bulk.insert("code_version", VERSION_COLUMNS, map(self._version, ids, fresh))
        notes = (
            (version_id, number, kind, text)
            for version_id, (entry, _, _) in zip(ids, fresh, strict=True)
            for number, (kind, text) in enumerate([*((INCLUSION_TERM, term) for term in entry.terms), *entry.notes])
        )
        bulk.insert("code_note", ("version_id", "position", "kind", "text"), notes)

    def _version(self, version_id: int, new: Fresh) -> tuple[Any, ...]:
        """Return the row of a version, in the order of VERSION_COLUMNS."""
        entry, digest, place = new
        first, last = self._listing.valid_from, self._next - DAY if self._next else None
        days = (first.isoformat(), last.isoformat() if last else None)
        parent_id = self._known[entry.parent.key].code_id if entry.parent else None
        fields = (entry.kind, entry.title, entry.title_is_official, entry.billable, parent_id, place, digest)
        return version_id, self._known[entry.key].code_id, *days, *fields


def known_codes(system_id: int, day: date) -> dict[str, Known]:
    """Return the codes of a system with their versions of a day, by key."""
    standing = and_(
        CodeVersion.code_id == Code.id,
        CodeVersion.valid_from <= day,
        or_(CodeVersion.valid_to.is_(None), CodeVersion.valid_to >= day),
    )
    version = (CodeVersion.id, CodeVersion.valid_from, CodeVersion.valid_to, CodeVersion.digest, CodeVersion.position)
    rows = db.session.execute(
        select(Code.key, Code.id, Code.meter_id, *version)
        .outerjoin(CodeVersion, standing)
        .where(Code.system_id == system_id)
    )
    known = {}
    for key, code_id, meter_id, version_id, first, last, digest, place in rows:
        known[key] = Known(code_id, meter_id)
        if version_id is not None:
            known[key] = Known(code_id, meter_id, version_id, first, last, digest, place)
    return known
