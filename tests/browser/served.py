"""A whole site as `make run` starts it, and commands beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import config
from tests.support import applications
from webapp.core import clock

START_SECONDS = 120


@dataclass(frozen=True)
class Site:
    """A running site."""

    url: str
    data: Path
    environ: dict[str, str]
    pid: int

    def flask(self, *arguments: str) -> str:
        """Run a command on the site's data folder as an operator does, but in this process: a start takes seconds."""
        app = applications.create_app(config.load(self.environ))
        try:
            done = app.test_cli_runner().invoke(args=arguments)
        finally:
            applications.close(app)
            clock.use_offset_file(None)
        assert done.exit_code == 0, done.output
        return done.output


def running(data: Path) -> Iterator[Site]:
    """`python -m webapp` with every default, on a free port and a data folder that may be empty."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environ = {**kept, "DATA": str(data), "PORT": str(port)}
    log = (data / "log.txt").open("w+")
    server = subprocess.Popen([sys.executable, "-m", "webapp"], cwd=config.ROOT, env=environ, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: _answers(f"{url}/health/ready"), server, data / "log.txt")
        yield Site(url, data, environ, server.pid)
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait(ready: Callable[[], bool], server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not ready():
        assert server.poll() is None, f"the site ended: {log.read_text()}"
        assert time.monotonic() < end, f"the site did not start: {log.read_text()}"
        time.sleep(0.2)
