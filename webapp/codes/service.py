"""Questions about the catalogue, answered in plain values. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, and_, bindparam, case, func, literal, select

from webapp.codes.listing import plain
from webapp.codes.models import STAND_INS, Code, CodeDocument, CodeFamily, CodeSystem, CodeVersion, Release
from webapp.codes.queries import IN_FORCE, codes_of, fit
from webapp.extensions import db


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """A code system and the release that readers see (`release` is empty while none is loaded).

    Codes known from articles only have no valid days.
    """

    key: str
    name: str
    publisher: str
    copyright: str
    release: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A code that exists, under the key its address ends with."""

    key: str
    code_id: int
    billable: bool
    meter_id: int


@dataclass(frozen=True, slots=True)
class OpenedCode:
    """A code as a list of links shows it."""

    system: str
    key: str
    title: str


_DOCUMENT = (
    select(CodeFamily.body, CodeDocument.body)
    .select_from(CodeSystem)
    .join(Code, Code.system_id == CodeSystem.id)
    .join(
        CodeDocument,
        and_(CodeDocument.code_id == Code.id, CodeDocument.release_id == CodeSystem.current_release_id),
    )
    .outerjoin(CodeFamily, CodeFamily.id == CodeDocument.family_id)
    .where(CodeSystem.key == bindparam("system"), Code.key == bindparam("key"))
)

_RESOLVE = (
    select(Code.key, Code.id, CodeVersion.billable, Code.meter_id)
    .select_from(CodeSystem)
    .join(Release, Release.id == CodeSystem.current_release_id)
    .join(Code, Code.system_id == CodeSystem.id)
    .join(CodeDocument, and_(CodeDocument.code_id == Code.id, CodeDocument.release_id == Release.id))
    .outerjoin(CodeVersion, IN_FORCE)
    .where(CodeSystem.key == bindparam("system"), Code.plain == bindparam("plain"))
)

_SYSTEMS = (
    select(
        CodeSystem.key,
        CodeSystem.name,
        CodeSystem.publisher,
        CodeSystem.copyright,
        func.coalesce(Release.name, literal("")),
        case((Release.source.not_in(STAND_INS), Release.valid_from)),
        Release.valid_to,
    )
    .outerjoin(Release, Release.id == CodeSystem.current_release_id)
    .order_by(CodeSystem.id)
)


def systems() -> list[SystemInfo]:
    """Return all code systems."""
    return [SystemInfo(*row) for row in db.session.execute(_SYSTEMS)]


def system(key: str) -> SystemInfo | None:
    """Return one code system."""
    if not fit(key):
        return None
    row = db.session.execute(_SYSTEMS.where(CodeSystem.key == key)).one_or_none()
    return SystemInfo(*row) if row else None


def resolve(system_key: str, text: str) -> Resolved | None:
    """Return the code that `text` names: as its address has it, in any case, with or without its dot."""
    name = plain(text)
    if not fit(name, system_key):
        return None
    row = db.session.execute(_RESOLVE, {"system": system_key, "plain": name}).one_or_none()
    return Resolved(row[0], row[1], bool(row[2]), row[3]) if row else None


def document(system_key: str, key: str) -> bytes | None:
    """Return the current page of a code as `codes.document.parse` reads it, None if there is no such key."""
    if not fit(key, system_key):
        return None
    row = db.session.execute(_DOCUMENT, {"system": system_key, "key": key}).one_or_none()
    return (row[0] or b"") + row[1] if row else None


def in_force_since(code_id: int, billable: bool, day: date) -> date | None:
    """Return since when a code has, without a break, been billable or not as on a day; None if no version holds."""
    rows = db.session.execute(
        select(CodeVersion.valid_from, CodeVersion.valid_to, CodeVersion.billable)
        .where(CodeVersion.code_id == code_id, CodeVersion.valid_from <= day)
        .order_by(CodeVersion.valid_from.desc())
    )
    since = None
    for first, last, was_billable in rows:
        if was_billable != billable or (since is not None and last != since - timedelta(days=1)):
            break
        since = first
    return since


def catalogue_stamp() -> str:
    """Return a text that changes with every release, article or data row that readers may see."""
    rows = db.session.execute(select(CodeSystem.id, CodeSystem.stamp).order_by(CodeSystem.id))
    return ".".join(f"{number}-{stamp}" for number, stamp in rows)


def sitemap_keys(system_key: str, offset: int, limit: int) -> list[str]:
    """Return keys of pages for the sitemap, in a stable order: all but seventh-character variants and ended codes."""
    pages = _in_sitemap(system_key).order_by(Code.id).offset(offset).limit(limit)
    return list(db.session.scalars(pages))


def sitemap_count(system_key: str) -> int:
    """Return how many keys `sitemap_keys` has in all."""
    return db.session.scalar(select(func.count()).select_from(_in_sitemap(system_key).subquery())) or 0


def loaded_days() -> dict[str, date]:
    """Return, by system, the day on which the release that readers see was loaded."""
    rows = select(CodeSystem.key, Release.loaded_at).join(Release, Release.id == CodeSystem.current_release_id)
    return {key: loaded_at.date() for key, loaded_at in db.session.execute(rows)}


def opened(code_ids: Iterable[int]) -> list[OpenedCode]:
    """Return the codes with these ids, by system and key, as a reader's list of opened pages shows them."""
    rows = db.session.execute(
        select(CodeSystem.key, Code.key, CodeVersion.title)
        .select_from(Code)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .where(Code.id.in_(list(code_ids)))
        .order_by(CodeSystem.id, Code.plain, CodeVersion.valid_from)
    )
    latest = {(system_key, key): title for system_key, key, title in rows}
    return [OpenedCode(system_key, key, title) for (system_key, key), title in latest.items()]


def _in_sitemap(system_key: str) -> Select[str]:
    return codes_of(system_key).where(Code.meter_id == Code.id).with_only_columns(Code.key)
