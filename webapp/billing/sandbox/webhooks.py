"""Delivers events: signed in real time, in the order of their making, with retries (https://docs.stripe.com/webhooks)."""

from __future__ import annotations

import http.client
import json
import logging
import threading
from typing import Any
from urllib.parse import urlsplit

import stripe

from webapp.billing.sandbox.state import Document, State, Store, public
from webapp.billing.sandbox.wanted import Wanted
from webapp.core import clock

log = logging.getLogger(__name__)

ANSWER_SECONDS = 10.0
RETRY_SECONDS = (1.0, 5.0, 30.0, 120.0)
"""Real time between tries; the last one repeats."""
GIVE_UP_SECONDS = 3 * 24 * 3600
"""By the sandbox's clock, since the event was made."""
POLL_SECONDS = 0.2


def real_seconds() -> float:
    """The machine's time, as Unix seconds."""
    return clock.real_now().timestamp()


def payload_of(event: Document) -> bytes:
    """Return the exact bytes that are signed and sent."""
    return json.dumps(public(event), indent=2, ensure_ascii=False).encode()


def signature(payload: bytes, secrets: list[str], timestamp: int) -> str:
    """Return the Stripe-Signature header with one v1 for each secret."""
    parts = [
        stripe.WebhookSignature.generate_signature_header(payload.decode(), secret, timestamp).split(",")[1]
        for secret in secrets
    ]
    return ",".join([f"t={timestamp}", *parts])


def post(url: str, payload: bytes, header: str) -> int:
    """Send one delivery and return the status. Errors: OSError, http.client.HTTPException."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": header,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Connection": "close",
    }
    try:
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), payload, headers)
        with connection.getresponse() as response:
            response.read()
            return response.status
    finally:
        connection.close()


class Deliverer:
    """One thread that sends what is due. It never holds the store while it waits for an answer."""

    def __init__(self, store: Store, wanted: Wanted) -> None:
        self._store = store
        self._wanted = wanted
        self._sending = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-deliveries", daemon=True)
        store.on_emitted = self._wake.set

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the delivery that is on its way."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self._wanted.held and self.deliver_next():
                    continue
            except Exception:  # a fault of ours in one delivery must not end all others
                log.exception("a delivery failed")
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()

    def due(self) -> list[Document]:
        """Return the deliveries whose time has come, oldest first."""
        with self._store.session() as state:
            return [row for row in reversed(state.find("_delivery", state="due")) if row["next_at"] <= real_seconds()]

    def settled(self) -> bool:
        """Whether all that is due has been tried, or is held back."""
        with self._sending:
            return self._wanted.held or not self.due()

    def deliver_next(self) -> bool:
        """Try the oldest delivery that is due; return whether there was one."""
        with self._sending:
            if self._wanted.held:
                return False
            waiting = self.due()
            if waiting:
                self._try(waiting[0]["id"])
            return bool(waiting)

    def deliver(self, ids: list[str]) -> None:
        """Try these now, in this order."""
        with self._sending:
            for each in ids:
                self._try(each)

    def _try(self, id: str) -> None:
        with self._store.session() as state:
            delivery = state.require("_delivery", id)
            event = state.require("event", delivery["event"])
            endpoint = state.get("webhook_endpoint", delivery["endpoint"])
            if endpoint is None or endpoint["status"] != "enabled":
                state.put(delivery | {"state": "dropped", "result": "the endpoint is disabled or deleted"})
                return
        fault = self._wanted.take_delivery(event["type"])
        self._stopping.wait(self._wanted.delay_seconds)
        if fault == "drop":
            outcome: int | str = "dropped on request"
        else:
            outcome = send(endpoint, event)
        if fault == "duplicate":
            outcome = send(endpoint, event)
        with self._store.session() as state:
            _record(state, id, outcome, lost=fault == "drop")


def send(endpoint: Document, event: Document) -> int | str:
    """Sign and send; return the status, or what went wrong in words."""
    payload = payload_of(event)
    header = signature(payload, active_secrets(endpoint), int(real_seconds()))
    try:
        return post(endpoint["url"], payload, header)
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__


def active_secrets(endpoint: Document) -> list[str]:
    """Return the secrets that sign now, newest first."""
    return [kept["secret"] for kept in endpoint["_secrets"] if (kept["until"] or real_seconds() + 1) > real_seconds()]


def _record(state: State, id: str, outcome: int | str, *, lost: bool) -> None:
    """Write down how a try ended, and when the next one is."""
    delivery = state.require("_delivery", id)
    event = state.require("event", delivery["event"])
    delivery["attempts"] += 1
    delivery["result"] = outcome
    if isinstance(outcome, int) and 200 <= outcome < 300:
        if delivery["state"] != "delivered":
            state.put(event | {"pending_webhooks": max(event["pending_webhooks"] - 1, 0)})
        delivery["state"] = "delivered"
    elif lost or state.now - event["created"] > GIVE_UP_SECONDS:
        delivery["state"] = "dropped" if lost else "failed"
    else:
        pause = RETRY_SECONDS[min(delivery["attempts"], len(RETRY_SECONDS)) - 1]
        delivery["next_at"] = real_seconds() + pause
    state.put(delivery)


def undelivered(state: State) -> set[str]:
    """Return the events that an endpoint still waits for or will never get."""
    return {row["event"] for outcome in ("due", "failed", "dropped") for row in state.find("_delivery", state=outcome)}


def new_endpoint(state: State, **given: Any) -> Document:
    """Write an endpoint. `given` are its Stripe fields; it signs with a new secret."""
    secret = state.new_id("whsec")
    fields: Document = {
        "id": state.new_id("we"),
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": state.now,
        "description": None,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "_secrets": [{"secret": secret, "until": None}],
    }
    return state.put(fields | given)


def roll(state: State, endpoint: Document, *, overlap_seconds: int) -> str:
    """Give the endpoint a new secret and return it; the earlier ones go on signing for so long, in real time."""
    until = real_seconds() + overlap_seconds
    earlier = [kept | {"until": min(kept["until"] or until, until)} for kept in endpoint["_secrets"] if overlap_seconds]
    secret = state.new_id("whsec")
    state.put(endpoint | {"_secrets": [{"secret": secret, "until": None}, *earlier]})
    return secret
