"""/v1/customers."""

from __future__ import annotations

from typing import Any

from stripe.params import (
    CustomerCreateParams,
    CustomerDeleteParams,
    CustomerListParams,
    CustomerPaymentMethodListParams,
    CustomerPaymentMethodRetrieveParams,
    CustomerRetrieveParams,
    CustomerUpdateParams,
)

from webapp.billing.sandbox.engine import cancellation, customers, subscriptions
from webapp.billing.sandbox.engine.documents import list_of
from webapp.billing.sandbox.errors import missing
from webapp.billing.sandbox.expansion import includable
from webapp.billing.sandbox.routing import in_range, listing, route
from webapp.billing.sandbox.state import Document, State


@route("POST", "/v1/customers", CustomerCreateParams)
def create(state: State, params: dict[str, Any]) -> Document:
    return customers.create(state, params)


@route("GET", "/v1/customers/{id}", CustomerRetrieveParams)
def retrieve(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("customer", id)


@route("POST", "/v1/customers/{id}", CustomerUpdateParams)
def update(state: State, params: dict[str, Any], *, id: str) -> Document:
    return customers.update(state, id, params)


@route("DELETE", "/v1/customers/{id}", CustomerDeleteParams)
def delete(state: State, params: dict[str, Any], *, id: str) -> Document:
    return cancellation.delete_customer(state, id)


@route("GET", "/v1/customers", CustomerListParams)
def list_all(state: State, params: dict[str, Any]) -> Document:
    same = {"email": params["email"]} if "email" in params else {}
    rows = [
        row
        for row in state.find("customer", **same)
        if not row.get("deleted") and in_range(row["created"], params.get("created"))
    ]
    return listing(rows, params, url="/v1/customers")


@route("GET", "/v1/customers/{id}/payment_methods", CustomerPaymentMethodListParams)
def list_payment_methods(state: State, params: dict[str, Any], *, id: str) -> Document:
    customers.living(state, id)
    same = {"type": params["type"]} if "type" in params else {}
    rows = state.find("payment_method", customer=id, **same)
    return listing(rows, params, url=f"/v1/customers/{id}/payment_methods")


@route("GET", "/v1/customers/{id}/payment_methods/{method}", CustomerPaymentMethodRetrieveParams)
def retrieve_payment_method(state: State, params: dict[str, Any], *, id: str, method: str) -> Document:
    found = state.require("payment_method", method)
    if found["customer"] != id:
        raise missing("payment_method", method)
    return found


@includable("customer", "subscriptions")
def subscriptions_of(state: State, customer: Document) -> Document:
    rows = [
        row for row in state.find("subscription", customer=customer["id"]) if row["status"] not in subscriptions.OVER
    ]
    return list_of(rows, f"/v1/customers/{customer['id']}/subscriptions")


@includable("customer", "tax_ids")
def tax_ids(state: State, customer: Document) -> Document:
    return list_of([], f"/v1/customers/{customer['id']}/tax_ids")


@includable("customer", "sources")
def sources(state: State, customer: Document) -> Document:
    return list_of([], f"/v1/customers/{customer['id']}/sources")


@includable("customer", "tax")
def tax(state: State, customer: Document) -> Document:
    address = customer["address"]
    located = bool(address and address["country"])
    return {
        "automatic_tax": "supported" if located else "unrecognized_location",
        "ip_address": None,
        "location": {"country": address["country"], "source": "billing_address", "state": address["state"]}
        if located
        else None,
        "provider": "stripe",
    }
