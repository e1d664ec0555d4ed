"""/v1/products and /v1/prices."""

from __future__ import annotations

from typing import Any

from stripe.params import (
    PriceCreateParams,
    PriceListParams,
    PriceRetrieveParams,
    PriceUpdateParams,
    ProductCreateParams,
    ProductDeleteParams,
    ProductListParams,
    ProductRetrieveParams,
    ProductUpdateParams,
)

from webapp.billing.sandbox.engine import catalogue
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.expansion import includable
from webapp.billing.sandbox.routing import in_range, listing, route
from webapp.billing.sandbox.state import Document, State


@route("POST", "/v1/products", ProductCreateParams)
def create_product(state: State, params: dict[str, Any]) -> Document:
    return catalogue.create_product(state, params)


@route("GET", "/v1/products/{id}", ProductRetrieveParams)
def retrieve_product(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("product", id)


@route("POST", "/v1/products/{id}", ProductUpdateParams)
def update_product(state: State, params: dict[str, Any], *, id: str) -> Document:
    return catalogue.update_product(state, id, params)


@route("DELETE", "/v1/products/{id}", ProductDeleteParams)
def delete_product(state: State, params: dict[str, Any], *, id: str) -> Document:
    product = state.require("product", id)
    if state.find("price", product=id):
        raise invalid("This product cannot be deleted because it has one or more user-created prices.", "id")
    state.remove("product", id)
    state.emit("product.deleted", product)
    return {"id": id, "object": "product", "deleted": True}


@route("GET", "/v1/products", ProductListParams)
def list_products(state: State, params: dict[str, Any]) -> Document:
    rows = [
        row
        for row in state.find("product", **{name: params[name] for name in ("active",) if name in params})
        if ("ids" not in params or row["id"] in params["ids"]) and in_range(row["created"], params.get("created"))
    ]
    return listing(rows, params, url="/v1/products")


@route("POST", "/v1/prices", PriceCreateParams)
def create_price(state: State, params: dict[str, Any]) -> Document:
    return catalogue.create_price(state, params)


@route("GET", "/v1/prices/{id}", PriceRetrieveParams)
def retrieve_price(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("price", id)


@route("POST", "/v1/prices/{id}", PriceUpdateParams)
def update_price(state: State, params: dict[str, Any], *, id: str) -> Document:
    return catalogue.update_price(state, id, params)


@route("GET", "/v1/prices", PriceListParams)
def list_prices(state: State, params: dict[str, Any]) -> Document:
    same = {name: params[name] for name in ("active", "currency", "product", "type") if name in params}
    recurring = params.get("recurring", {})
    rows = [
        row
        for row in state.find("price", **same)
        if ("lookup_keys" not in params or row["lookup_key"] in params["lookup_keys"])
        and all((row["recurring"] or {}).get(name) == value for name, value in recurring.items())
        and in_range(row["created"], params.get("created"))
    ]
    return listing(rows, params, url="/v1/prices")


@includable("price", "currency_options")
def currency_options(state: State, price: Document) -> Document:
    own = {name: price[name] for name in ("custom_unit_amount", "tax_behavior", "unit_amount", "unit_amount_decimal")}
    return {price["currency"]: own}


@includable("price", "tiers")
def tiers(state: State, price: Document) -> None:
    return None
