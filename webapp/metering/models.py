"""Tables of the meters: tool quotas with their reservations, and counts by day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base


class QuotaUsage(Base):
    """How much of one tool a subject has used, reservations included, in one window."""

    __tablename__ = "quota_usage"
    __table_args__ = (
        CheckConstraint("used >= 0", name="used_not_negative"),
        Index("uq_quota_usage_subject_tool_window", "subject", "tool", "window", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))
    tool: Mapped[str] = mapped_column(String(40))
    window: Mapped[str] = mapped_column(String(40))
    used: Mapped[int] = mapped_column(default=0)


class QuotaReservation(Base):
    """An amount held while a tool works: settled at what was really used, or released."""

    __tablename__ = "quota_reservation"
    __table_args__ = (CheckConstraint("state IN ('held', 'settled', 'released')", name="state_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    usage_id: Mapped[int] = mapped_column(ForeignKey("quota_usage.id", ondelete="CASCADE"), index=True)
    amount: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="held")
    created_at: Mapped[datetime] = mapped_column(index=True)


class DailyCount(Base):
    """How often something happened on a day (UTC)."""

    __tablename__ = "daily_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class CountBatch(Base):
    """A batch of counts already added to `daily_count`: written with it, so that no batch is added twice."""

    __tablename__ = "count_batch"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    applied_at: Mapped[datetime]
