"""Features that products grant (https://docs.stripe.com/billing/entitlements)."""

from __future__ import annotations

import hashlib
from typing import Any

from webapp.billing.sandbox.engine import subscriptions
from webapp.billing.sandbox.engine.documents import assign, metadata_after
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State

GRANTING = frozenset({"trialing", "active", "past_due"})


def create_feature(state: State, params: dict[str, Any]) -> Document:
    """Write a feature. Errors: ApiError for a lookup key that is taken: it never changes and is never free again."""
    if state.find("entitlements.feature", lookup_key=params["lookup_key"]):
        raise invalid(f"A feature with the lookup_key {params['lookup_key']} already exists.", "lookup_key")
    return state.put(
        {
            "id": state.new_id("feat"),
            "object": "entitlements.feature",
            "active": True,
            "livemode": False,
            "lookup_key": params["lookup_key"],
            "metadata": metadata_after(None, params.get("metadata")),
            "name": params["name"],
        }
    )


def update_feature(state: State, id: str, params: dict[str, Any]) -> Document:
    """Rename or archive a feature."""
    feature = state.require("entitlements.feature", id)
    feature["metadata"] = metadata_after(feature["metadata"], params.get("metadata"))
    assign(feature, params, "active", "name")
    for carried in state.find("product_feature"):
        if carried["entitlement_feature"]["id"] == id:
            state.put({**carried, "entitlement_feature": feature})
    return state.put(feature)


def attach_feature(state: State, product: str, feature_id: str) -> Document:
    """Let a product grant a feature. Errors: ApiError if it does already."""
    state.require("product", product)
    feature = state.require("entitlements.feature", feature_id, "entitlement_feature")
    known = [row["entitlement_feature"]["id"] for row in state.find("product_feature", _product=product)]
    if feature_id in known:
        raise invalid("This feature is already attached to this product.", "entitlement_feature")
    return state.put(
        {
            "id": state.new_id("prodft"),
            "object": "product_feature",
            "entitlement_feature": feature,
            "livemode": False,
            "_product": product,
        }
    )


def active(state: State, customer: str) -> list[Document]:
    """Return the entitlements that a customer's subscriptions grant, each once."""
    products = {
        item["price"]["product"]
        for subscription in state.find("subscription", customer=customer)
        if subscription["status"] in GRANTING
        for item in subscriptions.items(subscription)
    }
    features = {
        row["entitlement_feature"]["id"]: row["entitlement_feature"]
        for product in sorted(products)
        for row in state.find("product_feature", _product=product)
    }
    return [
        {
            "id": f"ent_{hashlib.sha256(f'{customer} {feature_id}'.encode()).hexdigest()[:24]}",
            "object": "entitlements.active_entitlement",
            "feature": feature_id,
            "livemode": False,
            "lookup_key": feature["lookup_key"],
        }
        for feature_id, feature in features.items()
    ]
