"""Collecting invoices, and what that means for their subscriptions."""

from __future__ import annotations

from webapp.billing.sandbox.engine import (
    customers,
    disputes,
    drafts,
    dunning,
    outcome,
    payments,
    pending_updates,
    subscriptions,
)
from webapp.billing.sandbox.engine.outcome import Outcome
from webapp.billing.sandbox.engine.payments import Attempt
from webapp.billing.sandbox.errors import ApiError, invalid
from webapp.billing.sandbox.state import Document, State


def collect(
    state: State,
    invoice: Document,
    *,
    method: Document | None = None,
    on_session: bool = False,
    authenticated: bool = False,
) -> Attempt:
    """Try to charge an open invoice to `method`, or else to the subscription's or customer's default.

    A failure of a renewal plans the next try; it may also be the last, which ends the subscription.
    """
    intent = drafts.intent_of(state, invoice)
    method = method or default_method(state, invoice)
    attempt = payments.attempt(state, intent, method, on_session=on_session, authenticated=authenticated)
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
    _follow(state, invoice, attempt)
    return attempt


def settle(state: State, intent: Document) -> Attempt:
    """End the way of a bank debit, and carry it over to its invoice."""
    attempt = payments.settle(state, intent)
    invoice = invoice_of(state, intent)
    if invoice is not None and invoice["status"] == "open":
        _follow(state, invoice, attempt)
    return attempt


def pay(state: State, invoice_id: str, payment_method: str | None = None, authenticated: bool = False) -> Outcome:
    """Pay an open or draft invoice with the person there, as on its hosted page. Errors: ApiError if it is not open."""
    invoice = state.require("invoice", invoice_id, "invoice")
    if invoice["status"] == "draft":
        invoice = finalise(state, invoice_id)
        if invoice["status"] == "paid":
            return Outcome("paid")
    if invoice["status"] == "paid":
        raise ApiError("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] not in {"open", "uncollectible"}:
        raise invalid(f"This invoice can no longer be paid: it is {invoice['status']}.")
    _refuse_processing(state, invoice)
    method = None
    if payment_method is not None:
        method = customers.method_for(state, payment_method)
        if method["customer"] not in {None, invoice["customer"]}:
            raise invalid("The payment method belongs to another customer.", "payment_method")
        _attach_quietly(state, method, invoice["customer"])
    elif authenticated and (waiting := drafts.intent_of(state, invoice)["payment_method"]):
        method = state.require("payment_method", waiting)
    return outcome.of(collect(state, invoice, method=method, on_session=True, authenticated=authenticated))


def fail_authentication(state: State, invoice_id: str) -> Outcome:
    """Note that the person did not pass 3-D Secure; the invoice stays open and can be paid another way."""
    invoice = state.require("invoice", invoice_id, "invoice")
    return outcome.of(payments.fail_authentication(state, drafts.intent_of(state, invoice)))


def pay_off_stripe(state: State, invoice_id: str) -> Document:
    """Note that an invoice was paid in another way."""
    invoice = state.require("invoice", invoice_id, "invoice")
    if invoice["status"] not in {"open", "uncollectible"}:
        raise invalid(f"This invoice can no longer be paid: it is {invoice['status']}.")
    payment = drafts.default_payment(state, invoice)
    if payment is not None:
        intent = state.require("payment_intent", payment["payment"]["payment_intent"])
        payments.cancel(state, intent, "automatic")
    drafts.mark_paid(state, invoice, invoice["amount_due"], off_stripe=True)
    on_paid(state, invoice)
    return invoice


def finalise(state: State, invoice_id: str) -> Document:
    """Open a draft; nothing is charged yet. Errors: ApiError if it is no draft."""
    invoice = drafts.finalize(state, state.require("invoice", invoice_id, "invoice"))
    if invoice["status"] == "paid":
        on_paid(state, invoice)
    else:
        drafts.intent_of(state, invoice)
    return invoice


def void(state: State, invoice_id: str) -> Document:
    """Void an open invoice, with the pending update that waited for it. Errors: ApiError if it is not open."""
    invoice = state.require("invoice", invoice_id, "invoice")
    subscription = subscription_of(state, invoice)
    if subscription is not None and pending_updates.waits_for(subscription, invoice_id):
        pending_updates.expire(state, subscription)
        return state.require("invoice", invoice_id)
    voided = drafts.void(state, invoice)
    if subscription is None or subscription["latest_invoice"] != invoice_id:
        return voided
    if subscription["status"] == "past_due":
        subscriptions.set_status(state, subscription, "active")
    elif subscription["status"] == "incomplete":
        subscriptions.set_status(state, subscription, "incomplete_expired")
    return voided


def confirm(state: State, intent: Document, method: Document | None, *, authenticated: bool = False) -> Attempt:
    """Confirm a PaymentIntent with the person there; one of an invoice pays that invoice."""
    invoice = invoice_of(state, intent)
    if invoice is not None and invoice["status"] == "open":
        if method is not None:
            _attach_quietly(state, method, invoice["customer"])
        return collect(state, invoice, method=method, on_session=True, authenticated=authenticated)
    return payments.attempt(state, intent, method, on_session=True, authenticated=authenticated)


def intent_for(state: State, invoice_id: str) -> Document:
    """Return an invoice's PaymentIntent."""
    return drafts.intent_of(state, state.require("invoice", invoice_id, "invoice"))


def invoice_of(state: State, intent: Document) -> Document | None:
    """Return the invoice that a PaymentIntent pays, if any."""
    return state.require("invoice", intent["_invoice"]) if intent.get("_invoice") else None


def subscription_of(state: State, invoice: Document) -> Document | None:
    """Return the subscription that an invoice is for, if any."""
    found = drafts.subscription_id(invoice)
    return state.get("subscription", found) if found else None


def default_method(state: State, invoice: Document) -> Document | None:
    """Return what an invoice is charged to unless something else is said."""
    subscription = subscription_of(state, invoice)
    customer = state.get("customer", invoice["customer"]) or {}
    method = (
        invoice["default_payment_method"]
        or (subscription or {}).get("default_payment_method")
        or (customer.get("invoice_settings") or {}).get("default_payment_method")
    )
    return state.get("payment_method", method) if method else None


def on_paid(state: State, invoice: Document) -> None:
    """Carry a payment over to the subscription: active again, or the change that waited for it."""
    dunning.set_delinquent(state, invoice["customer"], delinquent=False)
    subscription = subscription_of(state, invoice)
    if subscription is None or subscription["status"] in subscriptions.OVER:
        return
    if pending_updates.waits_for(subscription, invoice["id"]):
        pending_updates.apply(state, subscription)
        return
    latest = subscription["latest_invoice"] == invoice["id"]
    if subscription["status"] == "paused" and subscription.get("_resuming") == invoice["id"]:
        subscriptions.resumed(state, subscription)
    elif subscription["status"] == "incomplete" or (latest and subscription["status"] in {"past_due", "unpaid"}):
        after = {**subscription, "status": "active"}
        if subscription["payment_settings"]["save_default_payment_method"] == "on_subscription":
            after["default_payment_method"] = drafts.intent_of(state, invoice)["payment_method"]
        subscriptions.save_updated(state, subscription, after)


def _follow(state: State, invoice: Document, attempt: Attempt) -> None:
    """Write the invoice after an attempt, with its events and what follows for the subscription."""
    if attempt.kind == "succeeded":
        intent = drafts.intent_of(state, invoice)
        drafts.mark_paid(state, invoice, invoice["amount_due"])
        on_paid(state, invoice)
        disputes.provoked(state, state.require("charge", intent["latest_charge"]))
    elif attempt.kind == "processing":
        state.put(invoice)
    else:
        _failed(state, invoice, attempt)


def _failed(state: State, invoice: Document, attempt: Attempt) -> None:
    subscription = subscription_of(state, invoice)
    retried = (
        subscription is not None
        and subscription["status"] in {"active", "trialing", "past_due"}
        and not pending_updates.waits_for(subscription, invoice["id"])
        and not invoice.get("_pending_update")
    )
    if retried:
        dunning.schedule(state, invoice)
    state.put(invoice)
    state.emit("invoice.updated", invoice, {"attempt_count": invoice["attempt_count"] - 1})
    state.emit("invoice.payment_failed", invoice)
    if attempt.kind == "requires_action":
        state.emit("invoice.payment_action_required", invoice)
    if not retried or subscription is None:
        return
    dunning.fall_behind(state, invoice, subscription)
    if invoice["next_payment_attempt"] is None:
        dunning.give_up(state, invoice, state.require("subscription", subscription["id"]))


def _refuse_processing(state: State, invoice: Document) -> None:
    payment = drafts.default_payment(state, invoice)
    if payment is None:
        return
    if state.require("payment_intent", payment["payment"]["payment_intent"])["status"] == "processing":
        raise invalid("This invoice's payment is processing: a bank debit is on its way.")


def _attach_quietly(state: State, method: Document, customer: str) -> None:
    """Save a method to the customer even if its charge will be refused: the charge says so, not the saving."""
    if method["customer"] is None:
        method["customer"] = customer
        state.put(method)
        state.emit("payment_method.attached", method)


def open_ones(state: State, subscription: Document) -> list[Document]:
    """Return a subscription's open invoices, newest first."""
    rows = state.find("invoice", customer=subscription["customer"], status="open")
    return [invoice for invoice in rows if drafts.subscription_id(invoice) == subscription["id"]]


def processing(state: State, invoice_id: str | None) -> bool:
    """Whether a bank debit for this invoice is on its way."""
    invoice = state.get("invoice", invoice_id) if invoice_id else None
    payment = drafts.default_payment(state, invoice) if invoice else None
    if payment is None:
        return False
    return bool(state.require("payment_intent", payment["payment"]["payment_intent"])["status"] == "processing")
