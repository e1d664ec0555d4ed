"""Does the time of an answer tell whether an address has an account?

Sends log-ins that fail, registrations and reset requests for known and unknown addresses in turn, in one process
without a network, and prints the median times and their ratio (wanted: 0.9 to 1.1).

    .venv/bin/python -m benchmarks.login_timing [ROUNDS]
"""

from __future__ import annotations

import itertools
import re
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import flask_migrate
from flask import Flask
from flask.testing import FlaskClient

import config
from tests.support.redis_server import RedisServer
from webapp.app import create_app

ROUNDS = 60
NETWORKS = itertools.count()
PASSWORD, WRONG = "quiet lantern 81", "tango-lima-42-kilo"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    server = RedisServer()
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            app = _site(Path(folder), server.url)
            for path in ("/login", "/register", "/reset"):
                _report(path, *_measure(app, path, rounds))
    finally:
        server.close()


def _site(data: Path, redis_url: str) -> Flask:
    """A migrated site on SQLite."""
    app = create_app(config.load({"DATA": str(data), "REDIS_URL": redis_url, "ENVIRONMENT": "test"}))
    with app.app_context():
        flask_migrate.upgrade()
    return app


def _measure(app: Flask, path: str, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each answer for known and for unknown addresses, taken in turn."""
    known, unknown = [], []
    for number in range(rounds):
        reader = f"reader{number}@{path[1:]}.example"
        _post(app.test_client(), "/register", reader, PASSWORD)
        pair = [(known, reader), (unknown, f"nobody{number}@{path[1:]}.example")]
        for times, email in pair if number % 2 else reversed(pair):
            times.append(_post(app.test_client(), path, email, WRONG))
    return known, unknown


def _post(client: FlaskClient, path: str, email: str, password: str) -> float:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get(path).text)
    assert found
    begun = perf_counter()
    response = client.post(
        path,
        data={"csrf_token": found[1], "email": email, "password": password},
        environ_base={"REMOTE_ADDR": f"10.0.{next(NETWORKS) % 250}.1"},  # or the throttles would answer
    )
    seconds = perf_counter() - begun
    assert response.status_code in {303, 422}, response.status
    return seconds


def _report(path: str, known: list[float], unknown: list[float]) -> None:
    first, second = statistics.median(known), statistics.median(unknown)
    print(f"{path:10} known {first * 1000:6.1f} ms   unknown {second * 1000:6.1f} ms   ratio {first / second:.2f}")


if __name__ == "__main__":
    main()
