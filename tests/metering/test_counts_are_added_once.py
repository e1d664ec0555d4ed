"""Counts by day: gathered in processes, kept in Redis, added to the database exactly once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from webapp.core import clock
from webapp.extensions import db, redis, transaction
from webapp.metering import counts
from webapp.metering.counts import BATCHES, LIVE, Counts
from webapp.metering.models import CountBatch


@pytest.fixture
def gathered(database):
    with database.app_context():
        gathered = Counts(redis)
        gathered.add("views", 3)
        gathered.add("walls")
        gathered.flush()
        yield gathered


def today() -> dict[str, int]:
    db.session.rollback()
    return counts.by_day(clock.today()).get(clock.today(), {})


def test_counts_reach_the_database(gathered):
    assert counts.roll_up(redis) == 1
    assert today() == {"views": 3, "walls": 1}
    gathered.add("views")
    gathered.flush()
    counts.roll_up(redis)
    assert today() == {"views": 4, "walls": 1}


def test_rolling_up_again_adds_nothing(gathered):
    counts.roll_up(redis)
    assert counts.roll_up(redis) == 0
    assert today() == {"views": 3, "walls": 1}


def test_a_crash_before_the_commit_loses_nothing(gathered, monkeypatch):
    def crash(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(counts, "_add_batch", crash)
        with pytest.raises(KeyboardInterrupt):
            counts.roll_up(redis)
    assert today() == {}
    counts.roll_up(redis)
    assert today() == {"views": 3, "walls": 1}


def test_a_crash_after_the_commit_doubles_nothing(gathered):
    redis.client.sadd(BATCHES, "lost")
    redis.client.rename(LIVE, f"{LIVE}:lost")
    with transaction():
        counts._add_batch("lost", {f"{clock.today()} views": 3, f"{clock.today()} walls": 1})
    counts.roll_up(redis)
    assert today() == {"views": 3, "walls": 1}
    assert redis.client.keys("counts*") == []


def test_marks_of_old_batches_are_forgotten(gathered):
    counts.roll_up(redis)
    with transaction():
        db.session.query(CountBatch).update({"applied_at": clock.now() - counts.MARKS_KEPT - timedelta(days=1)})
    with transaction():
        counts.forget_batches()
    assert db.session.query(CountBatch).count() == 0
