"""Pauses: of collecting money, and of a whole subscription (https://docs.stripe.com/billing/subscriptions/pause)."""

from __future__ import annotations

import copy
from typing import Any

from webapp.billing.sandbox.engine import customers, drafts, invoices, lines, proration, subscriptions
from webapp.billing.sandbox.engine.periods import HOUR, period_end
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State

RESUME_LIFE = 23 * HOUR
"""How long the invoice of a resumption can be paid."""


def pause(state: State, subscription: Document, why: str) -> Document:
    """Let a subscription be paused: no invoices and no periods until it is resumed."""
    after = copy.deepcopy(subscription)
    after["status"] = "paused"
    after["status_details"] = {
        "paused": {"subscription": {"type": why}, "transitioned_at": state.now, "type": "subscription"}
    }
    subscriptions.save_updated(state, subscription, after)
    state.emit("customer.subscription.paused", after)
    return after


def pause_by_request(state: State, id: str, params: dict[str, Any]) -> Document:
    """Pause as the API does. Errors: ApiError for one that is not active or trialing."""
    subscription = subscriptions.living(state, id)
    if subscription["status"] not in {"active", "trialing"}:
        raise invalid(f"A subscription that is {subscription['status']} cannot be paused.", "subscription")
    unused = params.get("bill_for", {}).get("unused_time_from", {}).get("type", "none")
    if unused != "none":
        since = state.now if unused == "now" else subscriptions.current_start(subscription)
        for line in proration.unused_time(state, subscription, since):
            lines.keep_pending(state, line, subscription["customer"])
    return pause(state, subscription, "pause_requested")


def resume(state: State, id: str, params: dict[str, Any]) -> Document:
    """Resume a paused subscription: with a new period that has to be paid first, or within the one that still runs.

    Errors: ApiError for one that is not paused.
    """
    before = state.require("subscription", id, "subscription")
    if before["status"] != "paused":
        raise invalid("You can only resume a subscription that is paused.", "subscription")
    anchor = params.get("billing_cycle_anchor", {}).get("type", "now")
    if anchor == "unchanged" and subscriptions.current_end(before) > state.now:
        return subscriptions.resumed(state, before)
    after = copy.deepcopy(before)
    after["billing_cycle_anchor"] = state.now if anchor == "now" else before["billing_cycle_anchor"]
    if (after["trial_end"] or 0) > state.now:
        after["trial_end"] = state.now
    for item in subscriptions.items(after):
        end = period_end(after["billing_cycle_anchor"], state.now, item["price"]["recurring"])
        subscriptions.set_period(item, state.now, end)
    return _bill(state, before, after, params.get("payment_behavior", "resume_on_payment_attempt"))


def _bill(state: State, before: Document, after: Document, behavior: str) -> Document:
    customer = customers.living(state, after["customer"])
    rows = [
        *lines.pending(state, customer["id"], after["id"]),
        *(
            lines.period_line(state, after, item, item["current_period_start"], item["current_period_end"])
            for item in subscriptions.items(after)
        ),
    ]
    invoice = drafts.build(state, customer, after, rows, "subscription_update")
    after.update(latest_invoice=invoice["id"], _resuming=invoice["id"], _resume_until=state.now + RESUME_LIFE)
    drafts.save(state, invoice)
    subscriptions.save_updated(state, before, after)
    drafts.finalize(state, invoice)
    if invoice["status"] == "open":
        invoices.collect(state, invoice, on_session=True)
    else:
        invoices.on_paid(state, invoice)
    current = state.require("subscription", after["id"])
    if current["status"] == "paused" and invoice["attempt_count"] and behavior == "resume_on_payment_attempt":
        resumed = subscriptions.resumed(state, current)
        subscriptions.set_status(state, resumed, "past_due")
    return state.require("subscription", after["id"])


def give_up_resuming(state: State, subscription: Document) -> None:
    """Void the invoice of a resumption that nobody paid; the subscription stays paused."""
    invoice = state.require("invoice", subscription["_resuming"])
    if invoice["status"] == "open":
        drafts.void(state, invoice)
    current = state.require("subscription", subscription["id"])
    current.pop("_resuming")
    current.pop("_resume_until")
    state.put(current)


def resume_collection(state: State, subscription: Document) -> None:
    """End a pause of collecting money."""
    subscriptions.save_updated(state, subscription, {**subscription, "pause_collection": None})
