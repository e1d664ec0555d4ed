"""A reader's stamp in Redis: whoever caches a login keeps the stamp beside it, and looks again once it moved."""

from __future__ import annotations

import structlog
from redis import Redis

from webapp.extensions import RedisUnavailable, after_commit, redis

SECONDS_KEPT = 24 * 3600
"""Longer than any cached login may live: a stamp that expired must not look like one that never moved."""

log = structlog.get_logger(__name__)


def key(user_id: int) -> str:
    """The Redis key of a reader's stamp; the braces keep it on one cluster node with the reader's other keys."""
    return f"reader:{{{user_id}}}"


def bump(user_id: int) -> None:
    """Move the reader's stamp once the running transaction has committed; without Redis, as soon as it is back."""
    after_commit(lambda: _move(user_id))


def _move(user_id: int) -> None:
    def work(client: Redis) -> None:
        pipeline = client.pipeline()
        pipeline.incr(key(user_id))
        pipeline.expire(key(user_id), SECONDS_KEPT)
        pipeline.execute()

    try:
        redis.call(work)
    except RedisUnavailable:
        log.warning("stamp moves when Redis is back", user_id=user_id)
        redis.breaker.once_closed(lambda: _move(user_id))
