"""The account itself: its events, webhook endpoints and who it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from stripe.params import (
    AccountRetrieveParams,
    EventListParams,
    EventRetrieveParams,
    WebhookEndpointCreateParams,
    WebhookEndpointDeleteParams,
    WebhookEndpointListParams,
    WebhookEndpointRetrieveParams,
    WebhookEndpointUpdateParams,
)

from webapp.billing.sandbox import webhooks
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.routing import in_range, listing, route
from webapp.billing.sandbox.state import Document, State

ACCOUNT_ID = "acct_sandbox"
EVENTS_KEPT_SECONDS = 30 * 24 * 3600
"""https://docs.stripe.com/api/events: they can be read for 30 days."""


@route("GET", "/v1/account", AccountRetrieveParams)
def retrieve_account(state: State, params: dict[str, Any]) -> Document:
    return {
        "id": ACCOUNT_ID,
        "object": "account",
        "business_profile": {"name": "Sandbox: no money moves", "support_email": None, "url": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active", "us_bank_account_ach_payments": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "Sandbox", "timezone": "Etc/UTC"}},
        "type": "standard",
    }


@route("GET", "/v1/events/{id}", EventRetrieveParams)
def retrieve_event(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("event", id)


@route("GET", "/v1/events", EventListParams)
def list_events(state: State, params: dict[str, Any]) -> Document:
    """Newest first. `delivery_success` false: those that an endpoint still waits for or will never get."""
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", "types")
    kinds = params.get("types") or ([params["type"]] if "type" in params else ["*"])
    rows = [
        event
        for event in state.find("event")
        if event["created"] > state.now - EVENTS_KEPT_SECONDS
        and in_range(event["created"], params.get("created"))
        and any(_fits(event["type"], kind) for kind in kinds)
    ]
    if "delivery_success" in params:
        open_ones = webhooks.undelivered(state)
        rows = [event for event in rows if (event["id"] not in open_ones) is params["delivery_success"]]
    return listing(rows, params, url="/v1/events")


def _fits(type: str, wanted: str) -> bool:
    """Whether a type is the wanted one, or in its group (`customer.*`)."""
    return type.startswith(wanted[:-1]) if wanted.endswith("*") else type == wanted


@route("POST", "/v1/webhook_endpoints", WebhookEndpointCreateParams)
def create_endpoint(state: State, params: dict[str, Any]) -> Document:
    """The answer alone shows the secret."""
    if params.pop("connect", False):
        raise invalid("The sandbox has no connected accounts.", "connect")
    _check_url(params["url"])
    endpoint = webhooks.new_endpoint(state, **_cleared(params))
    return endpoint | {"secret": endpoint["_secrets"][0]["secret"]}


@route("GET", "/v1/webhook_endpoints/{id}", WebhookEndpointRetrieveParams)
def retrieve_endpoint(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("webhook_endpoint", id)


@route("POST", "/v1/webhook_endpoints/{id}", WebhookEndpointUpdateParams)
def update_endpoint(state: State, params: dict[str, Any], *, id: str) -> Document:
    endpoint = state.require("webhook_endpoint", id)
    if "url" in params:
        _check_url(params["url"])
    if "disabled" in params:
        params["status"] = "disabled" if params.pop("disabled") else "enabled"
    if params.get("metadata"):
        merged = endpoint["metadata"] | params["metadata"]
        params["metadata"] = {name: value for name, value in merged.items() if value}
    return state.put(endpoint | _cleared(params))


@route("DELETE", "/v1/webhook_endpoints/{id}", WebhookEndpointDeleteParams)
def delete_endpoint(state: State, params: dict[str, Any], *, id: str) -> Document:
    state.require("webhook_endpoint", id)
    state.remove("webhook_endpoint", id)
    return {"id": id, "object": "webhook_endpoint", "deleted": True}


@route("GET", "/v1/webhook_endpoints", WebhookEndpointListParams)
def list_endpoints(state: State, params: dict[str, Any]) -> Document:
    return listing(state.find("webhook_endpoint"), params, url="/v1/webhook_endpoints")


def _cleared(params: dict[str, Any]) -> dict[str, Any]:
    """Return fields for a document: an empty string clears."""
    empty: dict[str, Any] = {"metadata": {}}
    return {name: empty.get(name) if value == "" else value for name, value in params.items()}


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid")
