"""Jobs of the catalogue, and which due releases staff were told of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base

KINDS = ("load", "take_back")
STATES = ("waiting", "running", "done", "refused", "failed", "lost")
UNFINISHED = ("waiting", "running")
ONE_RUNS = text("state = 'running'")


class CatalogueJob(Base):
    """One load or roll-back that staff asked for. The index over what runs lets one run at a time.

    How far a running job is stands in Redis (`progress`): on SQLite nothing else can be written during a load.
    """

    __tablename__ = "catalogue_job"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        Index("ix_catalogue_job_running", "state", unique=True, sqlite_where=ONE_RUNS, postgresql_where=ONE_RUNS),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(30))
    dry_run: Mapped[bool]
    folder: Mapped[str] = mapped_column(String(40), default="")
    """Name of the folder below DATA/uploads; empty for a roll-back, and once the files are deleted."""
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """`{"place", "name", "size", "role"}`: `place` below the folder, `size` in bytes, `role` file or codes."""
    given: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Of a load `release` and `effective` (ISO date) where they were given, of a roll-back `day` and `release`."""
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What it did, see `service.told`."""
    error: Mapped[str] = mapped_column(Text, default="")
    """Why it was refused or failed, in a sentence for staff."""
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CatalogueReminder(Base):
    """A release of a source after which a new one was due, and staff were told so. Mails themselves are not kept."""

    __tablename__ = "catalogue_reminder"

    source: Mapped[str] = mapped_column(String(30), primary_key=True)
    release: Mapped[str] = mapped_column(String(60), primary_key=True)
    told_at: Mapped[datetime]
