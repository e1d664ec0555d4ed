"""Customers and the payment methods they keep."""

from __future__ import annotations

from typing import Any

from webapp.billing.sandbox.engine import cards
from webapp.billing.sandbox.engine.documents import assign, metadata_after, save_change
from webapp.billing.sandbox.errors import declined, invalid, missing
from webapp.billing.sandbox.state import Document, State

FIELDS = (
    "address",
    "balance",
    "business_name",
    "description",
    "email",
    "individual_name",
    "invoice_prefix",
    "name",
    "next_invoice_sequence",
    "phone",
    "preferred_locales",
    "shipping",
    "tax_exempt",
)
INVOICE_SETTINGS = ("custom_fields", "default_payment_method", "footer", "rendering_options")


def new(state: State, params: dict[str, Any]) -> Document:
    """Return a customer that is not written yet."""
    customer: Document = {
        "id": state.new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "business_name": None,
        "created": state.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "individual_name": None,
        "invoice_prefix": state.new_id("x")[-8:].upper(),
        "invoice_settings": dict.fromkeys(INVOICE_SETTINGS),
        "livemode": False,
        "metadata": metadata_after(None, params.get("metadata")),
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    _fill(customer, params)
    return customer


def create(state: State, params: dict[str, Any]) -> Document:
    """Write a customer, with a payment method when one is given. Errors: ApiError, as for a refused card."""
    customer = new(state, params)
    state.put(customer)
    state.emit("customer.created", customer)
    if "payment_method" in params:
        attach(state, params["payment_method"], customer["id"])
    _check_default(state, customer)
    return customer


def update(state: State, id: str, params: dict[str, Any]) -> Document:
    """Change a customer. Errors: ApiError for one that does not exist or a payment method of someone else."""
    before = living(state, id)
    after = {**before, "metadata": metadata_after(before["metadata"], params.get("metadata"))}
    _fill(after, params)
    _check_default(state, after)
    return save_change(state, "customer.updated", before, after)


def living(state: State, id: str, param: str = "customer") -> Document:
    """Return a customer that has not been deleted. Errors: ApiError resource_missing."""
    customer = state.get("customer", id)
    if customer is None or customer.get("deleted"):
        raise missing("customer", id, param)
    return customer


def forget(state: State, id: str) -> Document:
    """Leave of a customer only that it was deleted; its payment methods are detached. The caller ended what it had."""
    customer = living(state, id)
    for method in state.find("payment_method", customer=id):
        detach(state, method["id"])
    state.put({"id": id, "object": "customer", "deleted": True})
    state.emit("customer.deleted", customer)
    return {"id": id, "object": "customer", "deleted": True}


def set_default_payment_method(state: State, id: str, method: str | None) -> Document:
    """Make a payment method the one that invoices are charged to."""
    before = living(state, id)
    after = {**before, "invoice_settings": {**before["invoice_settings"], "default_payment_method": method}}
    return save_change(state, "customer.updated", before, after)


def set_balance(state: State, id: str, balance: int) -> None:
    """Keep what the customer owes (positive) or is owed (negative) from invoice to invoice."""
    before = living(state, id)
    save_change(state, "customer.updated", before, {**before, "balance": balance})


def fail_next_payments(state: State, id: str, times: int = 1) -> None:
    """Refuse the customer's next payments, whatever the card: for trying things out."""
    state.put({**living(state, id), "_fail_next": times})


def method_for(state: State, id: str) -> Document:
    """Return a payment method by id or test name. Errors: ApiError resource_missing."""
    return cards.from_token(state, id) or state.require("payment_method", id, "payment_method")


def attach(state: State, method_id: str, customer_id: str, *, authenticated: bool = False) -> Document:
    """Save a payment method to a customer, as a SetupIntent or `attach` does. Errors: ApiError card_error, or taken."""
    customer, method = living(state, customer_id), method_for(state, method_id)
    if method["customer"] not in {None, customer["id"]}:
        raise invalid(
            "The payment method you provided has already been attached to a customer.",
            "payment_method",
            "payment_method_unexpected_state",
        )
    acts = cards.behaviour(method)
    if acts.refusal and not acts.attaches:
        raise declined(acts.refusal.message, acts.refusal.decline_code, code=acts.refusal.code, keep=False)
    if method["type"] == "card" and method["card"]["checks"]["cvc_check"] == "unchecked":
        method["card"]["checks"]["cvc_check"] = "pass"
    known = method["customer"] is not None
    method.update(customer=customer["id"], _authenticated=method["_authenticated"] or authenticated)
    state.put(method)
    if not known:
        state.emit("payment_method.attached", method)
    return method


def detach(state: State, method_id: str) -> Document:
    """Take a payment method from its customer; nothing is charged to it any more. Errors: ApiError if it has none."""
    before = state.require("payment_method", method_id, "payment_method")
    if before["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            "payment_method",
            "payment_method_unexpected_state",
        )
    owner = state.require("customer", before["customer"])
    after = {**before, "customer": None}
    save_change(state, "payment_method.detached", before, after)
    if owner["invoice_settings"]["default_payment_method"] == method_id:
        set_default_payment_method(state, owner["id"], None)
    for subscription in state.find("subscription", customer=owner["id"], default_payment_method=method_id):
        without = {**subscription, "default_payment_method": None}
        save_change(state, "customer.subscription.updated", subscription, without)
    return after


def _fill(customer: Document, params: dict[str, Any]) -> None:
    assign(customer, params, *FIELDS)
    settings = params.get("invoice_settings") or {}
    customer["invoice_settings"] = dict(customer["invoice_settings"])
    assign(customer["invoice_settings"], settings, *INVOICE_SETTINGS)
    if customer["address"] is not None:
        parts = ("city", "country", "line1", "line2", "postal_code", "state")
        customer["address"] = {**dict.fromkeys(parts), **customer["address"]}


def _check_default(state: State, customer: Document) -> None:
    default = customer["invoice_settings"]["default_payment_method"]
    if default is not None:
        method = state.require("payment_method", default, "invoice_settings[default_payment_method]")
        if method["customer"] != customer["id"]:
            raise invalid(
                "The customer does not have a payment method with the ID "
                f"{default}. The payment method must be attached to the customer.",
                "invoice_settings[default_payment_method]",
                "resource_missing",
            )
