"""A whole site as `make run` starts it, and a real browser in front of it."""

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

import pytest
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser."""
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Site:
    """A running site."""

    url: str
    data: Path
    environ: dict[str, str]
    pid: int

    def flask(self, *arguments: str) -> str:
        """Run a command on the site's data folder, as an operator does."""
        command = [str(Path(sys.executable).parent / "flask"), "--app", "wsgi", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for all tests that leave its clock alone."""
    yield from running(tmp_path_factory.mktemp("site"))


def running(data: Path) -> Iterator[Site]:
    """`python -m webapp` with every default, on a free port and an empty data folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environ = {**kept, "DATA": str(data), "PORT": str(port)}
    log = (data / "log.txt").open("w+")
    server = subprocess.Popen([sys.executable, "-m", "webapp"], cwd=ROOT, env=environ, stdout=log, stderr=log)
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


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether JavaScript runs: every flow works both ways."""
    return bool(request.param)


class Complaints(list[str]):
    """What the browser's console complained of. The answer codes that a test expects are no complaint."""

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "the server responded with a status of 4" not in text:
            self.append(text)


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Fails the test if the console complained."""
    heard = Complaints()
    yield heard
    assert heard == []


@pytest.fixture
def open_page(browser: Browser, site: Site, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Opens a fresh browser profile; keyword arguments as of `Browser.new_context`."""
    contexts = []

    def make(**options: object) -> Page:
        context = browser.new_context(base_url=site.url, **{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        return page

    yield make
    for context in contexts:
        context.close()
