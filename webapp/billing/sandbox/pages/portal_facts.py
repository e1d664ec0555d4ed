"""What the portal shows of a customer, and what its configuration lets them do."""

from __future__ import annotations

from typing import Any

from webapp.billing.sandbox.state import Document, State

OVER = {"canceled", "incomplete_expired"}


def features(state: State, session: Document) -> Document:
    """Return what the session's configuration allows."""
    found: Document = state.require("billing_portal.configuration", session["configuration"])["features"]
    return found


def at_end(features: Document) -> bool:
    """Whether cancelling waits for the end of the period."""
    return bool(features["subscription_cancel"]["mode"] != "immediately")


def subscriptions(state: State, customer: Document) -> list[dict[str, Any]]:
    """Return the subscriptions, each with the name of its product."""
    rows = state.find("subscription", customer=customer["id"])
    return [{**row, "name": _product_name(state, row["items"]["data"][0]["price"])} for row in rows]


def _product_name(state: State, price: Document) -> str:
    return str(state.require("product", price["product"])["name"])


def choices(state: State, session: Document, subscription: Document) -> list[dict[str, Any]]:
    """Return the prices that the configuration offers, dearest last, the current one marked."""
    offered = features(state, session)["subscription_update"]["products"] or []
    current = {item["price"]["id"] for item in subscription["items"]["data"]}
    prices = [state.require("price", key) for product in offered for key in product["prices"]]
    rows = [{**price, "name": _product_name(state, price), "current": price["id"] in current} for price in prices]
    return sorted(rows, key=lambda row: row["unit_amount"] or 0)


def default_method(state: State, customer: Document) -> Document | None:
    """Return what renewals are charged to, or None."""
    own = (customer["invoice_settings"] or {})["default_payment_method"]
    of_subscriptions = [row["default_payment_method"] for row in subscriptions(state, customer)]
    for key in (own, *of_subscriptions):
        if key and (found := state.get("payment_method", key)):
            return found
    return None
