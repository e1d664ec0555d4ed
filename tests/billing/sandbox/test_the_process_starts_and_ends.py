"""python -m webapp.billing.sandbox: starts fast, tells its key to its owner alone, ends at TERM, not in production."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stripe

from webapp.billing.sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def process(folder: Path, *arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "webapp.billing.sandbox", "--data", str(folder), *arguments]
    settings = {"DATA": str(folder), **environ}
    started = subprocess.Popen(
        command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with started:
        yield started
        started.kill()


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with process(tmp_path) as sandbox:
        assert sandbox.stdout is not None
        assert "listens on http://127.0.0.1:" in sandbox.stdout.readline()
        told = json.loads((tmp_path / "sandbox.json").read_text())
        http = stripe.RequestsClient(timeout=5)
        client = stripe.StripeClient(told["key"], base_addresses={"api": told["url"]}, http_client=http)
        assert client.v1.accounts.retrieve_current().id == told["account"]
        (tmp_path / "clock_offset").write_text("864000")
        time.sleep(0.3)
        made = client.v1.customers.create({})
        assert made.created > time.time() + 800_000
        http.close()  # type: ignore[no-untyped-call]  # the library's
        sandbox.send_signal(signal.SIGTERM)
        assert sandbox.wait(5) == 0
        assert sandbox.stderr is not None
        assert sandbox.stderr.read() == ""
    for name in ("sandbox.db", "sandbox.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_it_refuses_production(tmp_path: Path) -> None:
    environ = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "kIq7-tests-2Vw9uXc4Zr8Ty1Lp6Mn3Bd5Fg0",
        "SITE_URL": "https://codes.example.org",
        "CONTACT_EMAIL": "alice@example.org",
    }
    with process(tmp_path, **environ) as sandbox:
        _, said = sandbox.communicate(timeout=10)
    assert sandbox.returncode == 2
    assert said == "The payment sandbox does not run in production: set STRIPE_SECRET_KEY there.\n"


@pytest.mark.parametrize("environment", ["nowhere", ""])
def test_it_says_what_is_in_its_way(tmp_path: Path, environment: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with process(tmp_path, "--port", str(port), ENVIRONMENT=environment) as sandbox:
            _, said = sandbox.communicate(timeout=10)
    assert sandbox.returncode == 2
    assert said.startswith("ENVIRONMENT: " if environment else f"The payment sandbox cannot listen on 127.0.0.1:{port}")


def test_stopping_ends_every_thread_also_those_that_hang(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    sandbox = Sandbox(tmp_path).start()
    port = int(sandbox.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)) as asking:
        sandbox.faults.api("hang", seconds=60)
        asking.sendall(b"GET /v1/account HTTP/1.0\r\n\r\n")
        time.sleep(0.2)
        began = time.monotonic()
        sandbox.stop()
    assert time.monotonic() - began < 2
    assert set(threading.enumerate()) == before
