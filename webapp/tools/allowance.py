"""How much of a tool a visitor's plan gives, and in which window of time it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from webapp.access.visitor import Visitor
from webapp.billing.plans import ToolQuota
from webapp.billing.service import entitlement_of
from webapp.core import clock
from webapp.core.periods import Period, Window
from webapp.extensions import db
from webapp.metering.models import QuotaUsage

NOTHING = ToolQuota(limit=0, period=Period("month"))
"""What a plan gives of a tool that it does not name."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`limit` None is unlimited. `sample_only`: for the site's own sample text."""

    limit: int | None
    window: Window
    sample_only: bool


def of(visitor: Visitor, tool: str) -> Allowance:
    """Return what a visitor may use of a tool. Staff have no limit, and are counted all the same."""
    given = visitor.plan.tools.get(tool, NOTHING)
    window = _window(given.period, visitor, tool)
    if visitor.staff:
        return Allowance(None, window, sample_only=False)
    return Allowance(given.limit, window, given.sample_only)


def _window(period: Period, visitor: Visitor, tool: str) -> Window:
    now = clock.now()
    if period.kind == "rolling":
        return _rolling(period.days, visitor.subject, tool, now)
    if period.kind != "anniversary":
        return period.window(now)
    since = entitlement_of(visitor.user_id).since if visitor.user_id is not None else None
    # Staff, and readers whose plan has just ended, have no subscription to count from: calendar months do.
    return period.window(now, since) if since else Period("month").window(now)


def _rolling(days: int, subject: str, tool: str, now: datetime) -> Window:
    """Return the window of so many days that holds `now`; it begins with the day (UTC) of the first use.

    SQL keeps no time to live, so that day is part of the window's key.
    """
    mine = select(func.max(QuotaUsage.window)).filter_by(subject=subject, tool=tool)
    newest = db.session.scalar(mine.where(QuotaUsage.window.like(f"r{days}-%")))
    first = datetime.fromisoformat(newest.partition("-")[2]).replace(tzinfo=now.tzinfo) if newest else None
    if first is None or first + timedelta(days=days) <= now:
        first = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(f"r{days}-{first:%Y-%m-%d}", first + timedelta(days=days))
