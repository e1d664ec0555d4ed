"""PaymentIntents and the charges they try (https://docs.stripe.com/payments/paymentintents/lifecycle)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from webapp.billing.sandbox.engine import balance, cards, settings
from webapp.billing.sandbox.engine.payment_shapes import empty_charge, empty_intent, outcome_of
from webapp.billing.sandbox.engine.periods import DAY
from webapp.billing.sandbox.state import Document, State, public

Kind = Literal["succeeded", "processing", "requires_action", "declined"]
SETTLING_DAYS = 3
"""How long a bank debit is on its way."""


class Attempt(NamedTuple):
    """How one attempt ended. `refusal` is set when it was declined."""

    kind: Kind
    refusal: cards.Refusal | None = None


def new_intent(
    state: State, amount: int, currency: str, customer: str | None, description: str | None, *, save: bool = True
) -> Document:
    """Write a PaymentIntent that waits for a payment method. `save`: the method may be charged again later."""
    intent = empty_intent(state, amount, currency, customer, description, save=save)
    state.put(intent)
    state.emit("payment_intent.created", intent)
    return intent


def attempt(
    state: State, intent: Document, method: Document | None, *, on_session: bool, authenticated: bool = False
) -> Attempt:
    """Try to charge `method`; `intent` and the charge are written and their events emitted.

    `on_session`: the person is there and can do 3-D Secure; `authenticated`: they just did.
    """
    if method is None:
        return _fail(state, intent, None, cards.NO_PAYMENT_METHOD)
    intent["payment_method"] = method["id"]
    if method["type"] == "us_bank_account":
        return _process(state, intent, method)
    if refusal := _refusal(state, intent, method):
        return _fail(state, intent, method, refusal)
    if needs_authentication(method, on_session=on_session) and not authenticated:
        return _ask(state, intent)
    if authenticated:
        state.put({**method, "_authenticated": True})
    return _succeed(state, intent, method, empty_charge(state, intent, method))


def needs_authentication(method: Document, *, on_session: bool) -> bool:
    """Whether the bank asks for 3-D Secure."""
    asks = cards.behaviour(method).authentication
    if asks == "once":
        return not method["_authenticated"]
    return asks == "always" or (asks == "on_session" and on_session)


def settle(state: State, intent: Document) -> Attempt:
    """End the way of a bank debit: it arrives or comes back."""
    method = state.require("payment_method", intent["payment_method"])
    charge = state.require("charge", intent["latest_charge"])
    intent.pop("_settles_at", None)
    refusal = _refusal(state, intent, method)
    return _fail(state, intent, method, refusal, charge) if refusal else _succeed(state, intent, method, charge)


def fail_authentication(state: State, intent: Document) -> Attempt:
    """Note that the person did not pass 3-D Secure; nothing was charged."""
    return _refuse(state, intent, cards.AUTHENTICATION_FAILED, intent["payment_method"], None)


def cancel(state: State, intent: Document, reason: str) -> None:
    """Give up on a PaymentIntent that has not succeeded."""
    if intent["status"] not in {"succeeded", "canceled"}:
        intent.update(status="canceled", canceled_at=state.now, cancellation_reason=reason, next_action=None)
        intent.pop("_settles_at", None)
        state.put(intent)
        state.emit("payment_intent.canceled", intent)


def _refusal(state: State, intent: Document, method: Document) -> cards.Refusal | None:
    customer = state.get("customer", intent["customer"]) if intent["customer"] else None
    left = customer.get("_fail_next", 0) if customer else 0
    if customer and left:
        state.put({**customer, "_fail_next": left - 1})
        return cards.GENERIC
    return cards.behaviour(method).refusal


def _succeed(state: State, intent: Document, method: Document, charge: Document) -> Attempt:
    fee = balance.charge_fee(intent["amount"])
    kind = "charge" if method["type"] == "card" else "payment"
    movement = balance.move(state, kind, intent["amount"], intent["currency"], charge["id"], fee=fee)
    charge.update(
        status="succeeded",
        paid=True,
        captured=True,
        amount_captured=charge["amount"],
        balance_transaction=movement["id"],
        outcome=outcome_of("authorized", "approved_by_network", "Payment complete.", None),
        receipt_url=settings.url(state, f"/receipts/{charge['id']}"),
    )
    state.put(charge)
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
        processing=None,
    )
    state.put(intent)
    state.emit("charge.succeeded", charge)
    state.emit("payment_intent.succeeded", intent)
    return Attempt("succeeded")


def _fail(
    state: State, intent: Document, method: Document | None, refusal: cards.Refusal, charge: Document | None = None
) -> Attempt:
    if method is None:
        return _refuse(state, intent, refusal, None, None)
    charge = charge or empty_charge(state, intent, method)
    charge.update(
        status="failed",
        failure_code=refusal.code,
        failure_message=refusal.message,
        outcome=outcome_of("issuer_declined", "declined_by_network", refusal.message, refusal.decline_code),
    )
    state.put(charge)
    intent["latest_charge"] = charge["id"]
    state.emit("charge.failed", charge)
    return _refuse(state, intent, refusal, method["id"], charge["id"])


def _refuse(state: State, intent: Document, refusal: cards.Refusal, method: str | None, charge: str | None) -> Attempt:
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        processing=None,
        last_payment_error={
            "type": "card_error" if method else "invalid_request_error",
            "code": refusal.code,
            "decline_code": refusal.decline_code,
            "message": refusal.message,
            "charge": charge,
            "payment_method": public(state.require("payment_method", method)) if method else None,
        },
    )
    state.put(intent)
    state.emit("payment_intent.payment_failed", intent)
    return Attempt("declined", refusal)


def _ask(state: State, intent: Document) -> Attempt:
    """Ask for 3-D Secure; the sandbox's page for it stands in `next_action`."""
    address = settings.url(state, f"/3d-secure/{intent['id']}")
    intent.update(
        status="requires_action",
        next_action={"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": address}},
    )
    state.put(intent)
    state.emit("payment_intent.requires_action", intent)
    return Attempt("requires_action")


def _process(state: State, intent: Document, method: Document) -> Attempt:
    charge = state.put(empty_charge(state, intent, method))
    intent.update(
        status="processing",
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
        _settles_at=state.now + SETTLING_DAYS * DAY,
    )
    state.put(intent)
    state.emit("charge.pending", charge)
    state.emit("payment_intent.processing", intent)
    return Attempt("processing")
