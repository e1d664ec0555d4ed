"""What follows a renewal that was not paid (https://docs.stripe.com/billing/revenue-recovery): retries, then an end."""

from __future__ import annotations

import copy

from webapp.billing.sandbox.engine import settings, subscriptions
from webapp.billing.sandbox.engine.documents import save_change
from webapp.billing.sandbox.engine.periods import DAY
from webapp.billing.sandbox.state import Document, State

RETRY_DAYS = (3, 5, 7)
"""Days after the first failure on which the charge is tried again."""


def schedule(state: State, invoice: Document) -> None:
    """Note in `invoice`, which the caller writes, when the charge is tried again."""
    first = invoice.setdefault("_first_failure", state.now)
    instants = [first + days * DAY for days in RETRY_DAYS]
    invoice["next_payment_attempt"] = next((instant for instant in instants if instant > state.now), None)


def fall_behind(state: State, invoice: Document, subscription: Document) -> None:
    """Let a subscription be past_due when its newest invoice is overdue, and its customer delinquent."""
    if subscription["status"] in {"active", "trialing"} and subscription["latest_invoice"] == invoice["id"]:
        subscriptions.set_status(state, subscription, "past_due")
    set_delinquent(state, subscription["customer"], delinquent=True)


def give_up(state: State, invoice: Document, subscription: Document) -> None:
    """End the retries as the account's setting says: cancel, leave unpaid, or leave past_due."""
    before = copy.deepcopy(invoice)
    invoice.update(auto_advance=False, next_payment_attempt=None)
    save_change(state, "invoice.updated", before, invoice)
    if subscription["status"] != "past_due":
        return
    how = settings.read(state)["dunning_end"]
    if how == "cancel":
        subscriptions.end(state, subscription, "payment_failed")
    elif how == "unpaid":
        subscriptions.set_status(state, subscription, "unpaid")


def set_delinquent(state: State, customer_id: str, *, delinquent: bool) -> None:
    """Note whether the customer's newest invoice is overdue."""
    customer = state.get("customer", customer_id)
    if customer is not None and not customer.get("deleted") and customer["delinquent"] != delinquent:
        save_change(state, "customer.updated", customer, {**customer, "delinquent": delinquent})
