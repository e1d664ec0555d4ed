"""Faults on request: what the network, Stripe and strangers do on a bad day."""

from __future__ import annotations

import http.client
import random
from typing import Any, Literal

from webapp.billing.sandbox import webhooks
from webapp.billing.sandbox.state import Document, State, Store
from webapp.billing.sandbox.wanted import Wanted

Order = Literal["as sent", "reversed", "shuffled"]
OVERLAP_SECONDS = 24 * 3600


def default_endpoint(state: State) -> Document | None:
    """Return the endpoint that the sandbox was started with, else the oldest enabled one, or None."""
    found = state.find("webhook_endpoint", _default=True) or state.find("webhook_endpoint", status="enabled")[::-1]
    return found[0] if found else None


class Faults(Wanted):
    """All faults, for tests and for the control page."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self.deliverer = webhooks.Deliverer(store, self)

    def release(self, order: Order = "as sent", seed: int = 0) -> None:
        """Send all that was held back, in this order, before returning; then deliver again as usual."""
        ids = [delivery["id"] for delivery in self.deliverer.due()]
        if order == "reversed":
            ids.reverse()
        elif order == "shuffled":
            random.Random(seed).shuffle(ids)  # noqa: S311 - an order that can be repeated, no secret
        self.deliverer.deliver(ids)
        self.hold(False)

    def replay(self, event_id: str) -> int | str:
        """Send an event once more, signed anew. Return the status, or why there is none. Errors: ApiError."""
        with self._store.session() as state:
            event, endpoint = state.require("event", event_id), self._endpoint(state)
        return webhooks.send(endpoint, event)

    def roll_secret(self, overlap: bool = True) -> str:
        """Give the default endpoint a new secret and return it; with `overlap` the old one signs too for a day."""
        with self._store.session() as state:
            return webhooks.roll(state, self._endpoint(state), overlap_seconds=OVERLAP_SECONDS if overlap else 0)

    def send(
        self,
        event: dict[str, Any],
        *,
        timestamp: int | None = None,
        secret: str | None = None,
        livemode: bool | None = None,
        signature: str | None = None,
    ) -> int | str:
        """Send any payload to the default endpoint and return the status, or why there is none.

        By default it is signed as the sandbox signs, now; `timestamp`, `secret` or the whole header may be others.
        """
        with self._store.session() as state:
            endpoint = self._endpoint(state)
        body = webhooks.payload_of(event if livemode is None else event | {"livemode": livemode})
        secrets = [secret] if secret else webhooks.active_secrets(endpoint)
        moment = int(webhooks.real_seconds()) if timestamp is None else timestamp
        try:
            return webhooks.post(endpoint["url"], body, signature or webhooks.signature(body, secrets, moment))
        except (OSError, http.client.HTTPException) as error:
            return str(error)

    def _endpoint(self, state: State) -> Document:
        found = default_endpoint(state)
        if found is None:
            raise LookupError("the sandbox has no webhook endpoint")
        return found
