"""Who opens licensed text: what the royalty report of a CPT licence counts, by month (UTC).

A request only adds to a counter in its process; a thread of its own writes once a second. Killing a process (SIGKILL)
loses what it recorded in its last second; ending it in any other way loses nothing.
"""

from __future__ import annotations

import csv
import os
import threading
import uuid
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from functools import partial
from multiprocessing import util
from typing import TextIO

import structlog
from flask import Flask
from sqlalchemy import case, delete, func, select

from webapp.codes.datasets.models import LicensedReading
from webapp.core import clock
from webapp.extensions import db, insert_into, transaction
from webapp.metering.counts import Counts
from webapp.metering.models import CountBatch

log = structlog.get_logger(__name__)

Key = tuple[str, str, str]
"""Month (yyyy-mm), licence, subject."""

WRITE_AFTER_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
"""Between two tries while the database is away."""
END_SECONDS = 8.0
"""How long the end of a process may wait for the last write; the server gives its workers ten."""
MOST_READERS = 100_000
"""Pairs of reader and month that a process holds while it cannot write: about 30 MB."""
LONGEST_SUBJECT = 40
DROPPED = "royalty_dropped"
"""The day's count of openings that were recorded nowhere, see `metering.counts`."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Openings that are written together, under a name by which the database knows whether it has them."""

    name: str
    openings: Mapping[Key, int]


class Recorder:
    """Counts openings in one process. Safe for threads; a forked process begins with nothing."""

    _pending: dict[Key, int]
    _batch: Batch | None
    _thread: threading.Thread | None
    _exit: util.Finalize | None

    def __init__(self, app: Flask, counts: Counts) -> None:
        """`counts`: told how many openings had to be dropped."""
        self._app, self._counts = app, counts
        self._begin_with_nothing()
        os.register_at_fork(after_in_child=partial(_forked, weakref.ref(self)))

    def record(self, system: str, subject: str) -> None:
        """Count one opening of text under a licence. `subject`: as the meter's, empty for who has none."""
        key = (clock.today().isoformat()[:7], system, subject[:LONGEST_SUBJECT])
        with self._lock:
            pending = self._pending
            if key in pending:
                pending[key] += 1
            elif len(pending) < MOST_READERS:
                pending[key] = 1
            else:
                self._dropped += 1
            if not self._due.is_set():
                self._due.set()
            if self._thread is None:
                self._start()

    def flush(self) -> bool:
        """Write what was recorded until now; return whether all of it is in the database.

        What cannot be written is kept. A batch whose commit got no answer is written again under the same name, and
        counts once.
        """
        with self._writing:
            if self._batch is None:
                self._batch = self._take()
            if self._batch is None:
                return True
            try:
                self._write(self._batch)
            except Exception as error:  # noqa: BLE001  # whatever it is: nothing is lost, and it is tried again
                reason = str(error).partition("\n")[0]
                log.warning("openings of licensed text wait", readers=len(self._batch.openings), reason=reason)
                self._due.set()
                return False
            self._written, self._batch = self._batch.name, None
            return True

    def close(self) -> None:
        """Write what is left, as far as that is possible soon, and end the thread. What comes later is not written."""
        self._ending.set()
        self._due.set()
        if self._exit is not None:
            self._exit.cancel()
        if self._thread is None:
            return
        self._thread.join(END_SECONDS)
        left = sum(self._pending.values()) + (sum(self._batch.openings.values()) if self._batch else 0)
        if left:
            log.error("openings of licensed text are lost", openings=left)

    def _begin_with_nothing(self) -> None:
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._due, self._ending = threading.Event(), threading.Event()
        self._pending, self._dropped = {}, 0
        self._batch, self._written = None, ""
        self._thread, self._exit = None, None

    def _start(self) -> None:
        """Start writing; the end of the process is heard of where `atexit` is not: in the server's forked workers."""
        thread = threading.Thread(target=self._keep_writing, name="royalty", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no room for a thread just now: the reader gets the page, the next opening tries again
            return
        self._thread = thread
        self._exit = util.Finalize(None, self.close, exitpriority=0)

    def _keep_writing(self) -> None:
        pause = WRITE_AFTER_SECONDS
        while not self._ending.is_set():
            self._due.wait()
            self._ending.wait(pause)
            pause = WRITE_AFTER_SECONDS if self.flush() else min(2 * pause, LONGEST_PAUSE_SECONDS)
            self._tell_dropped()
        while self.flush() and self._pending:
            pass  # what was written was a batch that had waited

    def _take(self) -> Batch | None:
        with self._lock:
            taken, self._pending = self._pending, {}
            if not self._ending.is_set():
                self._due.clear()
        return Batch(f"royalty-{uuid.uuid4().hex}", taken) if taken else None

    def _write(self, batch: Batch) -> None:
        """Add a batch once. Its name stands in the database until the next one is written, or for a month."""
        rows = [
            {"month": month, "system": system, "subject": subject, "openings": openings}
            for (month, system, subject), openings in sorted(batch.openings.items())  # one order: no deadlock
        ]
        with self._app.app_context(), transaction():
            claim = insert_into(CountBatch).values(id=batch.name, applied_at=clock.now()).on_conflict_do_nothing()
            if db.session.scalar(claim.returning(CountBatch.id)) is None:
                return
            db.session.execute(delete(CountBatch).where(CountBatch.id == self._written))
            row = insert_into(LicensedReading)
            total = {"openings": LicensedReading.openings + row.excluded.openings}
            upsert = row.on_conflict_do_update(index_elements=["month", "system", "subject"], set_=total)
            db.session.connection().execute(upsert, rows)

    def _tell_dropped(self) -> None:
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            log.warning("openings of licensed text are dropped: the database is away for too long", openings=dropped)
            self._counts.add(DROPPED, dropped)


def _forked(recorder: weakref.ref[Recorder]) -> None:
    """In a process that was forked: what the recorder holds is written by the one that it was forked from."""
    if found := recorder():
        found._begin_with_nothing()


@dataclass(frozen=True, slots=True)
class Figures:
    """One month of one licence. `readers` had an account (`signed_in`) or were guests, known by their cookie.

    `unknown_openings` are those of machines and of readers without a cookie, whose number is not known.
    """

    month: str
    system: str
    readers: int
    signed_in: int
    guests: int
    openings: int
    signed_in_openings: int
    guest_openings: int
    unknown_openings: int


COLUMNS = tuple(each.name for each in fields(Figures))


def report(month: str | None = None) -> list[Figures]:
    """Return the figures of a month (`2026-11`), or of all months, the latest first."""
    row = LicensedReading
    reader, guest = row.subject.startswith("u"), row.subject.startswith("g")
    signed_in, guests = (func.sum(case((kind, 1), else_=0)) for kind in (reader, guest))
    openings = [func.sum(case((kind, row.openings), else_=0)) for kind in (reader, guest, row.subject == "")]
    query = (
        select(row.month, row.system, signed_in + guests, signed_in, guests, func.sum(row.openings), *openings)
        .group_by(row.month, row.system)
        .order_by(row.month.desc(), row.system)
    )
    if month is not None:
        query = query.where(row.month == month)
    return [Figures(*found) for found in db.session.execute(query)]


def cells(figures: Figures) -> list[str]:
    """Return a row's values as texts, in the order of COLUMNS."""
    return [str(value) for value in astuple(figures)]


def write_csv(rows: Iterable[Figures], out: TextIO) -> None:
    """Write figures as CSV (RFC 4180), under the names of COLUMNS."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(map(cells, rows))
