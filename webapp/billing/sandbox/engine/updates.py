"""Updating a subscription: a planned change is written, invoiced and charged as `payment_behavior` says."""

from __future__ import annotations

from typing import Any

from webapp.billing.sandbox.engine import (
    changes,
    customers,
    discounts,
    drafts,
    invoices,
    lines,
    pending_updates,
    subscriptions,
)
from webapp.billing.sandbox.engine.changes import Change
from webapp.billing.sandbox.engine.creation import refuse_incomplete
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State

MAY_BE_PENDING = frozenset(
    [
        "add_invoice_items",
        "billing_cycle_anchor",
        "expand",
        "items",
        "metadata",
        "off_session",
        "payment_behavior",
        "proration_behavior",
        "proration_date",
        "trial_end",
        "trial_from_plan",
    ]
)
"""https://docs.stripe.com/billing/subscriptions/pending-updates-reference#supported-attributes"""
OVER_MAY_CHANGE = frozenset({"metadata", "cancellation_details", "expand"})


def update(state: State, subscription_id: str, params: dict[str, Any]) -> Document:
    """Update a subscription; returns it as it is afterwards. Errors: ApiError."""
    before = state.require("subscription", subscription_id, "id")
    if before["status"] in subscriptions.OVER and not set(params) <= OVER_MAY_CHANGE:
        before = subscriptions.living(state, subscription_id)
    if before["status"] == "incomplete" and ({"items", "trial_end", "billing_cycle_anchor"} & set(params)):
        raise invalid("A subscription whose first invoice is not paid cannot be changed yet.", "items")
    behavior = params.get("payment_behavior", "allow_incomplete")
    if behavior == "pending_if_incomplete" and not set(params) <= MAY_BE_PENDING:
        strange = ", ".join(sorted(set(params) - MAY_BE_PENDING))
        raise invalid(f"These parameters cannot be used with `pending_if_incomplete`: {strange}", "payment_behavior")
    change = changes.plan(state, before, params)
    if "discounts" in params:
        _set_discounts(state, before, change.after, params["discounts"] or [])
    if change.immediate:
        _invoice(state, before, change, behavior, on_session=not params.get("off_session", False))
    else:
        subscriptions.save_updated(state, before, change.after)
        for line in change.lines:
            lines.keep_pending(state, line, before["customer"])
    return state.require("subscription", subscription_id)


def draft(state: State, change: Change, given: list[Document] | None = None) -> Document:
    """Return the draft of an immediate change's invoice, with what is pending; it is not written."""
    customer = customers.living(state, change.after["customer"])
    waiting = lines.pending(state, customer["id"], change.after["id"])
    return drafts.build(state, customer, change.after, [*waiting, *change.lines], "subscription_update", given=given)


def _invoice(state: State, before: Document, change: Change, behavior: str, *, on_session: bool) -> None:
    invoice, after = draft(state, change), change.after
    if behavior == "pending_if_incomplete":
        _invoice_first(state, before, after, invoice, on_session=on_session)
        return
    after["latest_invoice"] = invoice["id"]
    drafts.save(state, invoice)
    unpaid = behavior == "default_incomplete" and invoice["amount_due"] > 0
    subscriptions.save_updated(state, before, {**after, "status": "past_due"} if unpaid else after)
    drafts.finalize(state, invoice)
    if invoice["status"] == "paid":
        invoices.on_paid(state, invoice)
    elif not unpaid:
        attempt = invoices.collect(state, invoice, on_session=on_session)
        if behavior == "error_if_incomplete":
            refuse_incomplete(attempt)
    else:
        drafts.intent_of(state, invoice)
    subscriptions.drop_used_discounts(state, after["id"])


def _invoice_first(state: State, before: Document, after: Document, invoice: Document, *, on_session: bool) -> None:
    """Make the change only if its invoice is paid; otherwise it is pending for a while."""
    invoice["_pending_update"] = True
    drafts.save(state, invoice)
    drafts.finalize(state, invoice)
    if invoice["status"] == "open":
        invoices.collect(state, invoice, on_session=on_session)
    if invoice["status"] == "paid":
        if before["pending_update"] is not None:
            before = pending_updates.expire(state, before)
        after = {**pending_updates.without(after), "latest_invoice": invoice["id"]}
        if after["status"] == "past_due":
            after["status"] = "active"
        subscriptions.save_updated(state, before, after)
    else:
        pending_updates.store(state, before, after, invoice["id"])


def _set_discounts(state: State, before: Document, after: Document, rows: list[dict[str, str]]) -> None:
    wanted = discounts.wanted(
        state,
        rows,
        customer=before["customer"],
        subscription=before["id"],
        subtotal=sum(lines.unit_amount(item["price"], item["quantity"]) for item in subscriptions.items(after)),
    )
    kept = set(before["discounts"])
    for discount in wanted:
        if discount["id"] not in kept:
            discounts.redeem(state, discount)
    after["discounts"] = [discount["id"] for discount in wanted]
    for gone in kept - set(after["discounts"]):
        discounts.end(state, gone)
