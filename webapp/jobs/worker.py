"""The worker: one process that does queued jobs and runs the schedule, until it is told to stop."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

import structlog
from flask import Flask, current_app
from redis import Redis, RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from webapp.jobs.queue import queue_on
from webapp.jobs.schedule import Every, Schedule

RETRY_SECONDS = 2.0
CONNECT_SECONDS = 5.0
FINISH_SECONDS = 20.0
"""How long a scheduled task may go on after the worker was told to stop."""

log = structlog.get_logger(__name__)


class Worker(SimpleWorker):
    """An RQ worker without a fork, so that jobs share the application and its database pool."""

    max_connection_wait_time = RETRY_SECONDS
    told_to_stop = False

    def __init__(self, app: Flask, connection: Redis) -> None:
        self._app = app
        super().__init__(
            [queue_on(connection)],
            connection=connection,
            serializer=JSONSerializer,
            log_job_description=False,  # it shows the arguments
        )

    def perform_job(self, *args: Any, **kwargs: Any) -> bool:
        with self._app.app_context():
            return super().perform_job(*args, **kwargs)

    def handle_warm_shutdown_request(self) -> None:
        self.told_to_stop = True


def run(schedules: Sequence[Every]) -> None:
    """Do jobs and run `schedules` until SIGTERM or SIGINT; what has begun is finished. Main thread only.

    While Redis is away the schedule goes on and the queue is tried again every two seconds.
    """
    app = _app()
    stopping = threading.Event()
    schedule = threading.Thread(target=Schedule(app, schedules).run_until, args=[stopping], name="schedule")
    schedule.daemon = True
    schedule.start()
    try:
        _work_until_told(app)
    finally:
        stopping.set()
        schedule.join(FINISH_SECONDS)


def drain() -> None:
    """Do the jobs that are queued now, then return. Main thread only. Errors: redis.RedisError."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    app = _app()
    with _connect(app) as connection:
        try:
            Worker(app, connection).work(burst=True, logging_level="WARNING")
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


def _work_until_told(app: Flask) -> None:
    pause = threading.Event()
    told_to_stop = False
    while not told_to_stop:
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGINT, _leave)
        try:
            with _connect(app) as connection:
                worker = Worker(app, connection)
                try:
                    worker.work(logging_level="WARNING")
                finally:
                    told_to_stop = worker.told_to_stop
        except RedisError as error:
            log.warning("Redis is away, jobs wait", error=str(error))
        if not told_to_stop:
            pause.wait(RETRY_SECONDS)


def _connect(app: Flask) -> Redis:
    """A connection of the worker's own: it waits for jobs far longer than a request may wait for Redis."""
    return Redis.from_url(app.config["REDIS_URL"], socket_connect_timeout=CONNECT_SECONDS, protocol=2)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]  # the proxy's documented way
