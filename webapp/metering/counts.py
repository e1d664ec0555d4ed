"""What happened, by day: views, walls, previews. Counted in memory, moved to Redis in the background, then to SQL.

A request only adds to a counter in its process. Losing the last moments of a killed process is accepted here: these
are figures for the operator, no meter.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections import Counter
from datetime import date, timedelta
from functools import partial

from redis import Redis, ResponseError
from sqlalchemy import delete, select

from webapp.core import clock
from webapp.extensions import RedisClient, RedisUnavailable, db, insert_into, transaction
from webapp.metering.models import CountBatch, DailyCount

FLUSH_AFTER_SECONDS = 0.2
LIVE = "counts:{live}"
BATCHES = "counts:{live}:batches"
MARKS_KEPT = timedelta(days=30)


class Counts:
    """Counters of one process. Safe for threads; a flush begins shortly after the first addition."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._pending: Counter[str] = Counter()
        self._timer: threading.Timer | None = None

    def add(self, name: str, amount: int = 1) -> None:
        """Count `name` for today."""
        with self._lock:
            self._pending[f"{clock.today().isoformat()} {name}"] += amount
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_AFTER_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Move what is pending to Redis; kept for the next flush while Redis is down."""
        with self._lock:
            pending, self._pending, self._timer = self._pending, Counter(), None
        try:
            self._client.call(lambda client: _increase(client, pending))
        except RedisUnavailable:
            with self._lock:
                self._pending.update(pending)


def _increase(client: Redis, pending: Counter[str]) -> None:
    pipeline = client.pipeline(transaction=True)
    for field, amount in pending.items():
        pipeline.hincrby(LIVE, field, amount)
    pipeline.execute()


def roll_up(client: RedisClient) -> int:
    """Move what Redis holds into `daily_count`, each batch exactly once; return how many batches were added.

    A batch is set aside under an id of its own first. Whether it was added is decided by the transaction that adds
    it, so that a crash at any point neither loses nor doubles it. Errors: RedisUnavailable.
    """
    client.call(_set_aside)
    added = 0
    for batch, fields in client.call(_batches).items():
        with transaction():
            added += _add_batch(batch, fields)
        client.call(partial(_forget, batch=batch))
    return added


def _batches(client: Redis) -> dict[str, dict[str, int]]:
    """Return the batches set aside, each with its counts by field."""
    found = {}
    for name in client.smembers(BATCHES):
        batch = _text(name)
        fields = client.hgetall(f"{LIVE}:{batch}")
        found[batch] = {_text(key): int(value) for key, value in fields.items()}
    return found


def _forget(client: Redis, batch: str) -> None:
    client.delete(f"{LIVE}:{batch}")
    client.srem(BATCHES, batch)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _set_aside(client: Redis) -> None:
    if client.exists(LIVE):
        batch = uuid.uuid4().hex
        client.sadd(BATCHES, batch)
        # Another roll-up may have been faster: then there is nothing to rename, and this batch is empty.
        with contextlib.suppress(ResponseError):
            client.rename(LIVE, f"{LIVE}:{batch}")


def _add_batch(batch: str, fields: dict[str, int]) -> bool:
    claim = insert_into(CountBatch).values(id=batch, applied_at=clock.now()).on_conflict_do_nothing()
    if db.session.scalar(claim.returning(CountBatch.id)) is None:
        return False
    for field, amount in fields.items():
        day, _, name = field.partition(" ")
        row = insert_into(DailyCount).values(day=date.fromisoformat(day), name=name, count=amount)
        total = {"count": DailyCount.count + row.excluded.count}
        db.session.execute(row.on_conflict_do_update(index_elements=["day", "name"], set_=total))
    return True


def by_day(since: date) -> dict[date, dict[str, int]]:
    """Return the counts of each day from `since` on, newest day first."""
    query = select(DailyCount).where(DailyCount.day >= since).order_by(DailyCount.day.desc(), DailyCount.name)
    days: dict[date, dict[str, int]] = {}
    for row in db.session.scalars(query):
        days.setdefault(row.day, {})[row.name] = row.count
    return days


def forget_batches() -> None:
    """Delete the marks of batches so old that they cannot come back."""
    db.session.execute(delete(CountBatch).where(CountBatch.applied_at < clock.now() - MARKS_KEPT))
