"""The end of a trial (https://docs.stripe.com/billing/subscriptions/trials)."""

from __future__ import annotations

import copy

from webapp.billing.sandbox.engine import customers, pausing, renewals, subscriptions
from webapp.billing.sandbox.engine.periods import period_end
from webapp.billing.sandbox.state import Document, State


def end(state: State, subscription: Document) -> Document:
    """End a trial now: the first paid period begins; without a payment method as `trial_settings` say."""
    without = "create_invoice"
    if not has_method(state, subscription):
        without = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if without == "cancel":
        return subscriptions.end(state, subscription, "cancellation_requested")
    if without == "pause":
        return pausing.pause(state, subscription, "trial_end_without_payment_method")
    after = begin_paid_period(state, subscription)
    renewals.bill_period(state, subscription, after, subscriptions.items(after))
    return state.require("subscription", subscription["id"])


def begin_paid_period(state: State, subscription: Document) -> Document:
    """Return the subscription as active from now on, with new periods; it is not written."""
    after = copy.deepcopy(subscription)
    after.update(status="active", billing_cycle_anchor=state.now, trial_end=min(after["trial_end"], state.now))
    for item in subscriptions.items(after):
        subscriptions.set_period(item, state.now, period_end(state.now, state.now, item["price"]["recurring"]))
    return after


def has_method(state: State, subscription: Document) -> bool:
    """Whether there is something to charge."""
    if subscription["default_payment_method"] is not None:
        return True
    customer = customers.living(state, subscription["customer"])
    return customer["invoice_settings"]["default_payment_method"] is not None
