"""Stored pages: those of a release as a whole, and one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from sqlalchemy import delete, select

from webapp.codes import bulk, document
from webapp.codes.assembly import Family
from webapp.codes.document import Document
from webapp.codes.models import CodeDocument, CodeFamily, CodeVersion
from webapp.codes.progress import Progress
from webapp.extensions import db

AT_ONCE = 500
FAMILIES_AT_ONCE = 1000


class Sizes(NamedTuple):
    """How many families and pages a release has."""

    families: int
    pages: int


def store(release_id: int, families: Iterable[Family], sizes: Sizes, progress: Progress) -> None:
    """Store the pages of a release, in place of those it had."""
    drop(release_id)
    numbered = zip(bulk.allocate("code_family", sizes.families), families, strict=True)
    done = 0
    while batch := list(islice(numbered, FAMILIES_AT_ONCE)):
        shared = [(number, release_id, family.shared) for number, family in batch]
        bulk.insert("code_family", ("id", "release_id", "body"), shared)
        pages = [(code_id, release_id, number, own) for number, family in batch for code_id, own in family.pages]
        bulk.insert("code_document", ("code_id", "release_id", "family_id", "body"), pages)
        done += len(pages)
        progress("Pages", done, sizes.pages)


def drop(release_id: int) -> None:
    """Delete the pages of a release."""
    db.session.execute(delete(CodeDocument).where(CodeDocument.release_id == release_id))
    db.session.execute(delete(CodeFamily).where(CodeFamily.release_id == release_id))


def read(code_id: int, release_id: int) -> Document | None:
    """Return one page of a release."""
    row = db.session.execute(
        select(CodeFamily.body, CodeDocument.body)
        .select_from(CodeDocument)
        .outerjoin(CodeFamily, CodeFamily.id == CodeDocument.family_id)
        .where(CodeDocument.code_id == code_id, CodeDocument.release_id == release_id)
    ).one_or_none()
    return document.parse((row[0] or b"") + row[1]) if row else None


def write(release_id: int, page: Document) -> None:
    """Store one page of a release, in place of the one it had."""
    db.session.execute(
        delete(CodeDocument).where(CodeDocument.code_id == page.code_id, CodeDocument.release_id == release_id)
    )
    row = (page.code_id, release_id, None, document.dump(page))
    bulk.insert("code_document", ("code_id", "release_id", "family_id", "body"), [row])


def releases_with(code_id: int) -> list[int]:
    """Return the ids of the releases that hold a page of a code."""
    return list(db.session.scalars(select(CodeDocument.release_id).where(CodeDocument.code_id == code_id)))


def leaving(release_id: int, listed: Collection[int], day: date) -> list[Document]:
    """Return the pages of a release's codes that the release of `day` does not list, marked as ended before it."""
    ids = select(CodeDocument.code_id).where(CodeDocument.release_id == release_id)
    gone = sorted(set(db.session.scalars(ids)).difference(listed))
    known: set[int] = set()
    for at in range(0, len(gone), AT_ONCE):
        part = gone[at : at + AT_ONCE]
        ended = select(CodeVersion.code_id).where(CodeVersion.code_id.in_(part), CodeVersion.valid_to < day)
        known.update(db.session.scalars(ended))
    last = (day - timedelta(days=1)).isoformat()
    pages = (read(code_id, release_id) for code_id in gone if code_id in known)
    return [replace(page, billable=False, valid_to=page.valid_to or last) for page in pages if page is not None]
