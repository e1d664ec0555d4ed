"""Checkout Sessions in subscription mode (https://docs.stripe.com/payments/checkout/how-checkout-works).

The subscription is made once its first payment succeeded (or needs none): a declined card leaves none behind.
"""

from __future__ import annotations

from typing import Any

from webapp.billing.sandbox.engine import (
    cards,
    creation,
    customers,
    disputes,
    drafts,
    outcome,
    payments,
    sessions,
    subscriptions,
)
from webapp.billing.sandbox.engine.documents import save_change
from webapp.billing.sandbox.engine.orders import Order, needs_method, open_session, order
from webapp.billing.sandbox.engine.orders import preview as preview  # the pages find it here, beside pay
from webapp.billing.sandbox.engine.outcome import NEEDS_AUTHENTICATION, Outcome
from webapp.billing.sandbox.engine.payments import Attempt
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State


def pay(
    state: State,
    session_id: str,
    payment_method: str | None,
    *,
    authenticated: bool = False,
    promotion_code: str | None = None,
    email: str | None = None,
) -> Outcome:
    """Pay, or start the trial. `payment_method`: an id; None where none is asked for. `email`: as typed on the page.

    Errors: ApiError for a session that is not open or a code that cannot be used.
    """
    session = open_session(state, session_id)
    made = order(state, session, promotion_code, email)
    method = customers.method_for(state, payment_method) if payment_method else None
    if method is None and needs_method(session, made.invoice):
        raise invalid("Please enter a payment method.", "payment_method")
    if made.invoice["amount_due"] == 0:
        refused = _check_setup(method, authenticated) if method else None
        if refused is not None:
            return refused
        _complete(state, session, made, method, None, authenticated)
        return Outcome("paid")
    intent = _intent(state, session, made.invoice)
    attempt = payments.attempt(state, intent, method, on_session=True, authenticated=authenticated)
    if attempt.kind in {"succeeded", "processing"}:
        _complete(state, session, made, method, intent, authenticated)
    return outcome.of(attempt)


def fail_authentication(state: State, session_id: str) -> Outcome:
    """Note that the person did not pass 3-D Secure; the session stays open."""
    session = open_session(state, session_id)
    if session.get("_intent"):
        payments.fail_authentication(state, state.require("payment_intent", session["_intent"]))
    return Outcome("declined", cards.AUTHENTICATION_FAILED.message, cards.AUTHENTICATION_FAILED)


def expire(state: State, session_id: str) -> Document:
    """Close an open session. Errors: ApiError if it is not open."""
    before = state.require("checkout.session", session_id, "session")
    if before["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{before['status']}.",
            "session",
        )
    after = {**before, "status": "expired", "url": None}
    state.put(after)
    if before.get("_intent"):
        payments.cancel(state, state.require("payment_intent", before["_intent"]), "abandoned")
    state.emit("checkout.session.expired", after)
    return after


def settled(state: State, intent: Document, attempt: Attempt) -> None:
    """Tell the session of a bank debit how the debit ended."""
    for session in state.find("checkout.session", _intent=intent["id"], status="complete"):
        if attempt.kind == "succeeded":
            session["payment_status"] = "paid"
            state.put(session)
            state.emit("checkout.session.async_payment_succeeded", session)
        else:
            state.emit("checkout.session.async_payment_failed", session)


def _check_setup(method: Document, authenticated: bool) -> Outcome | None:
    """Return why a card cannot be saved for later, or None. Nothing is charged."""
    acts = cards.behaviour(method)
    if acts.refusal and not acts.attaches:
        return Outcome("declined", acts.refusal.message, acts.refusal)
    if payments.needs_authentication(method, on_session=True) and not authenticated:
        return Outcome("needs_authentication", NEEDS_AUTHENTICATION)
    return None


def _intent(state: State, session: Document, invoice: Document) -> Document:
    """Return the session's PaymentIntent over what is due now; another amount makes another intent."""
    if session.get("_intent"):
        known = state.require("payment_intent", session["_intent"])
        if known["amount"] == invoice["amount_due"] and known["status"] != "canceled":
            return known
        payments.cancel(state, known, "abandoned")
    amount, currency = invoice["amount_due"], invoice["currency"]
    intent = payments.new_intent(state, amount, currency, session["customer"], "Subscription creation")
    session["_intent"] = intent["id"]
    state.put(session)
    return intent


def _complete(
    state: State,
    session: Document,
    made: Order,
    method: Document | None,
    intent: Document | None,
    authenticated: bool,
) -> None:
    """Write all that a paid session makes, and its events in Stripe's order."""
    customer, subscription, invoice = made.customer, made.subscription, made.invoice
    if session["customer"] is None:
        state.put(customer)
        state.emit("customer.created", customer)
    if method is not None:
        _save_method(state, method["id"], customer["id"], authenticated)
        subscription["default_payment_method"] = method["id"]
    paid = intent is None or intent["status"] == "succeeded"
    if not paid:
        subscription["status"] = "incomplete"
    for discount in made.discounts:
        discount["checkout_session"] = session["id"]
    creation.begin(state, subscription, made.discounts)
    drafts.save(state, invoice)
    if intent is not None:
        intent["customer"] = customer["id"]
        state.put(intent)
        drafts.bind_intent(state, invoice, intent)
    drafts.finalize(state, invoice)
    if intent is not None:
        invoice.update(attempted=True, attempt_count=1)
        state.put(invoice)
        if paid:
            drafts.mark_paid(state, invoice, invoice["amount_due"])
    subscriptions.drop_used_discounts(state, subscription["id"])
    _close(state, session, made, method, paid=paid, charged=intent is not None)
    if intent is not None and paid:
        disputes.provoked(state, state.require("charge", intent["latest_charge"]))


def _save_method(state: State, method_id: str, customer_id: str, authenticated: bool) -> None:
    before = state.require("payment_method", method_id)
    method = {
        **before,
        "customer": customer_id,
        "allow_redisplay": "limited",
        "_authenticated": before["_authenticated"] or authenticated,
    }
    if method["type"] == "card":
        method["card"] = {**method["card"], "checks": {**method["card"]["checks"], "cvc_check": "pass"}}
    state.put(method)
    if before["customer"] is None:
        state.emit("payment_method.attached", method)


def _close(state: State, session: Document, made: Order, method: Document | None, *, paid: bool, charged: bool) -> None:
    customer, invoice = made.customer, made.invoice
    status = "no_payment_required" if not charged else ("paid" if paid else "unpaid")
    session.update(
        status="complete",
        payment_status=status,
        url=None,
        customer=customer["id"],
        subscription=made.subscription["id"],
        invoice=invoice["id"],
        discounts=[
            {
                "coupon": None if row["promotion_code"] else row["source"]["coupon"],
                "promotion_code": row["promotion_code"],
            }
            for row in made.discounts
        ],
        customer_details=sessions.customer_details(customer),
    )
    sessions.set_amounts(session, invoice)
    state.put(session)
    _update_customer(state, session, customer, method)
    state.emit("checkout.session.completed", session)


def _update_customer(state: State, session: Document, customer: Document, method: Document | None) -> None:
    """Save the name and address that were typed with the card or on the page, where the session asks for it."""
    typed = {**(method["billing_details"] if method else {}), **session.get("_typed", {})}
    asked = {name for name, how in session["_customer_update"].items() if how == "auto"}
    changes = {name: typed[name] for name in sorted(asked & {"address", "name"}) if _filled(typed.get(name))}
    current = state.require("customer", customer["id"])
    save_change(state, "customer.updated", current, {**current, **changes})


def _filled(value: Any) -> bool:
    return bool(value) and (not isinstance(value, dict) or value.get("country") is not None)
