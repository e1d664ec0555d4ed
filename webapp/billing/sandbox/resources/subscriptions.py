"""/v1/subscriptions and /v1/subscription_items."""

from __future__ import annotations

from typing import Any

from stripe.params import (
    SubscriptionCancelParams,
    SubscriptionCreateParams,
    SubscriptionItemListParams,
    SubscriptionItemRetrieveParams,
    SubscriptionItemUpdateParams,
    SubscriptionListParams,
    SubscriptionPauseParams,
    SubscriptionResumeParams,
    SubscriptionRetrieveParams,
    SubscriptionUpdateParams,
)

from webapp.billing.sandbox.engine import cancellation, creation, pausing, subscriptions, updates
from webapp.billing.sandbox.errors import missing
from webapp.billing.sandbox.routing import in_range, listing, route
from webapp.billing.sandbox.state import Document, State

UPDATE_ITEM = ("metadata", "price", "quantity")


@route("POST", "/v1/subscriptions", SubscriptionCreateParams)
def create(state: State, params: dict[str, Any]) -> Document:
    return creation.create(state, params)


@route("GET", "/v1/subscriptions/{id}", SubscriptionRetrieveParams)
def retrieve(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("subscription", id)


@route("POST", "/v1/subscriptions/{id}", SubscriptionUpdateParams)
def update(state: State, params: dict[str, Any], *, id: str) -> Document:
    return updates.update(state, id, params)


@route("DELETE", "/v1/subscriptions/{id}", SubscriptionCancelParams)
def cancel(state: State, params: dict[str, Any], *, id: str) -> Document:
    return cancellation.cancel(state, id, params)


@route("POST", "/v1/subscriptions/{id}/pause", SubscriptionPauseParams)
def pause(state: State, params: dict[str, Any], *, id: str) -> Document:
    return pausing.pause_by_request(state, id, params)


@route("POST", "/v1/subscriptions/{id}/resume", SubscriptionResumeParams)
def resume(state: State, params: dict[str, Any], *, id: str) -> Document:
    return pausing.resume(state, id, params)


@route("GET", "/v1/subscriptions", SubscriptionListParams)
def list_all(state: State, params: dict[str, Any]) -> Document:
    """Newest first; without `status` those that are not canceled, as Stripe lists them."""
    same = {name: params[name] for name in ("customer", "collection_method") if name in params}
    rows = [row for row in state.find("subscription", **same) if _fits(row, params)]
    return listing(rows, params, url="/v1/subscriptions")


@route("GET", "/v1/subscription_items", SubscriptionItemListParams)
def list_items(state: State, params: dict[str, Any]) -> Document:
    subscription = state.require("subscription", params["subscription"], "subscription")
    return listing(subscriptions.items(subscription), params, url="/v1/subscription_items")


@route("GET", "/v1/subscription_items/{id}", SubscriptionItemRetrieveParams)
def retrieve_item(state: State, params: dict[str, Any], *, id: str) -> Document:
    return _item(state, id)


@route("POST", "/v1/subscription_items/{id}", SubscriptionItemUpdateParams)
def update_item(state: State, params: dict[str, Any], *, id: str) -> Document:
    item = _item(state, id)
    own = {name: params[name] for name in UPDATE_ITEM if name in params}
    common = {name: value for name, value in params.items() if name not in UPDATE_ITEM}
    updates.update(state, item["subscription"], {**common, "items": [{"id": id, **own}]})
    return _item(state, id)


def _item(state: State, id: str) -> Document:
    for subscription in state.find("subscription"):
        for item in subscriptions.items(subscription):
            if item["id"] == id:
                return item
    raise missing("subscription_item", id)


def _fits(row: Document, params: dict[str, Any]) -> bool:
    status = params.get("status")
    statuses = {"all": {row["status"]}, "ended": subscriptions.OVER}.get(status or "", {status})
    if row["status"] == "canceled" if status is None else row["status"] not in statuses:
        return False
    items = subscriptions.items(row)
    prices = {item["price"]["id"] for item in items}
    return (
        params.get("price", params.get("plan")) in {None, *prices}
        and in_range(row["created"], params.get("created"))
        and any(in_range(item["current_period_start"], params.get("current_period_start")) for item in items)
        and any(in_range(item["current_period_end"], params.get("current_period_end")) for item in items)
    )
