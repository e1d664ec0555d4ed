"""What the catalogue's questions have in common: which version readers see, and which texts may be keys at all."""

from __future__ import annotations

from sqlalchemy import Select, and_, or_, select

from webapp.codes.document import Link
from webapp.codes.models import KEY_LENGTH, Code, CodeSystem, CodeVersion, Release
from webapp.extensions import db

IN_FORCE = and_(
    CodeVersion.code_id == Code.id,
    CodeVersion.valid_from <= Release.valid_from,
    or_(CodeVersion.valid_to.is_(None), CodeVersion.valid_to >= Release.valid_from),
)
"""Joins a code to its version as of the release that readers see."""


def fit(*texts: str) -> bool:
    """Whether texts may be keys, so that nothing else reaches the database."""
    return all(0 < len(text) <= KEY_LENGTH and text.isascii() and text.isprintable() for text in texts)


def codes_of(system_key: str) -> Select[str, str, bool]:
    """Select what a Link says of all codes that the current release of a system has.

    The system is looked up first, by itself, so that any database walks the index of codes by system and key.
    """
    system_id = select(CodeSystem.id).where(CodeSystem.key == system_key).scalar_subquery()
    return (
        select(Code.key, CodeVersion.title, CodeVersion.billable)
        .select_from(Code)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .join(Release, Release.id == CodeSystem.current_release_id)
        .join(CodeVersion, IN_FORCE)
        .where(Code.system_id == system_id)
    )


def links(selection: Select[str, str, bool]) -> list[Link]:
    """Return the links that a selection gives."""
    return [Link(key, title, billable) for key, title, billable in db.session.execute(selection)]
