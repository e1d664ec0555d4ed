"""How a subscription begins: its first invoice, and POST /v1/subscriptions."""

from __future__ import annotations

from typing import Any

from webapp.billing.sandbox.engine import (
    customers,
    discounts,
    drafts,
    invoices,
    lines,
    schedule,
    subscriptions,
)
from webapp.billing.sandbox.engine.documents import assign, metadata_after
from webapp.billing.sandbox.engine.payments import Attempt
from webapp.billing.sandbox.engine.periods import DAY
from webapp.billing.sandbox.errors import declined, invalid
from webapp.billing.sandbox.state import Document, State

LONGEST_TRIAL_DAYS = 730
TRIAL_WARNING = 3 * DAY
"""How long before its end a trial is announced."""


NOT_HERE = frozenset(
    {
        "add_invoice_items",
        "application_fee_percent",
        "backdate_start_date",
        "billing_cycle_anchor_config",
        "billing_schedules",
        "billing_thresholds",
        "default_source",
        "default_tax_rates",
        "on_behalf_of",
        "pending_invoice_item_interval",
        "transfer_data",
    }
)
"""What Stripe knows of a subscription and the sandbox does not do: refused, not passed over."""


def first_invoice(
    state: State, subscription: Document, customer: Document, given: list[Document] | None = None
) -> Document:
    """Return the draft of a new subscription's first invoice; it is not written."""
    rows = [
        lines.period_line(state, subscription, item, item["current_period_start"], item["current_period_end"])
        for item in subscriptions.items(subscription)
    ]
    pending = lines.pending(state, customer["id"], None)
    return drafts.build(state, customer, subscription, [*pending, *rows], "subscription_create", given=given)


def begin(state: State, subscription: Document, given: list[Document]) -> None:
    """Write a new subscription with its discounts and emit customer.subscription.created."""
    for discount in given:
        discounts.redeem(state, discount)
    state.put(subscription)
    state.emit("customer.subscription.created", subscription)
    announce_trial_end(state, subscription)


def announce_trial_end(state: State, subscription: Document) -> bool:
    """Emit trial_will_end once, three days before the end or at once when the trial is shorter."""
    trial_end = subscription["trial_end"]
    due = subscription["status"] == "trialing" and trial_end - TRIAL_WARNING <= state.now < trial_end
    if due and subscription.get("_announced") != trial_end:
        state.put({**subscription, "_announced": trial_end})
        state.emit("customer.subscription.trial_will_end", subscription)
        return True
    return False


def trial_end_of(state: State, params: dict[str, Any]) -> int | None:
    """Return when the wanted trial ends, or None. Errors: ApiError for one in the past or over two years."""
    if "billing_cycle_anchor" in params:
        raise invalid("The sandbox begins the first period at once.", "billing_cycle_anchor")
    if params.get("trial_end") == "now":
        return None
    if "trial_period_days" in params and "trial_end" in params:
        raise invalid("You cannot set both `trial_end` and `trial_period_days`.", "trial_end")
    days = params.get("trial_period_days")
    end: int | None = params.get("trial_end")
    if days is not None:
        if days < 1:
            raise invalid("The minimum number of trial period days is 1.", "trial_period_days")
        end = state.now + days * DAY
    if end is not None and end <= state.now:
        raise invalid("trial_end must be an integer Unix timestamp in the future.", "trial_end")
    if end is not None and end > state.now + LONGEST_TRIAL_DAYS * DAY:
        raise invalid("The trial may be at most two years long.", "trial_end")
    return end


def create(state: State, params: dict[str, Any]) -> Document:
    """Create a subscription as the API does: incomplete until its first invoice is paid, trialing with a trial.

    Errors: ApiError; a decline with `payment_behavior` error_if_incomplete leaves nothing behind.
    """
    behavior = params.get("payment_behavior", "allow_incomplete")
    if behavior == "pending_if_incomplete":
        raise invalid("`pending_if_incomplete` is for updates only.", "payment_behavior")
    if params.get("collection_method", "charge_automatically") != "charge_automatically":
        raise invalid("The sandbox charges automatically only.", "collection_method")
    customer = customers.living(state, params["customer"])
    trial_end = trial_end_of(state, params)
    subscription = subscriptions.new(state, customer["id"], params.get("items", []), trial_end=trial_end)
    apply_options(state, subscription, params)
    schedule.apply(state, subscription, params)
    whole = first_invoice(state, subscription, customer, [])["subtotal"]
    given = discounts.wanted(
        state,
        params.get("discounts") or [],
        customer=customer["id"],
        subscription=subscription["id"],
        subtotal=whole,
    )
    subscription["discounts"] = [discount["id"] for discount in given]
    invoice = first_invoice(state, subscription, customer, given)
    subscription["latest_invoice"] = invoice["id"]
    if invoice["amount_due"] > 0:
        subscription["status"] = "incomplete"
    begin(state, subscription, given)
    drafts.save(state, invoice)
    drafts.finalize(state, invoice)
    if invoice["status"] == "open":
        _collect_first(state, invoice, behavior)
    subscriptions.drop_used_discounts(state, subscription["id"])
    return state.require("subscription", subscription["id"])


def apply_options(state: State, subscription: Document, params: dict[str, Any]) -> None:
    """Take what creating and updating have in common: payment method, metadata, description, tax, trial settings."""
    for name in sorted(NOT_HERE & set(params)):
        raise invalid(f"The sandbox does not do this: {name}", name)
    subscription["metadata"] = metadata_after(subscription["metadata"], params.get("metadata"))
    assign(subscription, params, "description", "default_payment_method", "days_until_due")
    method = params.get("default_payment_method")
    if method:
        owner = state.require("payment_method", method, "default_payment_method")["customer"]
        if owner != subscription["customer"]:
            raise invalid(
                f"The customer does not have a payment method with the ID {method}. The payment method must be "
                "attached to the customer.",
                "default_payment_method",
                "resource_missing",
            )
    if "automatic_tax" in params:
        enabled = params["automatic_tax"]["enabled"]
        subscription["automatic_tax"] = {
            "disabled_reason": None,
            "enabled": enabled,
            "liability": {"type": "self"} if enabled else None,
        }
    for group in ("payment_settings", "trial_settings", "cancellation_details"):
        subscription[group] = _merged(subscription[group], params.get(group) or {})


def _merged(current: Document, given: dict[str, Any]) -> Document:
    result = dict(current)
    for name, value in given.items():
        nested = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = _merged(result[name], value) if nested else (None if value == "" else value)
    return result


def _collect_first(state: State, invoice: Document, behavior: str) -> None:
    intent = drafts.intent_of(state, invoice)
    method = invoices.default_method(state, invoice)
    if behavior == "default_incomplete":
        if method is not None:
            state.put({**intent, "payment_method": method["id"], "status": "requires_confirmation"})
        return
    attempt = invoices.collect(state, invoice, on_session=True)
    if behavior == "error_if_incomplete":
        refuse_incomplete(attempt)


def refuse_incomplete(attempt: Attempt) -> None:
    """Raise an ApiError that undoes everything, unless the attempt succeeded or is on its way."""
    if attempt.kind == "requires_action":
        raise declined(
            "The payment requires confirmation by the customer.",
            code="subscription_payment_intent_requires_action",
            keep=False,
        )
    if attempt.refusal is not None:
        raise declined(attempt.refusal.message, attempt.refusal.decline_code, code=attempt.refusal.code, keep=False)
