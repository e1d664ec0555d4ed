"""What a Checkout Session would make now, and what its page shows; nothing of it is written."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from webapp.billing.sandbox.engine import creation, customers, discounts, drafts, lines, money, subscriptions
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State


class Order(NamedTuple):
    """What a session would make now: nothing of it is written yet."""

    customer: Document
    subscription: Document
    invoice: Document
    discounts: list[Document]


def order(state: State, session: Document, promotion_code: str | None = None, email: str | None = None) -> Order:
    """Work out the subscription and its first invoice. Errors: ApiError for a code that cannot be used."""
    customer = _customer(state, session, email)
    wanted = session["_subscription_data"]
    trial_end = creation.trial_end_of(state, wanted)
    subscription = subscriptions.new(state, customer["id"], session["_items"], trial_end=trial_end)
    creation.apply_options(state, subscription, wanted)
    if session["automatic_tax"]["enabled"]:
        subscription["automatic_tax"].update(enabled=True, liability={"type": "self"})
    whole = sum(lines.unit_amount(item["price"], item["quantity"]) for item in subscription["items"]["data"])
    given = discounts.wanted(
        state,
        _codes(state, session, promotion_code),
        customer=customer["id"],
        subscription=subscription["id"],
        subtotal=whole,
    )
    subscription["discounts"] = [discount["id"] for discount in given]
    invoice = creation.first_invoice(state, subscription, customer, given)
    subscription["latest_invoice"] = invoice["id"]
    return Order(customer, subscription, invoice, given)


def preview(state: State, session_id: str, promotion_code: str | None = None) -> dict[str, Any]:
    """Return what the page shows. Errors: ApiError for a session that is not open or a code that cannot be used.

    `lines`: {description, quantity, amount, unit}; `discount`, `tax`, `due_today`; `then`: a later period;
    `trial_end` or None; `promotion_code`: the code in use; `needs_method`: whether a card or account is asked for.
    """
    session = open_session(state, session_id)
    made = order(state, session, promotion_code)
    invoice, subscription = made.invoice, made.subscription
    price = subscriptions.items(subscription)[0]["price"]
    later = drafts.build(
        state, made.customer, subscription, _next_lines(state, subscription), "upcoming", given=made.discounts
    )
    code = made.discounts[0]["promotion_code"] if made.discounts else None
    return {
        "currency": invoice["currency"],
        "lines": [
            {
                "description": line["description"],
                "quantity": line["quantity"],
                "amount": line["amount"],
                "unit": money.share(line["amount"], 1, line["quantity"]),
            }
            for line in invoice["lines"]["data"]
        ],
        "subtotal": invoice["subtotal"],
        "discount": sum(taken["amount"] for taken in invoice["total_discount_amounts"]),
        "tax": 0,
        "due_today": invoice["amount_due"],
        "then": later["total"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "trial_end": subscription["trial_end"],
        "promotion_code": state.require("promotion_code", code)["code"] if code else None,
        "needs_method": needs_method(session, invoice),
    }


def open_session(state: State, id: str) -> Document:
    """Return a session. Errors: ApiError if it is not open."""
    session = state.require("checkout.session", id, "session")
    if session["status"] != "open":
        raise invalid(f"This Checkout Session is {session['status']}.", "session")
    return session


def _codes(state: State, session: Document, typed: str | None) -> list[dict[str, str]]:
    """Return the discounts that the session brings, or the code that the person typed."""
    if not typed:
        return [{name: value for name, value in row.items() if value} for row in session["discounts"] or []]
    if not session["allow_promotion_codes"]:
        raise invalid("This Checkout Session takes no promotion codes.", "promotion_code")
    code = state.get("promotion_code", typed) or discounts.find_promotion_code(state, typed)
    if code is None:
        raise invalid("This code is invalid.", "promotion_code")
    return [{"promotion_code": code["id"]}]


def _customer(state: State, session: Document, email: str | None) -> Document:
    if session["customer"] is not None:
        return customers.living(state, session["customer"])
    return customers.new(state, {"email": session["customer_email"] or email})


def needs_method(session: Document, invoice: Document) -> bool:
    """Whether a card or account is asked for."""
    return bool(invoice["amount_due"] > 0 or session["payment_method_collection"] == "always")


def _next_lines(state: State, subscription: Document) -> list[lines.Line]:
    """Return the lines of the first period that is paid in full."""
    later = {**copy.deepcopy(subscription), "trial_end": None}
    return [
        lines.period_line(state, later, item, item["current_period_start"], item["current_period_end"])
        for item in subscriptions.items(later)
    ]
