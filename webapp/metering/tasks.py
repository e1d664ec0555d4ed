"""Jobs of the meters."""

from __future__ import annotations

from webapp.extensions import RedisUnavailable, redis, transaction
from webapp.jobs.schedule import Every
from webapp.metering import counts, quota


def roll_up_counts() -> None:
    """Move the day's counts from Redis into the database."""
    try:
        counts.roll_up(redis)
    except RedisUnavailable:
        return  # what was counted waits in Redis and in the processes
    with transaction():
        counts.forget_batches()


def release_stale_reservations() -> None:
    """Give back what crashed tools held."""
    with transaction():
        quota.release_stale()


SCHEDULE = (Every(30, roll_up_counts), Every(300, release_stale_reservations))
