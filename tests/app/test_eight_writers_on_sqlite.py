"""Eight writers on one SQLite file, with readers beside them: no write is lost or late, and no read ever waits."""

from __future__ import annotations

import itertools
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.support import applications, people, shelf
from tests.support.processes import forked
from webapp.auth import addresses, service
from webapp.auth.models import User
from webapp.auth.service import Device
from webapp.billing import service as billing
from webapp.billing.models import EntitlementGrant
from webapp.codes import search
from webapp.codes import service as codes
from webapp.extensions import db, transaction

WRITERS, READERS, PROCESSES = 8, 4, 4
ROUNDS = 12
DEVICE = Device("127.0.0.1", "tests")
LONGEST_WRITE, USUAL_READ, BUSY_WAIT = 10.0, 0.5, 5.0
"""Seconds, with room for a busy machine: a read takes milliseconds, and one that waited for writers far longer."""


def register_and_grant(app: Flask, name: str) -> float:
    """Open an account and give it a plan, as two transactions; return how long the slower took in seconds."""
    slowest = 0.0
    with app.app_context():
        began = time.monotonic()
        with transaction():
            login = service.register(addresses.read(f"{name}@example.org"), "-", DEVICE, tell=None)
        assert login is not None
        slowest = max(slowest, time.monotonic() - began)
        began = time.monotonic()
        with transaction():
            assert billing.entitlement_of(login.user_id).plan.key == "free"  # reads first, then writes
            billing.grant(login.user_id, "pro", None)
        return max(slowest, time.monotonic() - began)


def read(app: Flask) -> float:
    """Look things up as pages do; return the seconds it took."""
    began = time.monotonic()
    with app.app_context():
        assert codes.document("icd-10-cm", "E11.9")
        assert search.search("sweet").total
        assert codes.catalogue_stamp()
    return time.monotonic() - began


def at_once(*works: Callable[[], None]) -> None:
    """Run all in threads; raise what any of them raised."""
    failures: list[Exception] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # raised again below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def counts(app: Flask) -> tuple[int, int]:
    with app.app_context():
        found = [db.session.scalar(db.select(db.func.count()).select_from(each)) for each in (User, EntitlementGrant)]
    return found[0], found[1]


@pytest.fixture
def filled(app, tmp_path):
    shelf.fill(app, tmp_path / "content")
    read(app)
    return app


@pytest.mark.slow
def test_eight_threads_write_while_four_read(filled):
    writes: list[float] = []
    reads: list[float] = []
    over = threading.Event()
    left = itertools.count()

    def write() -> None:
        writes.extend(register_and_grant(filled, f"alice{next(left)}") for _ in range(ROUNDS))
        if len(writes) == WRITERS * ROUNDS:
            over.set()

    def keep_reading() -> None:
        while not over.is_set():
            reads.append(read(filled))

    def stop_in_time() -> None:
        over.wait(30)
        over.set()

    at_once(*[write] * WRITERS, *[keep_reading] * READERS, stop_in_time)
    assert counts(filled) == (WRITERS * ROUNDS, WRITERS * ROUNDS)
    assert max(writes) < LONGEST_WRITE
    assert len(reads) > WRITERS
    assert statistics.median(reads) < USUAL_READ
    assert max(reads) < LONGEST_WRITE


def write_in_a_process(data: str, redis_url: str, number: int) -> float:
    """Two writers in a process of its own; return the slowest write in seconds."""
    app = applications.create_app(applications.settings(DATA=Path(data), REDIS_URL=redis_url))
    slowest: list[float] = []

    def write(thread: int) -> None:
        slowest.extend(register_and_grant(app, f"bob{number}-{thread}-{turn}") for turn in range(ROUNDS // 3))

    at_once(lambda: write(0), lambda: write(1))
    applications.close(app)
    return max(slowest)


@pytest.mark.slow
def test_so_do_processes(filled, tmp_path, redis_url):
    with forked().Pool(PROCESSES) as pool:
        running = pool.starmap_async(
            write_in_a_process, [(str(tmp_path), redis_url, number) for number in range(PROCESSES)]
        )
        reads = []
        while not running.ready():
            reads.append(read(filled))
            time.sleep(0.01)
        slowest = running.get()
    assert max(slowest) < LONGEST_WRITE
    assert statistics.median(reads) < USUAL_READ
    assert max(reads) < LONGEST_WRITE
    assert counts(filled)[0] == PROCESSES * 2 * (ROUNDS // 3)


def test_a_read_goes_on_while_a_write_is_open_and_sees_nothing_of_it(filled, tmp_path):
    reader = people.client_for(filled, people.add_reader(filled, "charlie@example.org", "pro"))
    before = counts(filled)
    with sqlite3.connect(tmp_path / "codeshelf.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM entitlement_grant")
        began = time.monotonic()
        assert counts(filled) == before
        assert reader.get("/codes/icd-10-cm/E11.9").status_code == 200
        assert reader.get("/account").status_code == 200
        assert time.monotonic() - began < BUSY_WAIT
        other.execute("ROLLBACK")
    other.close()


@pytest.mark.slow
def test_a_write_that_waits_too_long_is_a_503(filled, tmp_path):
    client = filled.test_client()
    form = client.get("/reset").text
    token = form.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    other = sqlite3.connect(tmp_path / "codeshelf.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    response = client.post("/reset", data={"email": "alice@example.org", "csrf_token": token})
    assert 4.5 < time.monotonic() - began < LONGEST_WRITE + 1
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    other.execute("ROLLBACK")
    other.close()
    assert client.post("/reset", data={"email": "alice@example.org", "csrf_token": token}).status_code == 303
