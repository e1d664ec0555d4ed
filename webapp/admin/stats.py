"""Figures by day: from the counts of pages, and from the rows that say the rest exactly."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select

from webapp.auth.models import User
from webapp.core import clock
from webapp.extensions import RedisUnavailable, db, redis
from webapp.metering import counts

COLUMNS = ("views", "subscriber_views", "open_views", "walls", "previews", "registrations", "checkouts", "payments")


def table(since: date) -> list[list[str]]:
    """Return a heading row and one row a day, newest first, as texts. Counts the latest moments too."""
    with contextlib.suppress(RedisUnavailable):  # the figures then end with the last roll-up
        counts.roll_up(redis)
    by_day = counts.by_day(since)
    rows = [["day", *COLUMNS]]
    moment = clock.today()
    while moment >= since:
        figures = {**by_day.get(moment, {}), "registrations": registrations(moment)}
        rows.append([moment.isoformat(), *(str(figures.get(name, 0)) for name in COLUMNS)])
        moment -= timedelta(days=1)
    return rows


def registrations(on: date) -> int:
    """Return how many accounts were made on a day (UTC)."""
    start = datetime.combine(on, time(), UTC)
    query = select(func.count()).where(User.created_at >= start, User.created_at < start + timedelta(days=1))
    return db.session.scalar(query) or 0
