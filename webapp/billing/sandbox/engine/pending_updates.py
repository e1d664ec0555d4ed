"""Changes that wait for their payment (https://docs.stripe.com/billing/subscriptions/pending-updates)."""

from __future__ import annotations

import copy

from webapp.billing.sandbox.engine import drafts, subscriptions
from webapp.billing.sandbox.engine.documents import differences, metadata_after
from webapp.billing.sandbox.engine.periods import HOUR
from webapp.billing.sandbox.state import Document, State

LIFE = 23 * HOUR
APPLIED = ("billing_cycle_anchor", "discounts", "trial_end", "trial_start", "status")


def store(state: State, current: Document, wanted: Document, invoice: str) -> Document:
    """Leave the subscription as it is and note what it becomes once `invoice` is paid."""
    if current["pending_update"] is not None:
        _void(state, current)
    after = copy.deepcopy(current)
    trial_changed = wanted["trial_end"] != current["trial_end"]
    anchor_changed = wanted["billing_cycle_anchor"] != current["billing_cycle_anchor"]
    after["latest_invoice"] = invoice
    after["pending_update"] = {
        "billing_cycle_anchor": wanted["billing_cycle_anchor"] if anchor_changed else None,
        "cancel_at_period_end": None,
        "discount": None,
        "discounts": None,
        "expires_at": state.now + LIFE,
        "metadata": wanted["metadata"] if wanted["metadata"] != current["metadata"] else None,
        "subscription_items": copy.deepcopy(subscriptions.items(wanted)),
        "trial_end": wanted["trial_end"] if trial_changed else None,
        "trial_from_plan": None,
    }
    after["_wanted"] = {name: wanted[name] for name in (*APPLIED, "items")}
    after["_pending_invoice"] = invoice
    return subscriptions.save_updated(state, current, after)


def apply(state: State, subscription: Document) -> Document:
    """Make the change, now that it is paid; with its newest invoice paid the subscription is no longer past_due."""
    after = copy.deepcopy(subscription)
    after.update(after.pop("_wanted"))
    after["metadata"] = metadata_after(after["metadata"], subscription["pending_update"]["metadata"])
    after["pending_update"] = None
    after.pop("_pending_invoice")
    if subscription["status"] == "past_due":
        after["status"] = "active"
    subscriptions.save_updated(state, subscription, after)
    state.emit("customer.subscription.pending_update_applied", after, differences(subscription, after))
    return after


def expire(state: State, subscription: Document) -> Document:
    """Forget a change that nobody paid for and void its invoice."""
    _void(state, subscription)
    after = without(subscription)
    subscriptions.save_updated(state, subscription, after)
    state.emit("customer.subscription.pending_update_expired", after, differences(subscription, after))
    return after


def waits_for(subscription: Document, invoice: str) -> bool:
    """Whether this invoice's payment is what the subscription's pending update waits for."""
    return subscription["pending_update"] is not None and subscription.get("_pending_invoice") == invoice


def without(subscription: Document) -> Document:
    """Return a subscription without its pending update; it is not written."""
    after = {**copy.deepcopy(subscription), "pending_update": None}
    after.pop("_wanted", None)
    after.pop("_pending_invoice", None)
    return after


def _void(state: State, subscription: Document) -> None:
    invoice = state.require("invoice", subscription["_pending_invoice"])
    if invoice["status"] == "open":
        drafts.void(state, invoice)
