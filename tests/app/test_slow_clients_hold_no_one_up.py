"""150 connections that send one byte a second: everyone else is served as ever."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import time

import pytest

from tests.support import applications, shelf
from tests.support.sites import RunningSite

DRIPPING = 150
SECONDS = 3
QUICKLY = 1.0
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
BEGINNINGS = (
    b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: ",
    b"POST /login HTTP/1.1\r\nHost: a\r\n" + FORM + b"Content-Length: 1000\r\n\r\n",
    b"POST /webhooks/stripe HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n",
    b"POST /register HTTP/1.1\r\nHost: a\r\n" + FORM + b"Transfer-Encoding: chunked\r\n\r\n",
)


@pytest.fixture
def site(tmp_path, _migrated_sqlite):
    shutil.copy(_migrated_sqlite, tmp_path / "codeshelf.db")
    app = applications.create_app(applications.settings(DATA=tmp_path))
    shelf.fill(app, tmp_path / "content")
    applications.close(app)
    with RunningSite(tmp_path, THREADS=4) as running:
        yield running


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, float]:
    began = time.monotonic()
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, path, body, headers)
        return connection.getresponse().status, time.monotonic() - began


@pytest.mark.slow
def test_others_are_served_meanwhile(site):
    with contextlib.ExitStack() as stack:
        drips = []
        for number in range(DRIPPING):
            drip = stack.enter_context(socket.create_connection(("127.0.0.1", site.port), timeout=5))
            drip.sendall(BEGINNINGS[number % len(BEGINNINGS)])
            drips.append(drip)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for drip in drips:
                with contextlib.suppress(OSError):  # refused already
                    drip.sendall(b"a")
            for method, path, body, expected in (
                ("GET", "/", None, 200),
                ("GET", "/codes/icd-10-cm/E11", None, 200),
                ("POST", "/login", b"email=alice", 400),
                ("GET", "/health/live", None, 200),
            ):
                status, seconds = ask(site.port, method, path, body)
                assert (status, seconds < QUICKLY) == (expected, True), (method, path, status, seconds)
            time.sleep(0.5)
