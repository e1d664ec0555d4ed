import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_library
from flask import Flask

from tests.support.processes import end_with_parent, wait_until
from tests.support.redis_server import RedisServer
from webapp.extensions import redis
from webapp.jobs import queue

ROOT = Path(__file__).resolve().parents[2]


def note(word: str) -> None:
    """A job."""
    redis.client.rpush("noted", word)


@pytest.fixture
def worker(app: Flask, redis_server: RedisServer, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`flask jobs work` as a process of its own, on the data of `app`."""
    environ = {"DATA": str(tmp_path), "REDIS_URL": redis_server.url, "ENVIRONMENT": "test", "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work"],
        cwd=ROOT,
        env=environ,
        preexec_fn=end_with_parent,
    )
    yield process
    process.kill()
    process.wait()


def _does(url: str, word: str) -> bool:
    """Queue a job and wait until the worker has done it; patiently, the machine may be busy."""
    with redis_library.Redis.from_url(url) as client:
        queue.queue_on(client).enqueue_call(note, args=(word,))
        wait_until(lambda: word.encode() in client.lrange("noted", 0, -1), 30, f"the job {word!r}")
    return True


@pytest.mark.slow
def test_it_ends_cleanly_when_told(worker: subprocess.Popen[bytes], redis_server: RedisServer) -> None:
    assert _does(redis_server.url, "first")

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(30) == 0
    with redis_library.Redis.from_url(redis_server.url) as client:
        assert not client.smembers("rq:workers")


@pytest.mark.slow
def test_it_goes_on_after_redis_was_away(worker: subprocess.Popen[bytes], redis_server: RedisServer) -> None:
    assert _does(redis_server.url, "before")
    redis_server.kill()
    redis_server.start()

    assert _does(redis_server.url, "after")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0


@pytest.mark.slow
def test_it_ends_when_told_while_redis_is_away(worker: subprocess.Popen[bytes], redis_server: RedisServer) -> None:
    assert _does(redis_server.url, "before")
    redis_server.kill()

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(30) == 0
