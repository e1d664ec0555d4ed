"""The webhook endpoint at Stripe: finding ours, saying what it lacks, making it right.

The API version of an endpoint is fixed when it is made, and its signing secret is told then and never again
(https://docs.stripe.com/api/webhook_endpoints).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from webapp.billing import inbox, payments
from webapp.extensions import settings

ALL_EVENTS = "*"
PAGE = 100


class NothingToMake(Exception):
    """There is an endpoint as it should be; the message names it."""


def address() -> str:
    """Where Stripe is to send its events."""
    return f"{settings().public_url}/webhooks/stripe"


def ours() -> list[dict[str, Any]]:
    """Return the endpoints at our address, the best first. Asks Stripe. Errors: those of `payments`."""
    gateway = payments.gateway()
    with gateway.errors():
        found = gateway.client.v1.webhook_endpoints.list({"limit": PAGE}).auto_paging_iter()
        there = [one.to_dict() for one in found]
    same = [one for one in there if one["url"].rstrip("/") == address()]
    return sorted(same, key=lambda one: (len(list(lacks(one))), -one["created"]))


def lacks(endpoint: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with an endpoint, the worst first."""
    if not has_version(endpoint):
        yield f"its API version is {endpoint['api_version'] or 'the default of the account'}, not {version()}"
    if endpoint["status"] != "enabled":
        yield "it is switched off"
    missing = [event for event in inbox.EVENTS if event not in endpoint["enabled_events"]]
    if missing and ALL_EVENTS not in endpoint["enabled_events"]:
        yield f"it does not send {', '.join(missing)}"


def has_version(endpoint: dict[str, Any]) -> bool:
    return bool(endpoint["api_version"] == version())


def version() -> str:
    from webapp.billing.gateway import API_VERSION  # it loads `stripe`

    return API_VERSION


def make() -> tuple[str, str | None]:
    """Make the endpoint, or mend one of the right version. Return (id, signing secret; None for a mended one).

    Errors: NothingToMake; those of `payments`.
    """
    api, gateway = payments.gateway().client.v1.webhook_endpoints, payments.gateway()
    there = [one for one in ours() if has_version(one)]
    if there and not list(lacks(there[0])):
        raise NothingToMake(f"The endpoint {there[0]['id']} at {address()} is as it should be.")
    events: Any = list(inbox.EVENTS)
    with gateway.errors():
        if there:
            return api.update(there[0]["id"], {"enabled_events": events, "disabled": False}).id, None
        pinned: Any = version()
        made = api.create({"url": address(), "enabled_events": events, "api_version": pinned})
    return made.id, made.secret
