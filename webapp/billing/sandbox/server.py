"""The sandbox as a whole: its file, its threads, its address."""

from __future__ import annotations

import json
import logging
import os
import secrets
import string
import threading
import time
from pathlib import Path
from typing import Self

from webapp.billing.sandbox import account, webhooks
from webapp.billing.sandbox.api import Api
from webapp.billing.sandbox.app import create_app
from webapp.billing.sandbox.engine import clockwork, settings
from webapp.billing.sandbox.faults import Faults, default_endpoint
from webapp.billing.sandbox.http_server import HOST, Server
from webapp.billing.sandbox.state import API_VERSION, State, Store
from webapp.core import clock

log = logging.getLogger(__name__)

TICK_SECONDS = 0.2
POLL_SECONDS = 0.01
KEY_LETTERS = 40
RENEWING = ("active", "trialing", "past_due")


class Sandbox:
    """A server that speaks Stripe's API on loopback. Everything it knows is in `folder`/sandbox.db (mode 0600).

    `url` is its address once it is started, `key` the only API key that it accepts. Also a context manager.
    """

    def __init__(self, folder: Path, *, port: int = 0, webhook_url: str | None = None) -> None:
        """Open the file and take the port (0: any free one). Errors: OSError."""
        self.folder = folder
        self.store = Store(folder / "sandbox.db")
        with self.store.session() as state:
            self.key = _key(state)
        self.faults = Faults(self.store)
        self.api = Api(self.store, self.faults, self.key)
        self._http = _listen(self, port)
        self.url = f"http://{HOST}:{self._http.port}"
        with self.store.session() as state:
            settings.save(state, base_url=self.url)
        if webhook_url:
            self.set_webhook_url(webhook_url)
        self._stopping = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="sandbox-clock", daemon=True)

    def start(self) -> Self:
        """Serve, deliver and let time pass, in threads of its own."""
        self.faults.deliverer.start()
        self._ticker.start()
        self._http.start()
        self.write_credentials()
        return self

    def stop(self) -> None:
        """End every thread and close the file."""
        self._stopping.set()
        self.api.stopping.set()
        self._http.close()
        self._ticker.join()
        self.faults.deliverer.stop()
        self.store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def secrets(self) -> list[str]:
        """Return what signs the default endpoint's deliveries now, newest first."""
        with self.store.session() as state:
            endpoint = default_endpoint(state)
        return webhooks.active_secrets(endpoint) if endpoint else []

    def set_webhook_url(self, url: str) -> None:
        """Let the default endpoint get every event at `url`; it is made if there is none."""
        with self.store.session() as state:
            endpoint = default_endpoint(state)
            if endpoint is not None:
                state.put(endpoint | {"url": url, "status": "enabled"})
            else:
                webhooks.new_endpoint(state, url=url, enabled_events=["*"], api_version=API_VERSION, _default=True)

    def write_credentials(self) -> None:
        """Write `folder`/sandbox.json (mode 0600) for the process beside it: url, key, webhook_secrets, account."""
        path = self.folder / "sandbox.json"
        draft = self.folder / f".sandbox.json.{os.getpid()}"
        draft.touch(mode=0o600)
        content = {"url": self.url, "key": self.key, "webhook_secrets": self.secrets(), "account": account.ACCOUNT_ID}
        draft.write_text(json.dumps(content))
        draft.replace(path)

    def settle(self, seconds: float = 10) -> None:
        """Do what the clock says is due, then wait until every due delivery has been tried.

        One that waits for a later try counts as tried, and so does what is held back. Errors: TimeoutError.
        """
        self.catch_up()
        until = time.monotonic() + seconds
        while not self.faults.deliverer.settled():
            if time.monotonic() > until:
                raise TimeoutError(f"deliveries were still due after {seconds} s")
            time.sleep(POLL_SECONDS)

    def catch_up(self) -> None:
        """Do what the clock says is due."""
        with self.store.session() as state:
            clockwork.catch_up(state, to=state.now)

    def move_clock(self, seconds: int) -> None:
        """Move the clock of the site and of the sandbox, which is one file, and do what is due then."""
        path = self.folder / "clock_offset"
        offset = int(clock.offset().total_seconds()) + seconds
        draft = self.folder / ".clock_offset"
        draft.write_text(str(offset))
        draft.replace(path)
        time.sleep(2 * clock.LOOK_SECONDS)  # until it is looked at again
        self.catch_up()

    def move_to_renewal(self) -> None:
        """Move the clock to the next end of a paid period or trial, and a minute on. Errors: LookupError."""
        with self.store.session() as state:
            now = state.now
            ends = [
                item["current_period_end"]
                for subscription in state.find("subscription")
                if subscription["status"] in RENEWING
                for item in subscription["items"]["data"]
                if item["current_period_end"] > now
            ]
        if not ends:
            raise LookupError("No subscription renews.")
        self.move_clock(min(ends) - now + 60)

    def _tick(self) -> None:
        """Let time pass also without requests: each second, and at once when the clock was moved or a row written."""
        seen: tuple[int, int] | None = None
        while not self._stopping.wait(TICK_SECONDS):
            moment = (int(clock.now().timestamp()), self.store.changes)
            if moment == seen:
                continue
            try:
                self.catch_up()
            except Exception:  # the next second may go better, and requests say what is wrong
                log.exception("the clock could not catch up")
            seen = moment


def _listen(sandbox: Sandbox, port: int) -> Server:
    try:
        return Server(create_app(sandbox), port)
    except BaseException:
        sandbox.store.close()
        raise


def _key(state: State) -> str:
    """Return the account's secret key, made at the first start."""
    kept = state.get("_account", account.ACCOUNT_ID)
    if kept is None:
        letters = string.ascii_letters + string.digits
        key = f"sk_test_{''.join(secrets.choice(letters) for _ in range(KEY_LETTERS))}"
        kept = state.put({"object": "_account", "id": account.ACCOUNT_ID, "key": key})
    return str(kept["key"])
