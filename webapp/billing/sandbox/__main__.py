"""python -m webapp.billing.sandbox: the sandbox as a process of its own, until INT or TERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

import config
from webapp.billing.sandbox.server import Sandbox
from webapp.core import clock


def main() -> int:
    """Serve. Return 2 if the settings are bad or say production, or if the port cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m webapp.billing.sandbox", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder for its file; the clock's offset lies there")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: any free one)")
    parser.add_argument("--webhook-url", help="where every event is sent")
    given = parser.parse_args()
    try:
        if config.load().production:
            return _refuse("The payment sandbox does not run in production: set STRIPE_SECRET_KEY there.")
    except config.SettingsError as error:
        return _refuse(str(error))
    given.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    clock.use_offset_file(given.data / "clock_offset")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        sandbox = Sandbox(given.data, port=given.port, webhook_url=given.webhook_url)
    except OSError as error:
        return _refuse(f"The payment sandbox cannot listen on 127.0.0.1:{given.port}: {error.strerror or error}.")
    with sandbox:
        print(f"The payment sandbox listens on {sandbox.url} (no money moves).", flush=True)
        stop.wait()
    return 0


def _refuse(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
