"""Tables of the datasets: what publishers say of codes beside their titles, dated like the codes themselves.

A record is one row of a dataset for one code: (code, part) name it within its dataset, `body` holds its values as a
JSON list in the order of the dataset's columns. A release stores only the rows that it changed; what holds on a day is
one range predicate. Licensed text has the same shape in a table of its own, which one command empties.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.codes.models import BYTEWISE
from webapp.extensions import Base

DATASET_LENGTH = 30
PART_LENGTH = 120
DATASET = String(DATASET_LENGTH).with_variant(String(DATASET_LENGTH, collation="C"), "postgresql")
PART = String(PART_LENGTH).with_variant(String(PART_LENGTH, collation="C"), "postgresql")


class DatasetRelease(Base):
    """One file of a publisher, loaded into one dataset. `valid_to` is its last valid day, None while none is known.

    `format` is the version of the importer: a file loaded by an older one is loaded again.
    """

    __tablename__ = "dataset_release"
    __table_args__ = (UniqueConstraint("dataset", "valid_from"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset: Mapped[str] = mapped_column(DATASET)
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


class Dated:
    """What a dataset says of a code from `valid_from` to `valid_to`, both included; None: until now.

    `code` is plain: in capitals, without dots. Rows of no code, such as localities, stand under a name of their own.
    """

    code: Mapped[str] = mapped_column(BYTEWISE, primary_key=True)
    dataset: Mapped[str] = mapped_column(DATASET, primary_key=True)
    part: Mapped[str] = mapped_column(PART, primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    body: Mapped[str] = mapped_column(Text)


class Record(Dated, Base):
    """What is public property."""

    __tablename__ = "dataset_record"
    __table_args__ = (Index(None, "dataset", "valid_from"), {"sqlite_with_rowid": False})


class LicensedRecord(Dated, Base):
    """A licensed text. Nothing else of the catalogue holds any of it."""

    __tablename__ = "licensed_record"
    __table_args__ = (Index(None, "dataset", "valid_from"), {"sqlite_with_rowid": False})


class PtpEdit(Base):
    """An NCCI procedure-to-procedure edit. Each release holds the whole history with the pairs' own dates.

    `since_release` and `until_release` are ids of `dataset_release`: which release brought the row, and which one
    took it away (0: it stands). `effective` and `deletion` are days as yyyymmdd numbers, `deletion` 0 for none.
    """

    __tablename__ = "ptp_edit"
    __table_args__ = (
        Index("ix_ptp_edit_column2", "column2", "column1", "service", "until_release", "effective", "deletion"),
        {"sqlite_with_rowid": False},
    )

    column1: Mapped[str] = mapped_column(
        String(5).with_variant(String(5, collation="C"), "postgresql"), primary_key=True
    )
    column2: Mapped[str] = mapped_column(
        String(5).with_variant(String(5, collation="C"), "postgresql"), primary_key=True
    )
    service: Mapped[str] = mapped_column(String(1), primary_key=True)
    effective: Mapped[int] = mapped_column(primary_key=True)
    since_release: Mapped[int] = mapped_column(primary_key=True)
    until_release: Mapped[int]
    deletion: Mapped[int]
    modifier: Mapped[str] = mapped_column(String(1))
    rationale: Mapped[int]


class PtpRationale(Base):
    """CMS's reason of an edit, of which there are a few dozen."""

    __tablename__ = "ptp_rationale"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text, unique=True)


class Licence(Base):
    """A licence to show a publisher's texts, until its last day. `line` is the copyright line that it asks for."""

    __tablename__ = "licence"

    system: Mapped[str] = mapped_column(String(20), primary_key=True)
    holder: Mapped[str] = mapped_column(String(200))
    line: Mapped[str] = mapped_column(Text)
    valid_to: Mapped[date | None]
    installed_at: Mapped[datetime]


class LicensedReading(Base):
    """A reader who opened licensed text in a month, and how often. `subject` is who the meter would count."""

    __tablename__ = "licensed_reading"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    system: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[str] = mapped_column(String(40), primary_key=True)
    openings: Mapped[int]
