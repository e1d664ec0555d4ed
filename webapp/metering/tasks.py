"""Jobs of the meters."""

from __future__ import annotations

import structlog

from webapp.extensions import RedisUnavailable, redis, transaction
from webapp.jobs.schedule import Every
from webapp.metering import counts, health, quota

log = structlog.get_logger(__name__)


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


def warn_of_eviction() -> None:
    """Log a warning while Redis may evict meters; first run when the worker starts."""
    warning = health.eviction_warning(redis)
    if warning:
        log.warning("redis may evict meters", detail=warning)


SCHEDULE = (Every(3600, warn_of_eviction), Every(30, roll_up_counts), Every(300, release_stale_reservations))
