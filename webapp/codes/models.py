"""The catalogue's tables: code systems and their releases, codes and their dated versions, stored pages, articles.

A code's identity (`Code`, its id is never given to another) is apart from what it said and when (`CodeVersion`). A
release stores only the versions that it changed; the page as of a day is one range predicate.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base

KEY_LENGTH = 20
BYTEWISE = String(KEY_LENGTH).with_variant(String(KEY_LENGTH, collation="C"), "postgresql")
"""Text that is compared byte by byte on any database, so that a prefix is a range of the index."""


ARTICLES = "articles"
"""Source of the release that stands in for a publisher's, where codes are known from articles only."""
NUMBERS = "cpt-numbers"
"""Source of the release that stands in for CPT's, which is licensed: the numbers that other files name."""
STAND_INS = (ARTICLES, NUMBERS)
"""Sources whose releases have no days of their own."""


class CodeSystem(Base):
    """A set of codes with one publisher. `stamp` grows with every change a reader may see."""

    __tablename__ = "code_system"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    publisher: Mapped[str] = mapped_column(String(120), default="")
    copyright: Mapped[str] = mapped_column(Text, default="")
    current_release_id: Mapped[int | None] = mapped_column(ForeignKey("code_release.id", use_alter=True))
    stamp: Mapped[int] = mapped_column(default=0)


class Release(Base):
    """One file of a publisher, loaded. `valid_to` is its last valid day, None while no end is known.

    `format` is the version of the importer and of the stored pages: a file loaded by an older one is loaded again.
    """

    __tablename__ = "code_release"
    __table_args__ = (UniqueConstraint("system_id", "source", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("code_system.id"))
    source: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(60))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    file_name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    format: Mapped[int]
    loaded_at: Mapped[datetime]
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_added: Mapped[int] = mapped_column(default=0)
    rows_changed: Mapped[int] = mapped_column(default=0)
    rows_ended: Mapped[int] = mapped_column(default=0)


class Code(Base):
    """A code's identity. `key` is what its address ends with, `plain` the same without dots and in capitals.

    `meter_id` is the code that a view is counted under: the stem's for a seventh-character code, else its own.
    """

    __tablename__ = "code"
    __table_args__ = (
        UniqueConstraint("system_id", "key"),
        UniqueConstraint("system_id", "plain"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("code_system.id"))
    key: Mapped[str] = mapped_column(BYTEWISE)
    plain: Mapped[str] = mapped_column(BYTEWISE)
    meter_id: Mapped[int]


class CodeVersion(Base):
    """What a code said from `valid_from` to `valid_to`, both included; None: until now.

    `position` is its place among the codes under the same parent; `digest` tells whether a release changed anything.
    """

    __tablename__ = "code_version"
    __table_args__ = (
        UniqueConstraint("code_id", "valid_from"),
        Index(None, "parent_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("code.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(Text)
    title_is_official: Mapped[bool]
    billable: Mapped[bool]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("code.id"))
    position: Mapped[int]
    digest: Mapped[str] = mapped_column(String(32))


class CodeNote(Base):
    """A coding note or an inclusion term (`kind` is then `inclusion_term`) of one version of a code."""

    __tablename__ = "code_note"

    version_id: Mapped[int] = mapped_column(ForeignKey("code_version.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text)


class CodeFamily(Base):
    """What the pages of all codes under one parent share, packed: path, siblings, inherited notes."""

    __tablename__ = "code_family"
    __table_args__ = (Index(None, "release_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("code_release.id"))
    body: Mapped[bytes]


class CodeDocument(Base):
    """The page of a code as of a release: the family's body and this one after it, see `codes.document.parse`."""

    __tablename__ = "code_document"

    code_id: Mapped[int] = mapped_column(ForeignKey("code.id"), primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("code_release.id"), primary_key=True)
    family_id: Mapped[int | None]
    body: Mapped[bytes]


class Article(Base):
    """The operator's own sections of a code's page, as written in Markdown and as shown."""

    __tablename__ = "code_article"

    code_id: Mapped[int] = mapped_column(ForeignKey("code.id"), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(200))
    updated: Mapped[date]
    sources: Mapped[list[str]] = mapped_column(JSON)
    markdown: Mapped[str] = mapped_column(Text)
    sections: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))


class Information(Base):
    """One row of a data section (`information`, `rvus`, `modifiers` …) of a code's page."""

    __tablename__ = "code_information"

    code_id: Mapped[int] = mapped_column(ForeignKey("code.id"), primary_key=True)
    section: Mapped[str] = mapped_column(String(30), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    meaning: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
