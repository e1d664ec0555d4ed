"""What readers are entitled to, and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base


class EntitlementGrant(Base):
    """A plan given to a reader for a time: [starts_at, ends_at), open-ended while `ends_at` is None."""

    __tablename__ = "entitlement_grant"
    __table_args__ = (
        CheckConstraint("source IN ('stripe', 'manual', 'comp')", name="source_known"),
        CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    plan_key: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(10))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(200), default="")
