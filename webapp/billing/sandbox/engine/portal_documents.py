"""Configurations and sessions of the customer portal (https://docs.stripe.com/api/customer_portal)."""

from __future__ import annotations

import copy
from typing import Any

from webapp.billing.sandbox.engine import customers, settings, subscriptions
from webapp.billing.sandbox.engine.documents import assign, metadata_after, save_change
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State

REASONS = [
    "too_expensive",
    "missing_features",
    "switched_service",
    "unused",
    "customer_service",
    "too_complex",
    "low_quality",
    "other",
]
FEATURES: Document = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": REASONS},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": [],
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}
FLOW_FEATURES = {
    "customer_update": "customer_update",
    "payment_method_update": "payment_method_update",
    "subscription_cancel": "subscription_cancel",
    "subscription_pause": "subscription_pause",
    "subscription_update": "subscription_update",
    "subscription_update_confirm": "subscription_update",
}


def create_configuration(state: State, params: dict[str, Any]) -> Document:
    """Write what a portal lets customers do. Errors: ApiError for a feature that lacks what it needs."""
    configuration: Document = {
        "id": state.new_id("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": dict.fromkeys(("headline", "privacy_policy_url", "terms_of_service_url")),
        "created": state.now,
        "default_return_url": None,
        "features": copy.deepcopy(FEATURES),
        "is_default": False,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": state.now,
    }
    _fill(state, configuration, params)
    state.put(configuration)
    state.emit("billing_portal.configuration.created", configuration)
    return configuration


def update_configuration(state: State, id: str, params: dict[str, Any]) -> Document:
    """Change a configuration. Errors: ApiError."""
    before = state.require("billing_portal.configuration", id)
    after = {**copy.deepcopy(before), "updated": state.now}
    assign(after, params, "active")
    _fill(state, after, params)
    return save_change(state, "billing_portal.configuration.updated", before, after)


def create_session(state: State, params: dict[str, Any]) -> Document:
    """Write a session that leads a customer into the portal, or into one flow of it. Errors: ApiError."""
    if "customer" not in params:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = customers.living(state, params["customer"])
    configuration = _configuration(state, params)
    flow = _flow(state, customer, configuration, params["flow_data"]) if "flow_data" in params else None
    id_ = state.new_id("bps")
    session = state.put(
        {
            "id": id_,
            "object": "billing_portal.session",
            "after_expiration": None,
            "configuration": configuration["id"],
            "created": state.now,
            "customer": customer["id"],
            "customer_account": None,
            "flow": flow,
            "livemode": False,
            "locale": params.get("locale"),
            "on_behalf_of": None,
            "return_url": params.get("return_url", configuration["default_return_url"]),
            "url": settings.url(state, f"/portal/{id_}"),
        }
    )
    state.emit("billing_portal.session.created", session)
    return session


def _configuration(state: State, params: dict[str, Any]) -> Document:
    if "configuration" in params:
        found = state.require("billing_portal.configuration", params["configuration"], "configuration")
        if not found["active"]:
            raise invalid("This portal configuration is not active.", "configuration")
        return found
    defaults = state.find("billing_portal.configuration", is_default=True, active=True)
    if not defaults:
        raise invalid(
            "No configuration provided and your test mode default configuration has not been created. Provide a "
            "configuration or create your default by saving your customer portal settings in test mode.",
            "configuration",
        )
    return defaults[0]


def _flow(state: State, customer: Document, configuration: Document, given: dict[str, Any]) -> Document:
    kind = given["type"]
    feature = FLOW_FEATURES[kind]
    if not configuration["features"][feature]["enabled"]:
        raise invalid(
            f"The flow {kind} cannot be used because the feature {feature} is disabled in the portal configuration.",
            "flow_data[type]",
        )
    details = given.get(kind)
    if kind.startswith("subscription_"):
        _check_subscription(state, customer, kind, details)
    after = given.get("after_completion", {"type": "portal_homepage"})
    flow: Document = dict.fromkeys(FLOW_FEATURES)
    flow.pop("payment_method_update")
    flow.update(
        type=kind,
        after_completion={"hosted_confirmation": None, "redirect": None, **after},
    )
    if kind == "subscription_update_confirm" and details:
        rows = [{"id": None, "price": None, "quantity": None, **row} for row in details["items"]]
        details = {"discounts": None, **details, "items": rows}
    elif kind == "subscription_cancel" and details:
        details = {"retention": None, **details}
    if kind != "payment_method_update":
        flow[kind] = details or {}
    return flow


def _check_subscription(state: State, customer: Document, kind: str, details: dict[str, Any] | None) -> None:
    param = f"flow_data[{kind}][subscription]"
    if details is None:
        raise invalid(f"Missing required param: {param}.", param, "parameter_missing")
    subscription = subscriptions.living(state, details["subscription"], param)
    if subscription["customer"] != customer["id"]:
        raise invalid("The subscription does not belong to this customer.", param)
    ends = subscription["cancel_at"] is not None or subscription["cancel_at_period_end"]
    if kind == "subscription_cancel" and ends:
        raise invalid("The subscription is already set to be canceled.", param)
    if kind != "subscription_update_confirm":
        return
    own = {item["id"] for item in subscriptions.items(subscription)}
    for row in details["items"]:
        if row["id"] not in own:
            raise invalid("The item does not belong to this subscription.", "flow_data[subscription_update_confirm]")
        if "price" in row:
            state.require("price", row["price"], "flow_data[subscription_update_confirm][items][0][price]")


def _fill(state: State, configuration: Document, params: dict[str, Any]) -> None:
    configuration["metadata"] = metadata_after(configuration["metadata"], params.get("metadata"))
    assign(configuration, params, "default_return_url", "name")
    assign(configuration["business_profile"], params.get("business_profile") or {}, *configuration["business_profile"])
    if "login_page" in params:
        configuration["login_page"]["enabled"] = params["login_page"]["enabled"]
    for name, given in params.get("features", {}).items():
        feature = configuration["features"][name]
        feature.update({key: [] if value == "" else value for key, value in given.items()})
    update = configuration["features"]["subscription_update"]
    if update["enabled"] and not (update["products"] and update["default_allowed_updates"]):
        raise invalid(
            "`products` and `default_allowed_updates` are required while `subscription_update` is enabled.",
            "features[subscription_update]",
        )
    for row in update["products"]:
        row.setdefault("adjustable_quantity", {"enabled": False, "maximum": None, "minimum": 1})
        state.require("product", row["product"], "features[subscription_update][products][0][product]")
        for price in row["prices"]:
            if state.require("price", price, "features[subscription_update][products]")["product"] != row["product"]:
                raise invalid(
                    f"The price {price} does not belong to the product {row['product']}.",
                    "features[subscription_update][products][0][prices]",
                )
    customer_update = configuration["features"]["customer_update"]
    if customer_update["enabled"] and not customer_update["allowed_updates"]:
        raise invalid("`allowed_updates` is required.", "features[customer_update][allowed_updates]")
