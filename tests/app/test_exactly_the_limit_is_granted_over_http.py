"""A running site under parallel requests from processes: exactly the limit, through reloads and without Redis."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import time
import urllib.request
from collections import Counter
from multiprocessing.synchronize import Barrier, Event

import pytest

import config
from tests.support import applications, shelf
from tests.support.processes import forked, wait_until
from tests.support.sites import RunningSite

pytestmark = pytest.mark.slow
LIMIT, PROCESSES, REQUESTS = 5, 8, 200
PREVIEW = -200
CODES = [f"E11.{number:03}" for number in range(REQUESTS)]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36"


@pytest.fixture(scope="module")
def site(tmp_path_factory, _migrated_sqlite):
    data = tmp_path_factory.mktemp("race")
    shutil.copy(_migrated_sqlite, data / "codeshelf.db")
    app = applications.create_app(applications.settings(DATA=data))
    shelf.fill(app, data / "content", CODES)
    applications.close(app)
    plans = data / "plans.toml"
    limit = "views = { limit = 1,"
    shipped = (config.ROOT / "plans.toml").read_text()
    assert limit in shipped
    plans.write_text(shipped.replace(limit, f"views = {{ limit = {LIMIT},"))
    with RunningSite(data, PLANS_FILE=plans, WORKERS=2) as running:
        yield running


def new_guest(site) -> str:
    """Return the Cookie header of a new guest."""
    request = urllib.request.Request(f"{site.url}/", headers={"User-Agent": BROWSER})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Set-Cookie"].partition(";")[0]


Asked = tuple[str, str]
"""A guest's cookie and a code."""


over: Event | None = None
"""In a process that asks: set once what happens meanwhile has happened."""


def ask(port: int, asked: list[Asked], pause: float = 0.0) -> list[int]:
    """Open pages one after the other, each over a connection of its own; return the status of each.

    Then open pages that nothing counts until what happens meanwhile is over. They must be there.
    """
    found = []
    for cookie, code in asked:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", f"/codes/icd-10-cm/{code}", headers={"Cookie": cookie, "User-Agent": BROWSER})
        answer = connection.getresponse()
        # A preview without a meter is what a reader gets while Redis is slow to answer, as on a busy machine.
        found.append(PREVIEW if b"Free pages cannot be counted" in answer.read() else answer.status)
        connection.close()
        time.sleep(pause)
    while over is not None and not over.is_set():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=20) as answer:
            assert answer.status == 200
        time.sleep(pause)
    return found


def arrive(all_there: Barrier, happened: Event) -> None:
    """Wait for the other processes; a process that can call this has imported all it needs."""
    global over
    over = happened
    all_there.wait(60)


def race(site, asked: list[Asked], pause: float = 0.0, during=None) -> dict[str, Counter[int]]:
    """Ask from eight processes at once; return the statuses by guest. `during` runs while they ask."""
    parts = [asked[number::PROCESSES] for number in range(PROCESSES)]
    processes = forked()
    all_there = processes.Barrier(PROCESSES + 1)
    happened = processes.Event()
    with processes.Pool(PROCESSES, initializer=arrive, initargs=(all_there, happened)) as pool:
        running = pool.starmap_async(ask, [(site.port, part, pause) for part in parts])
        all_there.wait(60)
        if during:
            during()
        happened.set()
        found: dict[str, Counter[int]] = {}
        for part, statuses in zip(parts, running.get(180), strict=True):
            for (cookie, _), status in zip(part, statuses, strict=True):
                found.setdefault(cookie, Counter())[status] += 1
        return found


def many_guests(site, guests: int, codes: int) -> list[Asked]:
    """Each guest in turn asks for as many codes, so that views are granted from the first second to the last."""
    return [(cookie, code) for cookie in (new_guest(site) for _ in range(guests)) for code in CODES[:codes]]


def exact(statuses: Counter[int]) -> bool:
    """Whether exactly the limit was granted, and all else was a wall or, on a busy machine, a preview."""
    return statuses[200] == LIMIT and statuses.keys() <= {200, 402, PREVIEW}


def test_two_hundred_requests_from_eight_processes(site):
    cookie = new_guest(site)
    asked = [(cookie, code) for code in CODES]
    for _ in range(2):
        (statuses,) = race(site, asked).values()
        assert exact(statuses), statuses


def test_while_the_server_reloads(site):
    before = site.child("granian")

    def reload() -> None:
        time.sleep(1)
        os.kill(site.pid, signal.SIGHUP)
        wait_until(lambda: site.child("granian") not in {0, before}, 120, "the reload")

    granted = race(site, many_guests(site, 25, 40), pause=0.12, during=reload)
    assert all(map(exact, granted.values())), granted
    assert len(granted) == 25


def test_redis_killed_in_the_middle_gives_previews_and_no_error(site):
    old = site.child("redis-server")

    def kill() -> None:
        time.sleep(1)
        os.kill(old, signal.SIGSTOP)  # silent first: after a kill alone Redis is back within moments
        time.sleep(0.5)
        os.kill(old, signal.SIGKILL)

    granted = race(site, many_guests(site, 15, 40), pause=0.1, during=kill)
    assert {status for statuses in granted.values() for status in statuses} == {200, 402, PREVIEW}
    wait_until(lambda: site.child("redis-server") not in {0, old}, 20)
    cookie = new_guest(site)
    asked = [(cookie, code) for code in CODES]
    wait_until(lambda: Counter(ask(site.port, asked)) == {200: LIMIT, 402: REQUESTS - LIMIT}, 30)
