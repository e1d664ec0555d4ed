"""Tasks that run again and again, beside the worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog
from flask import Flask

from webapp.extensions import RedisUnavailable, redis

TICK_SECONDS = 0.5
ASK_AGAIN_SECONDS = 30.0
"""How soon a task is asked for again that another worker has run."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Every:
    """Run `task` every so many seconds, in one worker at a time. The task may run twice and must bear it."""

    seconds: int
    task: Callable[[], object]

    @property
    def name(self) -> str:
        return f"{self.task.__module__}.{self.task.__qualname__}"


class Schedule:
    """The tasks of one worker process and when each is due, by the process's monotonic clock."""

    def __init__(self, app: Flask, entries: Sequence[Every]) -> None:
        self._app = app
        self._due = dict.fromkeys(entries, 0.0)

    def run_until(self, stopping: threading.Event) -> None:
        """Run what is due until `stopping` is set; a task that has begun is finished."""
        while not stopping.wait(TICK_SECONDS):
            for entry in self._due:
                if not stopping.is_set():
                    self.run_if_due(entry)

    def run_if_due(self, entry: Every) -> None:
        if monotonic() < self._due[entry]:
            return
        with self._app.app_context():
            ours = _take_turn(entry)
            self._due[entry] = monotonic() + (entry.seconds if ours else min(entry.seconds, ASK_AGAIN_SECONDS))
            if ours:
                _run(entry)


def _take_turn(entry: Every) -> bool:
    """Whether this period's run is ours. Without Redis every worker runs it."""
    key, lasts = f"schedule:{entry.name}", max(1, entry.seconds * 1000 - 500)
    try:
        return bool(redis.call(lambda client: client.set(key, 1, nx=True, px=lasts)))
    except RedisUnavailable:
        return True


def _run(entry: Every) -> None:
    try:
        entry.task()
    except Exception:  # one broken task must not stop the others
        log.exception("scheduled task failed", task=entry.name)
