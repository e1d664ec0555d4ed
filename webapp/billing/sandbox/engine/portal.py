"""What a customer does in the portal (https://docs.stripe.com/customer-management)."""

from __future__ import annotations

import copy
from typing import Any

from webapp.billing.sandbox.engine import (
    cancellation,
    customers,
    invoices,
    outcome,
    payments,
    previews,
    schedule,
    subscriptions,
    updates,
)
from webapp.billing.sandbox.engine.outcome import NEEDS_AUTHENTICATION, Outcome
from webapp.billing.sandbox.errors import ApiError
from webapp.billing.sandbox.state import Document, State


def set_card(state: State, customer_id: str, payment_method: str, authenticated: bool = False) -> Outcome:
    """Make a payment method the default of the customer and its subscriptions, and pay what is overdue with it.

    "declined" also when the card was saved but an overdue invoice could not be paid with it.
    """
    method = customers.method_for(state, payment_method)
    if payments.needs_authentication(method, on_session=True) and not authenticated:
        return Outcome("needs_authentication", NEEDS_AUTHENTICATION)
    try:
        customers.attach(state, method["id"], customer_id, authenticated=authenticated)
    except ApiError as error:
        return Outcome("declined", error.message)
    customers.set_default_payment_method(state, customer_id, method["id"])
    for subscription in _live(state, customer_id):
        if subscription["default_payment_method"] not in {None, method["id"]}:
            subscriptions.save_updated(state, subscription, {**subscription, "default_payment_method": method["id"]})
    return _pay_overdue(state, customer_id, method, authenticated)


def cancel(
    state: State,
    subscription_id: str,
    at_period_end: bool = True,
    *,
    feedback: str | None = None,
    comment: str | None = None,
) -> Document:
    """Cancel now, or plan it for the end of the period.

    Flexible billing plans it as `cancel_at`; `cancel_at_period_end` stays false
    (https://docs.stripe.com/billing/subscriptions/billing-mode/compare).
    """
    before = subscriptions.living(state, subscription_id)
    said = {name: value for name, value in (("feedback", feedback), ("comment", comment)) if value}
    if not at_period_end:
        return cancellation.end(state, before, said)
    after = copy.deepcopy(before)
    end = max(item["current_period_end"] for item in subscriptions.items(after))
    schedule.plan_end(state, after, end, at_period_end=False)
    after["cancellation_details"].update(said)
    return subscriptions.save_updated(state, before, after)


def renew(state: State, subscription_id: str) -> Document:
    """Take a planned cancellation back."""
    before = subscriptions.living(state, subscription_id)
    after = copy.deepcopy(before)
    schedule.plan_end(state, after, None, at_period_end=False)
    return subscriptions.save_updated(state, before, after)


def preview_change(state: State, subscription_id: str, price: str, quantity: int | None = None) -> Document:
    """Return the invoice that `change_plan` would charge now; its `amount_due` is what the page shows."""
    items = _items(state, subscription_id, price, quantity)
    details = {"items": items, "proration_behavior": "always_invoice"}
    return previews.create(state, {"subscription": subscription_id, "subscription_details": details})


def change_plan(
    state: State, subscription_id: str, price: str, quantity: int | None = None, authenticated: bool = False
) -> Outcome:
    """Change the price and charge the difference; if that fails, the old plan stays while the change is pending."""
    params = {
        "items": _items(state, subscription_id, price, quantity),
        "proration_behavior": "always_invoice",
        "payment_behavior": "pending_if_incomplete",
    }
    before = state.require("subscription", subscription_id)
    if authenticated and before["pending_update"] is not None:
        return invoices.pay(state, before["latest_invoice"], authenticated=True)
    after = updates.update(state, subscription_id, params)
    if after["pending_update"] is None:
        return Outcome("paid")
    intent = invoices.intent_for(state, after["latest_invoice"])
    if intent["status"] == "requires_action":
        return Outcome("needs_authentication", NEEDS_AUTHENTICATION)
    return Outcome("declined", (intent["last_payment_error"] or {}).get("message", ""))


def save_address(state: State, customer_id: str, changes: dict[str, Any]) -> Document:
    """Save name, e-mail, phone or address. Errors: ApiError."""
    return customers.update(state, customer_id, changes)


def invoices_of(state: State, customer_id: str) -> list[Document]:
    """Return the invoices that the customer may see, newest first."""
    return [invoice for invoice in state.find("invoice", customer=customer_id) if invoice["status"] != "draft"]


def _live(state: State, customer_id: str) -> list[Document]:
    rows = state.find("subscription", customer=customer_id)
    return [row for row in rows if row["status"] not in subscriptions.OVER]


def _pay_overdue(state: State, customer_id: str, method: Document, authenticated: bool) -> Outcome:
    result = Outcome("paid")
    for subscription in _live(state, customer_id):
        if subscription["status"] not in {"past_due", "unpaid", "incomplete"}:
            continue
        for invoice in invoices.open_ones(state, subscription):
            attempt = invoices.collect(state, invoice, method=method, on_session=True, authenticated=authenticated)
            if attempt.kind != "succeeded":
                result = outcome.of(attempt)
    return result


def _items(state: State, subscription_id: str, price: str, quantity: int | None) -> list[dict[str, Any]]:
    item = subscriptions.items(subscriptions.living(state, subscription_id))[0]
    row = {"id": item["id"], "price": price}
    return [row if quantity is None else {**row, "quantity": quantity}]
