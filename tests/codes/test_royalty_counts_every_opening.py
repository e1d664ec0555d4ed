"""Openings of licensed text reach the database exactly once each: from threads, processes, through outages and ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import timeit
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from tests.support import applications, sites
from tests.support.processes import forked, free_port, wait_until
from tests.support.proxy import Proxy
from webapp.codes import royalty
from webapp.codes.datasets.models import LicensedReading
from webapp.codes.royalty import Recorder
from webapp.core import clock
from webapp.extensions import db, transaction
from webapp.metering.models import CountBatch

PROCESSES, THREADS, TURNS = 3, 4, 250
LONG = 3600.0
MOST_SECONDS = 5e-6


def recorded(app: Flask) -> dict[tuple[str, str], int]:
    with app.app_context():
        rows = db.session.execute(select(LicensedReading.system, LicensedReading.subject, LicensedReading.openings))
        return {(system, subject): openings for system, subject, openings in rows}


def openings(app: Flask) -> int:
    return sum(recorded(app).values())


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the threads wait: a test writes when it wants to."""
    monkeypatch.setattr(royalty, "WRITE_AFTER_SECONDS", LONG)


@pytest.fixture
def recorder(database: Flask) -> Iterator[Recorder]:
    made: Recorder = database.extensions["royalty"]
    yield made
    made.close()


def test_an_opening_is_written_soon_by_itself(database: Flask, recorder: Recorder) -> None:
    recorder.record("cpt", "u1")
    recorder.record("cpt", "u1")
    recorder.record("cdt", "gsomeone")
    wait_until(lambda: openings(database) == 3)
    recorder.record("cpt", "u1")
    wait_until(lambda: openings(database) == 4)
    assert recorded(database) == {("cpt", "u1"): 3, ("cdt", "gsomeone"): 1}


@pytest.mark.usefixtures("by_hand")
def test_the_month_is_that_of_the_opening(database: Flask, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    for moment in (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)):
        monkeypatch.setattr(clock, "real_now", lambda moment=moment: moment)
        recorder.record("cpt", "u1")
    recorder.flush()
    with database.app_context():
        assert set(db.session.scalars(select(LicensedReading.month))) == {"2026-11", "2026-12"}


def test_threads_lose_nothing(database: Flask, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(royalty, "WRITE_AFTER_SECONDS", 0.01)

    def read(number: int) -> None:
        for turn in range(TURNS):
            recorder.record("cpt", f"u{(number + turn) % 7}")

    threads = [threading.Thread(target=read, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    assert openings(database) == THREADS * TURNS
    with database.app_context():
        assert db.session.scalar(select(func.count()).select_from(CountBatch)) == 1, "marks are taken away again"


def read_in_a_process(given: dict[str, str], number: int) -> None:
    """Readers that other processes have too, in another order."""
    app = applications.create_app(applications.settings(**given))
    recorder: Recorder = app.extensions["royalty"]
    for turn in range(TURNS):
        recorder.record("cpt", f"u{turn % 20 if number % 2 else 19 - turn % 20}")
        if turn % 25 == 0:
            recorder.flush()
    recorder.close()
    applications.close(app)


@pytest.mark.slow
def test_processes_lose_nothing(database: Flask) -> None:
    site = database.extensions["settings"]
    given = {"DATA": str(site.data), "REDIS_URL": site.redis_url, "DATABASE_URL": site.database_url}
    with forked().Pool(PROCESSES) as pool:
        pool.starmap(read_in_a_process, [(given, number) for number in range(PROCESSES)])
    assert openings(database) == PROCESSES * TURNS
    assert len(recorded(database)) == 20


@pytest.mark.usefixtures("by_hand")
def test_a_batch_whose_commit_got_no_answer_counts_once(
    database: Flask, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def unanswered() -> Iterator[None]:
        with transaction():
            yield
        raise OperationalError("COMMIT", {}, Exception("the line went dead"))

    recorder.record("cpt", "u1")
    with monkeypatch.context() as patch:
        patch.setattr(royalty, "transaction", unanswered)
        assert not recorder.flush()
    recorder.record("cpt", "u1")
    assert recorder.flush()
    assert openings(database) == 1
    assert recorder.flush()
    assert openings(database) == 2


@pytest.mark.usefixtures("by_hand")
def test_a_batch_that_failed_is_kept_and_written_later(
    database: Flask, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def failing() -> Iterator[None]:
        raise OperationalError("BEGIN", {}, Exception("nobody is there"))
        yield

    monkeypatch.setattr(royalty, "transaction", failing)
    for _ in range(3):
        recorder.record("cpt", "u1")
        assert not recorder.flush()
    monkeypatch.setattr(royalty, "transaction", transaction)
    recorder.close()
    assert openings(database) == 3


@pytest.mark.outage
def test_while_postgresql_is_away_openings_wait(make_app: Callable[..., Flask], pg_url: str) -> None:
    socket = f"unix://{parse_qs(urlsplit(pg_url).query)['host'][0]}/.s.PGSQL.5432"
    with Proxy(socket) as proxy:
        app = make_app(DATABASE_URL=f"postgresql://codeshelf@127.0.0.1:{proxy.port}{urlsplit(pg_url).path}")
        recorder: Recorder = app.extensions["royalty"]
        recorder.record("cpt", "u1")
        wait_until(lambda: openings(app) == 1)
        proxy.mode = "down"
        for _ in range(5):
            recorder.record("cpt", "u1")
        time.sleep(2 * royalty.WRITE_AFTER_SECONDS)
        proxy.mode = "ok"
        recorder.record("cpt", "u2")
        wait_until(lambda: openings(app) == 7, 20)
        recorder.close()


@pytest.mark.usefixtures("by_hand")
def test_what_does_not_fit_while_the_database_is_away_is_counted_as_dropped(
    database: Flask, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, int] = {}
    monkeypatch.setattr(royalty, "MOST_READERS", 3)
    monkeypatch.setattr(database.extensions["counts"], "add", told.__setitem__)
    for number in (0, 1, 2, 0, 3, 4):
        recorder.record("cpt", f"u{number}")
    recorder.close()
    assert recorded(database) == {("cpt", "u0"): 2, ("cpt", "u1"): 1, ("cpt", "u2"): 1}
    assert told == {"royalty_dropped": 2}


SITE = """
import multiprocessing, os
from tests.support import applications
recorder = applications.create_app(applications.settings(DATA={data!r})).extensions["royalty"]
def read():
    recorder.record("cpt", "u" + str(os.getpid()))
"""
SERVED = """
def app(environ, start):
    read()
    start("200 OK", [])
    return [b"read"]
"""
ENDS = {
    "the interpreter's end": ("read()", 1),
    "an error": ("read(); raise SystemExit(1)", 1),
    "a forked child's end": ("p = multiprocessing.get_context('fork').Process(target=read); p.start(); p.join()", 1),
    "a fork after it": ("read(); child = os.fork(); read() if child == 0 else os.waitpid(child, 0)", 2),
}
"""How a process may end, and how many openings it and its child recorded."""


@pytest.mark.slow
@pytest.mark.parametrize(("end", "read"), ENDS.values(), ids=ENDS)
def test_the_end_of_a_process_writes_what_is_left(app: Flask, end: str, read: int) -> None:
    data = app.extensions["settings"].data
    done = sites.run(["-c", SITE.format(data=str(data)) + end], sites.environ(data))
    assert "Traceback" not in done.stderr, done.stderr
    assert openings(app) == read


@pytest.mark.slow
def test_a_stopped_server_has_written_every_opening(app: Flask, tmp_path: Path) -> None:
    data = app.extensions["settings"].data
    (tmp_path / "served.py").write_text(SITE.format(data=str(data)) + SERVED)
    port = free_port()
    command = ["-m", "granian", "--interface", "wsgi", "served:app", "--port", str(port), "--workers", "1"]
    environment = {**sites.environ(data), "PYTHONPATH": f"{tmp_path}:{sites.ROOT}"}
    server = subprocess.Popen([sys.executable, *command], env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: read_over_http(port), 30)
        read = 1 + sum(read_over_http(port) for _ in range(20))
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.wait()
    assert openings(app) == read


def read_over_http(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return bool(answer.read() == b"read")
    except OSError:
        return False


@pytest.mark.usefixtures("by_hand")
def test_recording_costs_a_request_next_to_nothing(app: Flask) -> None:
    recorder: Recorder = app.extensions["royalty"]
    rounds = timeit.repeat(lambda: recorder.record("cpt", f"u{os.getpid()}"), number=1000, repeat=30)
    recorder.close()
    assert min(rounds) / 1000 < MOST_SECONDS
