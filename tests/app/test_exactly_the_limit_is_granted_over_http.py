"""A running site under parallel requests from processes: exactly the limit, through reloads and without Redis."""

from __future__ import annotations

import http.client
import multiprocessing
import os
import shutil
import signal
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

import config
from tests.support import applications, shelf
from tests.support.processes import wait_until
from tests.support.sites import RunningSite

pytestmark = pytest.mark.slow
LIMIT, PROCESSES, REQUESTS = 5, 8, 200
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


def ask(port: int, cookie: str, codes: list[str], pause: float) -> list[int]:
    """Open pages one after the other, each over a connection of its own; return the status of each."""
    found = []
    for code in codes:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", f"/codes/icd-10-cm/{code}", headers={"Cookie": cookie, "User-Agent": BROWSER})
        found.append(connection.getresponse().status)
        connection.close()
        time.sleep(pause)
    return found


def race(site, cookie: str, pause: float = 0.0, during=None) -> Counter[int]:
    parts = [(site.port, cookie, CODES[number::PROCESSES], pause) for number in range(PROCESSES)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        running = pool.starmap_async(ask, parts)
        if during:
            during()
        return Counter(status for statuses in running.get(120) for status in statuses)


def test_two_hundred_requests_from_eight_processes(site):
    cookie = new_guest(site)
    assert race(site, cookie) == {200: LIMIT, 402: REQUESTS - LIMIT}
    assert race(site, cookie) == {200: LIMIT, 402: REQUESTS - LIMIT}


def test_while_the_server_reloads(site):
    before = set(Path(f"/proc/{site.child('granian')}/task/{site.child('granian')}/children").read_text().split())
    cookie = new_guest(site)
    granted = race(site, cookie, pause=0.2, during=lambda: os.kill(site.pid, signal.SIGHUP))
    assert granted == {200: LIMIT, 402: REQUESTS - LIMIT}
    server = site.child("granian")
    wait_until(lambda: not before & set(Path(f"/proc/{server}/task/{server}/children").read_text().split()), 40)


def test_redis_killed_in_the_middle_gives_previews_and_no_error(site):
    cookie = new_guest(site)
    old = site.child("redis-server")
    answers = race(site, cookie, pause=0.1, during=lambda: (time.sleep(1.5), os.kill(old, signal.SIGKILL)))
    assert set(answers) <= {200, 402}
    wait_until(lambda: site.child("redis-server") not in {0, old}, 20)
    wait_until(lambda: Counter(ask(site.port, cookie, CODES, 0)) == {200: LIMIT, 402: REQUESTS - LIMIT}, 20)
