"""The outbox: mails wait in the database until a job has handed them to the mail server."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base


class OutboxMail(Base):
    """One mail. Its text is emptied once it is sent, since it may hold a link that opens an account."""

    __tablename__ = "outbox_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column("recipient", String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str | None] = mapped_column(Text)
    dedupe_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    """A mail with the key of an earlier one is not written."""
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it is due; None: sent, or given up (then `last_error` says why)."""
    last_error: Mapped[str | None] = mapped_column(String(300))
