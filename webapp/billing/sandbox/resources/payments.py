"""/v1/payment_intents, /v1/setup_intents, /v1/charges and /v1/balance."""

from __future__ import annotations

from typing import Any

from stripe.params import (
    BalanceRetrieveParams,
    BalanceTransactionListParams,
    BalanceTransactionRetrieveParams,
    ChargeListParams,
    ChargeRetrieveParams,
    ChargeUpdateParams,
    PaymentIntentConfirmParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    SetupIntentListParams,
    SetupIntentRetrieveParams,
)

from webapp.billing.sandbox.engine import balance, customers, invoices
from webapp.billing.sandbox.engine.documents import assign, list_of, metadata_after, save_change
from webapp.billing.sandbox.errors import ApiError, declined, invalid
from webapp.billing.sandbox.expansion import includable
from webapp.billing.sandbox.routing import in_range, listing, route
from webapp.billing.sandbox.state import Document, State, public

CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})


@route("GET", "/v1/payment_intents/{id}", PaymentIntentRetrieveParams)
def retrieve_intent(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("payment_intent", id)


@route("GET", "/v1/payment_intents", PaymentIntentListParams)
def list_intents(state: State, params: dict[str, Any]) -> Document:
    return _listed(state, "payment_intent", params, "customer")


@route("POST", "/v1/payment_intents/{id}/confirm", PaymentIntentConfirmParams)
def confirm_intent(state: State, params: dict[str, Any], *, id: str) -> Document:
    """A decline is a 402 and leaves the intent asking for another payment method."""
    intent = state.require("payment_intent", id)
    if intent["status"] not in CONFIRMABLE:
        raise ApiError(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    chosen = params.get("payment_method", intent["payment_method"])
    if chosen is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            "payment_method",
            "payment_intent_unexpected_state",
        )
    method = customers.method_for(state, chosen)
    attempt = invoices.confirm(state, intent, method)
    current = state.require("payment_intent", id)
    if attempt.refusal is not None:
        raise declined(
            attempt.refusal.message,
            attempt.refusal.decline_code,
            code=attempt.refusal.code,
            payment_intent=public(current),
            charge=current["latest_charge"],
        )
    return current


@route("GET", "/v1/setup_intents/{id}", SetupIntentRetrieveParams)
def retrieve_setup(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("setup_intent", id)


@route("GET", "/v1/setup_intents", SetupIntentListParams)
def list_setups(state: State, params: dict[str, Any]) -> Document:
    return _listed(state, "setup_intent", params, "customer", "payment_method")


@route("GET", "/v1/charges/{id}", ChargeRetrieveParams)
def retrieve_charge(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("charge", id)


@route("POST", "/v1/charges/{id}", ChargeUpdateParams)
def update_charge(state: State, params: dict[str, Any], *, id: str) -> Document:
    before = state.require("charge", id)
    after = {**before, "metadata": metadata_after(before["metadata"], params.get("metadata"))}
    assign(after, params, "description", "receipt_email", "fraud_details")
    return save_change(state, "charge.updated", before, after)


@route("GET", "/v1/charges", ChargeListParams)
def list_charges(state: State, params: dict[str, Any]) -> Document:
    return _listed(state, "charge", params, "customer", "payment_intent", "transfer_group")


@route("GET", "/v1/balance", BalanceRetrieveParams)
def retrieve_balance(state: State, params: dict[str, Any]) -> Document:
    return balance.summary(state)


@route("GET", "/v1/balance_transactions/{id}", BalanceTransactionRetrieveParams)
def retrieve_movement(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("balance_transaction", id)


@route("GET", "/v1/balance_transactions", BalanceTransactionListParams)
def list_movements(state: State, params: dict[str, Any]) -> Document:
    return _listed(state, "balance_transaction", params, "currency", "source", "type")


@includable("charge", "refunds")
def refunds(state: State, charge: Document) -> Document:
    return list_of(state.find("refund", charge=charge["id"]), f"/v1/charges/{charge['id']}/refunds")


def _listed(state: State, kind: str, params: dict[str, Any], *fields: str) -> Document:
    same = {name: params[name] for name in fields if name in params}
    rows = [row for row in state.find(kind, **same) if in_range(row["created"], params.get("created"))]
    return listing(rows, params, url=f"/v1/{kind}s")
