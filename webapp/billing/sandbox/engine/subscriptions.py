"""Subscriptions as documents (https://docs.stripe.com/billing/subscriptions/overview): their shape and their ends."""

from __future__ import annotations

import copy
from typing import Any, Literal

from webapp.billing.sandbox.engine import catalogue, discounts
from webapp.billing.sandbox.engine.documents import list_of, metadata_after, save_change
from webapp.billing.sandbox.engine.periods import period_end
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State

OVER = frozenset({"canceled", "incomplete_expired"})
LIVE = ("trialing", "active", "past_due", "unpaid", "paused", "incomplete")
MOST_ITEMS = 20
EndReason = Literal["cancellation_requested", "payment_failed", "payment_disputed"]


def new(
    state: State, customer: str, rows: list[dict[str, Any]], *, trial_end: int | None = None, **given: Any
) -> Document:
    """Return a subscription that is not written yet, active or trialing from now on.

    `rows` are {price, quantity, metadata}; `given` are fields that the caller knows.
    Errors: ApiError for a price that is inactive, not recurring, or of another currency than the first.
    """
    if not rows or len(rows) > MOST_ITEMS:
        raise invalid(f"A subscription has 1 to {MOST_ITEMS} items.", "items")
    prices = [price_for(state, row) for row in rows]
    currency = prices[0]["currency"]
    if any(price["currency"] != currency for price in prices):
        raise invalid("All prices of a subscription must have the same currency.", "items")
    anchor = trial_end or state.now
    subscription_id = state.new_id("sub")
    items = [
        new_item(
            state, subscription_id, row, price, state.now, trial_end or period_end(anchor, anchor, price["recurring"])
        )
        for row, price in zip(rows, prices, strict=True)
    ]
    subscription = _skeleton(state, subscription_id, customer, currency)
    subscription.update(
        billing_cycle_anchor=anchor,
        items=list_of(items, f"/v1/subscription_items?subscription={subscription_id}"),
        status="trialing" if trial_end else "active",
        trial_start=state.now if trial_end else None,
        trial_end=trial_end,
        **given,
    )
    return subscription


def new_item(state: State, subscription: str, row: dict[str, Any], price: Document, start: int, end: int) -> Document:
    """Return one item with its period."""
    return {
        "id": state.new_id("si"),
        "object": "subscription_item",
        "billed_until": end,
        "billing_thresholds": None,
        "created": state.now,
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": metadata_after(None, row.get("metadata")),
        "plan": catalogue.plan_of(price),
        "price": price,
        "quantity": row.get("quantity", 1),
        "subscription": subscription,
        "tax_rates": [],
    }


def change_item(state: State, item: Document, row: dict[str, Any]) -> None:
    """Give an item another price, quantity or metadata. Errors: ApiError for a price that cannot be subscribed to."""
    if "price" in row and row["price"] != item["price"]["id"]:
        price = price_for(state, row)
        item.update(price=price, plan=catalogue.plan_of(price))
    item["quantity"] = row.get("quantity", item["quantity"])
    item["metadata"] = metadata_after(item["metadata"], row.get("metadata"))


def price_for(state: State, row: dict[str, Any]) -> Document:
    """Return the price that an item names. Errors: ApiError when it cannot be subscribed to."""
    if "price" not in row:
        raise invalid("The sandbox wants a `price` for each item.", "items[0][price]", "parameter_missing")
    price = state.require("price", row["price"], "items[0][price]")
    if price["type"] != "recurring":
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
            "items[0][price]",
        )
    if not price["active"]:
        raise invalid(
            f"The price specified is inactive. This field only accepts active prices. ({price['id']})",
            "items[0][price]",
        )
    if row.get("quantity", 1) < 0:
        raise invalid("This value must be greater than or equal to 0.", "items[0][quantity]")
    return price


def items(subscription: Document) -> list[Document]:
    """Return the items."""
    rows: list[Document] = subscription["items"]["data"]
    return rows


def current_end(subscription: Document) -> int:
    """Return when the first of the items' periods ends."""
    first: int = min(item["current_period_end"] for item in items(subscription))
    return first


def current_start(subscription: Document) -> int:
    """Return when the latest of the items' periods began."""
    latest: int = max(item["current_period_start"] for item in items(subscription))
    return latest


def set_period(item: Document, start: int, end: int) -> None:
    """Give an item its period."""
    item.update(current_period_start=start, current_period_end=end, billed_until=end)


def living(state: State, id: str, param: str = "subscription") -> Document:
    """Return a subscription that is not over. Errors: ApiError, as Stripe's for one that was cancelled."""
    subscription = state.require("subscription", id, param)
    if subscription["status"] in OVER:
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.", "subscription")
    return subscription


def save_updated(state: State, before: Document, after: Document) -> Document:
    """Write a change and emit customer.subscription.updated, unless nothing changed."""
    return save_change(state, "customer.subscription.updated", before, after)


def set_status(state: State, subscription: Document, status: str) -> Document:
    """Change the status alone."""
    return save_updated(state, subscription, {**subscription, "status": status})


def end(state: State, subscription: Document, reason: EndReason, details: dict[str, Any] | None = None) -> Document:
    """Cancel at once: status canceled, customer.subscription.deleted. Invoices are the caller's matter."""
    after = copy.deepcopy(subscription)
    after.update(
        status="canceled",
        canceled_at=after["canceled_at"] or state.now,
        ended_at=state.now,
        cancel_at_period_end=False,
        pause_collection=None,
        pending_update=None,
        status_details=None,
    )
    if not subscription["cancel_at_period_end"] and subscription["cancel_at"] is None:
        after["cancel_at"] = None
    after["cancellation_details"] = {**after["cancellation_details"], **(details or {}), "reason": reason}
    state.put(after)
    state.emit("customer.subscription.deleted", after)
    return after


def resumed(state: State, subscription: Document) -> Document:
    """Let a paused subscription be active again: customer.subscription.updated, then resumed."""
    after = {**copy.deepcopy(subscription), "status": "active", "status_details": None}
    after.pop("_resuming", None)
    save_updated(state, subscription, after)
    state.emit("customer.subscription.resumed", after)
    return after


def drop_used_discounts(state: State, id: str) -> None:
    """Take away coupons that count once, after an invoice had them, and those whose months are over."""
    before = state.require("subscription", id)
    kept = []
    for discount_id in before["discounts"]:
        discount = state.require("discount", discount_id)
        once = discounts.coupon_of(state, discount)["duration"] == "once"
        if once or (discount["end"] is not None and discount["end"] <= state.now):
            discounts.end(state, discount_id)
        else:
            kept.append(discount_id)
    save_updated(state, before, {**before, "discounts": kept})


def _skeleton(state: State, id: str, customer: str, currency: str) -> Document:
    return {
        "id": id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": state.now,
        "billing_cycle_anchor_config": None,
        "billing_mode": {
            "flexible": {"proration_discounts": "included"},
            "type": "flexible",
            "updated_at": state.now,
        },
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "feedback_option": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": state.now,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": list_of([], f"/v1/subscription_items?subscription={id}"),
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": state.now,
        "status": "active",
        "status_details": None,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"billing_cycle_anchor": None, "missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }
