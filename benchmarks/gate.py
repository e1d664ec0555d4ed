"""The gated, cached code page against Flask's hello and a plain Flask-Login + ORM + Jinja page.

    .venv/bin/python benchmarks/gate.py [--codes 1000] [--rounds 5]

All three run under the same Granian (one worker, the same threads) on a loaded data folder, in one run, in turns. Two
readers ask for the site's pages: a returning guest whose pages are all open, and a subscriber; each with a real
session or guest cookie and a real Redis. The figure that counts is worker CPU for each 200 answer, read from /proc: it
does not depend on how fast the load generator is. Printed: medians, and ratios to hello and to the plain page.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
CONNECTIONS = 4
LAPS = 8
"""How often a run asks for every path: CPU time is told in ticks of 10 ms, which must not matter."""
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(target: str, environ: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Serve a WSGI app with Granian; yield its port and its worker's pid."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "error", target]
    server = subprocess.Popen(command, cwd=ROOT, env=environ)
    try:
        wait_for(port)
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        yield port, next(int(pid) for pid in children if is_worker(int(pid)))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def is_worker(pid: int) -> bool:
    return b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()


def wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def ask(port: int, paths: list[str], headers: dict[str, str]) -> tuple[float, int]:
    """Ask for every path over a few connections; return (seconds, answers with status 200)."""
    answered = []

    def run(part: list[str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        good = 0
        for path in part:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            good += response.status == 200
        connection.close()
        answered.append(good)

    threads = [threading.Thread(target=run, args=[paths[i::CONNECTIONS]]) for i in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started, sum(answered)


def measure(server: tuple[int, int], paths: list[str], headers: dict[str, str]) -> tuple[float, float]:
    """Return (microseconds of worker CPU for each 200 answer, answers a second)."""
    port, pid = server
    before = cpu_seconds(pid)
    seconds, good = ask(port, paths, headers)
    if good != len(paths):
        raise SystemExit(f"{len(paths) - good} of {len(paths)} answers were not 200")
    return (cpu_seconds(pid) - before) / good * 1e6, good / seconds


def prepare(codes: int) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Load the catalogue and make two readers; return paths and the headers of the guest and the subscriber."""
    import config
    from webapp.app import create_app
    from webapp.auth import sessions
    from webapp.auth.models import User
    from webapp.billing import service as billing
    from webapp.codes import starter
    from webapp.codes.progress import silent
    from webapp.core import clock
    from webapp.embedded.prepare import migrate_locked
    from webapp.extensions import db, transaction

    app = create_app(config.load())
    with app.app_context():
        migrate_locked()
        starter.load(silent)
        query = (
            "SELECT c.key FROM code c JOIN code_version v ON v.code_id = c.id WHERE v.billable AND c.meter_id = c.id"
        )
        keys = [row[0] for row in db.session.execute(db.text(query)) if "." in row[0]]
        with transaction():
            reader = User(
                email="bob@example.org", email_normalized="bob@example.org", password_hash="-", created_at=clock.now()
            )
            db.session.add(reader)
            db.session.flush()
            token = sessions.start(reader, "127.0.0.1", "benchmark")
            billing.grant(reader.id, "pro", None)
            session_cookie = f"session={reader.id}.{token}"
        guest_cookie = f"guest={app.extensions['gate'].guests.cookie('benchmark-1')}"
    chosen = random.Random(7).sample(keys, codes)
    paths = [f"/codes/icd-10-cm/{key}" for key in chosen]
    return paths, {"Cookie": guest_cookie}, {"Cookie": session_cookie}


@contextlib.contextmanager
def data_folder() -> Iterator[dict[str, str]]:
    """A data folder with a Redis of its own and a guest who may open every page once."""
    from webapp.embedded.redis_server import binary

    with tempfile.TemporaryDirectory(prefix="shelf") as name:
        data = Path(name)
        plans = (
            (ROOT / "plans.toml")
            .read_text()
            .replace(
                'limit = 1, period = "month" }\n\n[plans.guest.tools]',
                'limit = 100000, period = "month" }\n\n[plans.guest.tools]',
            )
        )
        (data / "plans.toml").write_text(plans)
        server = subprocess.Popen(
            [binary(production=False), "--port", "0", "--unixsocket", str(data / "r.sock"), "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        os.environ.update(DATA=name, PLANS_FILE=str(data / "plans.toml"), REDIS_URL=f"unix://{data}/r.sock")
        os.environ.update(LOG_LEVEL="error", SECRET_KEY="K9v2-a-long-key-for-one-benchmark-run-x7Qz")
        try:
            time.sleep(0.3)
            yield dict(os.environ)
        finally:
            server.terminate()
            server.wait(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with data_folder() as environ:
        paths, guest, subscriber = prepare(options.codes)
        with (
            serving("benchmarks.hello_app:app", environ) as hello,
            serving("benchmarks.plain_app:app", environ) as plain,
            serving("wsgi:app", environ) as site,
        ):
            runs: dict[str, Callable[[], tuple[float, float]]] = {
                "hello": lambda: measure(hello, ["/"] * len(paths) * LAPS, {}),
                "plain page": lambda: measure(plain, paths, {}),
                "returning guest": lambda: measure(site, paths * LAPS, guest),
                "subscriber": lambda: measure(site, paths * LAPS, subscriber),
            }
            for run in runs.values():
                run()  # opens the guest's pages and fills the caches of every app
            rounds = [{name: run() for name, run in runs.items()} for _ in range(options.rounds)]
            report({name: [each[name] for each in rounds] for name in runs})
            print(f"memory of the site's worker: {resident_megabytes(site[1])} MB")


def report(results: dict[str, list[tuple[float, float]]]) -> None:
    medians = {
        name: tuple(statistics.median(column) for column in zip(*rows, strict=True)) for name, rows in results.items()
    }
    print(f"{'':18}{'CPU µs/answer':>14}{'answers/s':>12}{'hello ÷ it':>12}{'plain ÷ it':>12}")
    for name, (cpu, rate) in medians.items():
        to_hello, to_plain = medians["hello"][0] / cpu, medians["plain page"][0] / cpu
        print(f"{name:18}{cpu:14.0f}{rate:12.0f}{to_hello:12.2f}{to_plain:12.2f}")


if __name__ == "__main__":
    main()
