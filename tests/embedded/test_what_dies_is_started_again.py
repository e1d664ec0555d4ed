"""A kill -9 of any process but the first: the site comes back by itself, whole."""

from __future__ import annotations

import os
import signal
import time

import pytest
import redis

from tests.support import sites
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow
SECONDS = 20.0


def kill(pid: int) -> None:
    assert pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not sites.lives(pid))


def replaced(site, word: str, old: int) -> bool:
    return site.child(word) not in {0, old}


def test_redis(running_site):
    with redis.Redis.from_url(f"unix://{running_site.data}/redis.sock") as client:
        client.set("kept", "yes")
        time.sleep(1.2)  # what Redis has appended is on disk within a second
        old = running_site.child("redis-server")
        kill(old)
        wait_until(lambda: replaced(running_site, "redis-server", old), SECONDS)
        wait_until(lambda: sites.lives(running_site.child("redis-server")) and answers(client), SECONDS)
        assert client.get("kept") == b"yes"
    assert running_site.answers()


def answers(client) -> bool:
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


def test_the_server_and_none_of_its_orphans_goes_on(running_site):
    old = running_site.child("granian")
    orphans = list(sites.children(old))
    assert orphans
    kill(old)
    wait_until(lambda: not any(map(sites.lives, orphans)), SECONDS)
    wait_until(lambda: replaced(running_site, "granian", old), SECONDS)
    wait_until(running_site.answers, SECONDS)


def test_a_server_process_twice_within_seconds(running_site):
    for _ in range(2):
        (process,) = sites.children(running_site.child("granian"))
        kill(process)
        wait_until(running_site.answers, SECONDS)


def test_the_worker(running_site):
    old = running_site.child("jobs work")
    kill(old)
    wait_until(lambda: replaced(running_site, "jobs work", old), SECONDS)
    assert running_site.answers()
