"""Work for later: an RQ queue on the site's Redis.

The queue only makes things quicker. The truth is in database rows that a schedule looks through anyway, so a job that
could not be queued is never lost.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from webapp.extensions import RedisUnavailable, redis

NAME = "codeshelf"
SECONDS_ALLOWED = 300
FAILURES_KEPT_SECONDS = 7 * 24 * 3600

log = structlog.get_logger(__name__)


def queue_on(connection: Redis) -> Queue:
    """The site's queue. Arguments travel as JSON: unpickling what lies in Redis would run whatever it says."""
    return Queue(NAME, connection=connection, serializer=JSONSerializer, default_timeout=SECONDS_ALLOWED)


def enqueue(task: Callable[..., object], *args: object) -> None:
    """Queue `task(*args)`, a module's function with JSON arguments. Call it after the commit it depends on.

    Without Redis nothing is queued, at no cost to the request; no error.
    """
    try:
        redis.call(
            lambda client: queue_on(client).enqueue_call(
                task, args=args, result_ttl=0, failure_ttl=FAILURES_KEPT_SECONDS
            )
        )
    except RedisUnavailable as error:
        log.warning("job not queued", task=f"{task.__module__}.{task.__qualname__}", error=str(error))
