"""Tool quotas: reserve, settle, release; exactly the limit on both databases, whatever happens at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from webapp.core import clock
from webapp.core.periods import Period
from webapp.extensions import db, transaction
from webapp.metering import quota
from webapp.metering.models import QuotaReservation

MONTH = Period.parse("month").window(datetime.now(UTC))


def reserve(app, amount: int = 1, limit: int | None = 5) -> int | None:
    with app.app_context():
        try:
            with transaction():
                return quota.reserve("u1", "redactphi", amount, limit, MONTH)
        except quota.QuotaExceeded:
            return None


def used(app) -> int:
    with app.app_context():
        return quota.used("u1", "redactphi", MONTH)


def end(app, work, *args) -> bool:
    with app.app_context(), transaction():
        return work(*args)


def test_forty_reservations_at_once_hold_exactly_the_limit(database):
    with ThreadPoolExecutor(8) as pool:
        held = [r for r in pool.map(lambda _: reserve(database), range(40)) if r is not None]
    assert len(held) == len(set(held)) == 5
    assert used(database) == 5


def test_a_settled_reservation_keeps_what_was_used(database):
    reservation = reserve(database, amount=4)
    assert end(database, quota.settle, reservation, 1)
    assert used(database) == 1


def test_settling_never_takes_more_than_was_reserved(database):
    reservation = reserve(database, amount=2)
    end(database, quota.settle, reservation, 99)
    assert used(database) == 2


def test_a_released_reservation_leaves_nothing(database):
    reservation = reserve(database, amount=4)
    assert end(database, quota.release, reservation)
    assert used(database) == 0


def test_a_reservation_ends_once_whoever_is_first(database):
    reservation = reserve(database, amount=4)
    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(lambda _: end(database, quota.release, reservation), range(8)))
    assert ended.count(True) == 1
    assert used(database) == 0


def test_an_amount_above_the_rest_is_refused_whole(database):
    reserve(database, amount=4)
    assert reserve(database, amount=2) is None
    assert used(database) == 4


def test_an_unlimited_quota_counts_all_the_same(database):
    for _ in range(7):
        assert reserve(database, limit=None)
    assert used(database) == 7


def test_an_amount_below_one_is_an_error(app):
    with app.app_context(), pytest.raises(ValueError, match="at least 1"):
        quota.reserve("u1", "redactphi", 0, 5, MONTH)


def test_what_a_crash_left_held_is_given_back(database):
    old, fresh = reserve(database), reserve(database)
    with database.app_context():
        with transaction():
            before = clock.now() - quota.STALE_AFTER - timedelta(minutes=1)
            db.session.execute(update(QuotaReservation).filter_by(id=old).values(created_at=before))
        with transaction():
            assert quota.release_stale() == 1
    assert used(database) == 1
    assert end(database, quota.settle, fresh, 1)
