"""Ends of subscriptions (https://docs.stripe.com/billing/subscriptions/cancel)."""

from __future__ import annotations

from typing import Any

from webapp.billing.sandbox.engine import customers, drafts, invoices, lines, proration, subscriptions
from webapp.billing.sandbox.state import Document, State


def cancel(state: State, id: str, params: dict[str, Any]) -> Document:
    """Cancel at once. `prorate` gives back the unused time; `invoice_now` puts what is pending on a last invoice."""
    subscription = subscriptions.living(state, id)
    if params.get("prorate") and subscription["status"] in {"active", "past_due"}:
        for line in proration.unused_time(state, subscription, state.now):
            lines.keep_pending(state, line, subscription["customer"])
    ended = end(state, subscription, params.get("cancellation_details"))
    if params.get("invoice_now"):
        _invoice_now(state, ended)
    return state.require("subscription", id)


def end(state: State, subscription: Document, details: dict[str, Any] | None = None) -> Document:
    """Cancel because someone asked for it; open invoices are not tried again, a first one that waits is void."""
    first = subscription["status"] == "incomplete"
    ended = subscriptions.end(state, subscription, "cancellation_requested", details)
    for invoice in invoices.open_ones(state, subscription):
        if first or subscription.get("_pending_invoice") == invoice["id"]:
            drafts.void(state, invoice)
        else:
            state.put({**invoice, "next_payment_attempt": None, "auto_advance": False})
    return ended


def fall_due(state: State, subscription: Document) -> None:
    """Carry out a cancellation that was planned for now."""
    end(state, subscription)


def expire_incomplete(state: State, subscription: Document) -> None:
    """Give up on a subscription whose first invoice was not paid within 23 hours."""
    for invoice in invoices.open_ones(state, subscription):
        drafts.void(state, invoice)
    current = state.require("subscription", subscription["id"])
    over = {**current, "status": "incomplete_expired", "ended_at": state.now, "canceled_at": state.now}
    subscriptions.save_updated(state, current, over)


def delete_customer(state: State, id: str) -> Document:
    """Delete a customer; its subscriptions are cancelled at once."""
    customers.living(state, id, "id")
    for subscription in state.find("subscription", customer=id):
        if subscription["status"] not in subscriptions.OVER:
            end(state, subscription)
    return customers.forget(state, id)


def _invoice_now(state: State, subscription: Document) -> None:
    customer = customers.living(state, subscription["customer"])
    rows = lines.pending(state, customer["id"], subscription["id"])
    if not rows:
        return
    invoice = drafts.build(state, customer, subscription, rows, "subscription_update")
    drafts.save(state, invoice)
    state.put({**subscription, "latest_invoice": invoice["id"]})
    drafts.finalize(state, invoice)
    if invoice["status"] == "open":
        invoices.collect(state, invoice)
