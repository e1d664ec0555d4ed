"""Invoices that do not exist yet (https://docs.stripe.com/api/invoices/create_preview)."""

from __future__ import annotations

import copy
from typing import Any

from webapp.billing.sandbox.engine import (
    changes,
    creation,
    customers,
    discounts,
    drafts,
    lines,
    proration,
    renewals,
    subscriptions,
    updates,
)
from webapp.billing.sandbox.engine.periods import period_end
from webapp.billing.sandbox.errors import ApiError, invalid
from webapp.billing.sandbox.state import Document, State


def create(state: State, params: dict[str, Any]) -> Document:
    """Return the next invoice as it would be: of a subscription, of a changed one, or of a new one.

    A change that is invoiced at once (`always_invoice`, another interval) shows that invoice; any other shows the next
    renewal with the prorations on it. Errors: ApiError, invoice_upcoming_none when nothing is to come.
    """
    details = params.get("subscription_details", {})
    if "subscription" not in params:
        return renewals.as_preview(_of_new(state, params, details))
    subscription = subscriptions.living(state, params["subscription"])
    if params.get("customer") not in {None, subscription["customer"]}:
        raise invalid("The subscription does not belong to this customer.", "subscription")
    if details.get("cancel_now"):
        return renewals.as_preview(_of_end(state, subscription, details))
    known = {name: value for name, value in details.items() if name not in {"start_date", "resume_at", "pause"}}
    change = changes.plan(state, subscription, known)
    if "discounts" in params:
        change.after["discounts"] = []
    given = _discounts(state, params, change.after)
    invoice = (updates.draft if change.immediate else _of_renewal)(state, change, given)
    preview = renewals.as_preview(invoice)
    if "proration_date" in details:
        preview["parent"]["subscription_details"]["subscription_proration_date"] = details["proration_date"]
    return preview


def _of_new(state: State, params: dict[str, Any], details: dict[str, Any]) -> Document:
    known = params.get("customer")
    customer = customers.living(state, known) if known else customers.new(state, {})
    trial_end = creation.trial_end_of(state, details)
    subscription = subscriptions.new(state, customer["id"], details.get("items", []), trial_end=trial_end)
    return creation.first_invoice(state, subscription, customer, _discounts(state, params, subscription))


def _of_end(state: State, subscription: Document, details: dict[str, Any]) -> Document:
    credit = []
    if details.get("proration_behavior", "create_prorations") != "none":
        credit = proration.unused_time(state, subscription, details.get("proration_date", state.now))
    customer = customers.living(state, subscription["customer"])
    waiting = lines.pending(state, customer["id"], subscription["id"])
    return drafts.build(state, customer, subscription, [*waiting, *credit], "upcoming")


def _of_renewal(state: State, change: changes.Change, given: list[Document] | None) -> Document:
    after = change.after
    end = subscriptions.current_end(after)
    ends = after["cancel_at_period_end"] or (after["cancel_at"] is not None and after["cancel_at"] <= end)
    if ends or after["status"] == "paused":
        raise ApiError(
            f"No upcoming invoices for customer: {after['customer']}",
            status=404,
            code="invoice_upcoming_none",
        )
    later = copy.deepcopy(after)
    for item in subscriptions.items(later):
        start = item["current_period_end"]
        subscriptions.set_period(
            item, start, period_end(later["billing_cycle_anchor"], start, item["price"]["recurring"])
        )
    customer = customers.living(state, after["customer"])
    return renewals.draft_cycle(state, later, customer, subscriptions.items(later), extra=change.lines, given=given)


def _discounts(state: State, params: dict[str, Any], subscription: Document) -> list[Document] | None:
    if "discounts" not in params:
        return None
    return discounts.wanted(
        state,
        params["discounts"] or [],
        customer=subscription["customer"],
        subscription=subscription["id"],
        subtotal=sum(lines.unit_amount(item["price"], item["quantity"]) for item in subscriptions.items(subscription)),
    )
