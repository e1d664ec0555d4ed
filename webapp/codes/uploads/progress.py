"""How far the running job is, and that it runs at all: a key in Redis, written by a thread beside the job.

The job's own transaction shows nothing before its end, and on SQLite no other one can write meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from time import monotonic

from webapp.codes.progress import Progress
from webapp.extensions import RedisUnavailable, redis

EVERY_SECONDS = 0.5
"""The soonest that a change is written after the one before."""
SIGN_OF_LIFE_SECONDS = 5.0
"""How often it is written without a change."""
LASTS_SECONDS = 60
"""A job that wrote nothing for so long runs no more."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a job does just now, and how much of it is done."""

    label: str
    done: int
    total: int


@contextlib.contextmanager
def told(job_id: int) -> Iterator[Progress]:
    """While the block runs, tell of it. Yields the function that takes each step, which costs next to nothing."""
    now = [Step("Beginning", 0, 1)]
    over = threading.Event()
    thread = threading.Thread(target=_tell, args=(job_id, now, over), name="progress", daemon=True)
    thread.start()

    def tell(label: str, done: int, total: int) -> None:
        now[0] = Step(label, done, total)

    try:
        yield tell
    finally:
        over.set()
        thread.join()


def of(job_id: int) -> Step | None:
    """Return the step of a job, or None if it gives no sign of life. Errors: RedisUnavailable."""
    found = redis.call(lambda client: client.get(_key(job_id)))
    return Step(**json.loads(found)) if found else None


def _tell(job_id: int, now: list[Step], over: threading.Event) -> None:
    written, at = None, 0.0
    while True:
        step = now[0]
        if step != written or monotonic() - at >= SIGN_OF_LIFE_SECONDS:
            with contextlib.suppress(RedisUnavailable):
                _write(job_id, step)
                written, at = step, monotonic()
        if over.wait(EVERY_SECONDS):
            return


def _write(job_id: int, step: Step) -> None:
    redis.call(lambda client: client.set(_key(job_id), json.dumps(asdict(step)), ex=LASTS_SECONDS))


def _key(job_id: int) -> str:
    return f"catalogue:{job_id}"
