"""Tool quotas: amounts a subject may use in a window, kept in SQL since they are worth money.

A tool reserves before it works, then settles at what it really used or releases everything. The limit holds under
concurrency by one conditional UPDATE; a reservation that nobody ends is released by a job.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from webapp.core import clock
from webapp.core.errors import CodeshelfError
from webapp.core.periods import Window
from webapp.extensions import db, insert_into
from webapp.metering.models import QuotaReservation, QuotaUsage

STALE_AFTER = timedelta(minutes=15)
"""No tool works that long on one reservation: what is still held then was left by a crash."""


class QuotaExceeded(CodeshelfError):
    """The window's quota does not hold the amount asked for."""

    status, code, message = 429, "quota_exceeded", "The quota of this tool is used up."


def reserve(subject: str, tool: str, amount: int, limit: int | None, window: Window) -> int:
    """Hold `amount` uses and return the reservation's id. `limit` None is unlimited (used amounts still count).

    Errors: QuotaExceeded; ValueError for an amount below 1. Runs in the caller's transaction.
    """
    if amount < 1:
        raise ValueError("an amount to reserve is at least 1")
    key = {"subject": subject, "tool": tool, "window": window.key}
    db.session.execute(insert_into(QuotaUsage).values(**key, used=0).on_conflict_do_nothing())
    claim = update(QuotaUsage).filter_by(**key).values(used=QuotaUsage.used + amount)
    if limit is not None:
        claim = claim.where(QuotaUsage.used + amount <= limit)
    usage_id = db.session.scalar(claim.returning(QuotaUsage.id))
    if usage_id is None:
        raise QuotaExceeded
    reservation = QuotaReservation(usage_id=usage_id, amount=amount, state="held", created_at=clock.now())
    db.session.add(reservation)
    db.session.flush()
    return reservation.id


def settle(reservation_id: int, amount: int) -> bool:
    """End a reservation at the amount really used; False if it had ended already. Never above what was reserved."""
    return _end(reservation_id, "settled", amount)


def release(reservation_id: int) -> bool:
    """End a reservation as if nothing had been used; False if it had ended already."""
    return _end(reservation_id, "released", 0)


def _end(reservation_id: int, state: str, keep: int) -> bool:
    held = db.session.execute(
        update(QuotaReservation)
        .where(QuotaReservation.id == reservation_id, QuotaReservation.state == "held")
        .values(state=state)
        .returning(QuotaReservation.usage_id, QuotaReservation.amount)
    ).one_or_none()
    if held is None:
        return False
    back = held.amount - max(0, min(keep, held.amount))
    db.session.execute(update(QuotaUsage).where(QuotaUsage.id == held.usage_id).values(used=QuotaUsage.used - back))
    return True


def used(subject: str, tool: str, window: Window) -> int:
    """Return how much is used in the window, held reservations included."""
    query = select(QuotaUsage.used).filter_by(subject=subject, tool=tool, window=window.key)
    return db.session.scalar(query) or 0


def release_stale() -> int:
    """Release reservations left by crashed tools; return how many."""
    query = select(QuotaReservation.id).where(
        QuotaReservation.state == "held", QuotaReservation.created_at < clock.now() - STALE_AFTER
    )
    return sum(release(reservation_id) for reservation_id in db.session.scalars(query).all())
