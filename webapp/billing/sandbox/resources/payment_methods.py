"""/v1/payment_methods."""

from __future__ import annotations

from typing import Any

from stripe.params import (
    PaymentMethodAttachParams,
    PaymentMethodCreateParams,
    PaymentMethodDetachParams,
    PaymentMethodListParams,
    PaymentMethodRetrieveParams,
    PaymentMethodUpdateParams,
)

from webapp.billing.sandbox.engine import cards, customers
from webapp.billing.sandbox.engine.documents import metadata_after, save_change
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.routing import listing, route
from webapp.billing.sandbox.state import Document, State


@route("POST", "/v1/payment_methods", PaymentMethodCreateParams)
def create(state: State, params: dict[str, Any]) -> Document:
    """A card by its number, or a US bank account."""
    kind = params.get("type")
    if kind == "card" and "number" in params.get("card", {}):
        card = params["card"]
        method = cards.make_card(state, card["number"], card["exp_month"], card["exp_year"], card.get("cvc"))
    elif kind == "us_bank_account" and "account_number" in params.get("us_bank_account", {}):
        account = params["us_bank_account"]
        routing = account.get("routing_number", cards.TEST_ROUTING_NUMBER)
        holder = account.get("account_holder_type", "individual")
        method = cards.make_bank_account(state, account["account_number"], routing, holder)
    else:
        raise invalid("The sandbox makes cards by number and US bank accounts by account number.", "type")
    billing = params.get("billing_details", {})
    method["billing_details"].update({name: value for name, value in billing.items() if name != "address"})
    if "address" in billing:
        method["billing_details"]["address"] = {**method["billing_details"]["address"], **(billing["address"] or {})}
    method["metadata"] = metadata_after(None, params.get("metadata"))
    method["allow_redisplay"] = params.get("allow_redisplay", "unspecified")
    return state.put(method)


@route("GET", "/v1/payment_methods/{id}", PaymentMethodRetrieveParams)
def retrieve(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("payment_method", id)


@route("POST", "/v1/payment_methods/{id}", PaymentMethodUpdateParams)
def update(state: State, params: dict[str, Any], *, id: str) -> Document:
    before = state.require("payment_method", id)
    after = {**before, "metadata": metadata_after(before["metadata"], params.get("metadata"))}
    if "allow_redisplay" in params:
        after["allow_redisplay"] = params["allow_redisplay"]
    card = {name: params["card"][name] for name in ("exp_month", "exp_year") if name in params.get("card", {})}
    if card:
        after["card"] = {**before["card"], **card}
    return save_change(state, "payment_method.updated", before, after)


@route("POST", "/v1/payment_methods/{id}/attach", PaymentMethodAttachParams)
def attach(state: State, params: dict[str, Any], *, id: str) -> Document:
    if "customer" not in params:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    return customers.attach(state, id, params["customer"])


@route("POST", "/v1/payment_methods/{id}/detach", PaymentMethodDetachParams)
def detach(state: State, params: dict[str, Any], *, id: str) -> Document:
    return customers.detach(state, id)


@route("GET", "/v1/payment_methods", PaymentMethodListParams)
def list_all(state: State, params: dict[str, Any]) -> Document:
    same = {name: params[name] for name in ("customer", "type") if name in params}
    rows = state.find("payment_method", **same) if "customer" in params else []
    return listing(rows, params, url="/v1/payment_methods")
