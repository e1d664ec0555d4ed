"""Products, prices and the features that a product carries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from webapp.billing.sandbox.engine.documents import assign, metadata_after, save_change
from webapp.billing.sandbox.errors import ApiError, invalid
from webapp.billing.sandbox.state import Document, State

PRODUCT_FIELDS = (
    "active",
    "description",
    "images",
    "marketing_features",
    "name",
    "package_dimensions",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
)


def create_product(state: State, params: dict[str, Any]) -> Document:
    """Write a product, with its first price when `default_price_data` is given. Errors: ApiError for a taken id."""
    product_id = params.get("id") or state.new_id("prod")
    if state.get("product", product_id):
        raise ApiError("Product already exists.", code="resource_already_exists", param="id")
    product: Document = {
        "id": product_id,
        "object": "product",
        "active": True,
        "created": state.now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": metadata_after(None, params.get("metadata")),
        "name": params["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": params.get("type", "service"),
        "unit_label": None,
        "updated": state.now,
        "url": None,
    }
    assign(product, params, *PRODUCT_FIELDS)
    state.put(product)
    state.emit("product.created", product)
    if "default_price_data" in params:
        price = create_price(state, {**params["default_price_data"], "product": product_id})
        product["default_price"] = price["id"]
        state.put(product)
    return product


def update_product(state: State, id: str, params: dict[str, Any]) -> Document:
    """Change a product. Errors: ApiError for an unknown product or default price."""
    before = state.require("product", id)
    after = {**before, "updated": state.now, "metadata": metadata_after(before["metadata"], params.get("metadata"))}
    assign(after, params, *PRODUCT_FIELDS, "default_price")
    if after["default_price"] is not None:
        state.require("price", after["default_price"], "default_price")
    return save_change(state, "product.updated", before, after)


def create_price(state: State, params: dict[str, Any]) -> Document:
    """Write a price. Errors: ApiError for an unknown product, a missing amount or a lookup key that is in use."""
    if ("product" in params) == ("product_data" in params):
        raise invalid("You must specify exactly one of `product` or `product_data`.", "product")
    if ("unit_amount" in params) == ("unit_amount_decimal" in params):
        raise invalid("You must specify either `unit_amount` or `unit_amount_decimal`.", "unit_amount")
    if params.get("billing_scheme", "per_unit") != "per_unit":
        raise invalid("The sandbox knows prices per unit only.", "billing_scheme")
    amount = Decimal(str(params.get("unit_amount", params.get("unit_amount_decimal"))))
    if amount < 0:
        raise invalid("This value must be greater than or equal to 0.", "unit_amount", "parameter_invalid_integer")
    if "product" in params:
        product = state.require("product", params["product"], "product")
    else:
        product = create_product(state, params["product_data"])
    _free_lookup_key(state, params, None)
    whole = amount == amount.to_integral_value()
    price: Document = {
        "id": state.new_id("price"),
        "object": "price",
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "created": state.now,
        "currency": params["currency"].lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": params.get("lookup_key") or None,
        "metadata": metadata_after(None, params.get("metadata")),
        "nickname": params.get("nickname"),
        "product": product["id"],
        "recurring": _recurring(params.get("recurring")),
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if "recurring" in params else "one_time",
        "unit_amount": int(amount) if whole else None,
        "unit_amount_decimal": str(int(amount)) if whole else format(amount.normalize(), "f"),
    }
    state.put(price)
    state.emit("price.created", price)
    return price


def update_price(state: State, id: str, params: dict[str, Any]) -> Document:
    """Change what may change of a price: never its amount. Errors: ApiError, as when it is its product's default."""
    before = state.require("price", id)
    if params.get("active") is False and state.require("product", before["product"])["default_price"] == id:
        raise invalid("This price cannot be archived because it is the default price of its product.", "active")
    if "tax_behavior" in params and before["tax_behavior"] not in {"unspecified", params["tax_behavior"]}:
        raise invalid("The `tax_behavior` of a price cannot be changed once it is set.", "tax_behavior")
    _free_lookup_key(state, params, id)
    after = {**before, "metadata": metadata_after(before["metadata"], params.get("metadata"))}
    assign(after, params, "active", "lookup_key", "nickname", "tax_behavior")
    return save_change(state, "price.updated", before, after)


def plan_of(price: Document) -> Document:
    """Return the older `plan` shape of a price, which subscription items still carry."""
    recurring = price["recurring"]
    same = {
        name: price[name] for name in ("id", "active", "billing_scheme", "created", "currency", "livemode", "metadata")
    }
    return {
        **same,
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "meter": recurring["meter"],
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": recurring["usage_type"],
    }


def _recurring(given: dict[str, Any] | None) -> Document | None:
    if given is None:
        return None
    if given.get("usage_type", "licensed") != "licensed":
        raise invalid("The sandbox knows licensed prices only.", "recurring[usage_type]")
    count = given.get("interval_count", 1)
    longest = {"day": 1095, "week": 156, "month": 36, "year": 3}.get(given["interval"])
    if longest is None or not 1 <= count <= longest:
        raise invalid("The interval is not one of day, week, month and year up to three years.", "recurring[interval]")
    return {
        "interval": given["interval"],
        "interval_count": count,
        "meter": None,
        "trial_period_days": given.get("trial_period_days"),
        "usage_type": "licensed",
    }


def _free_lookup_key(state: State, params: dict[str, Any], own: str | None) -> None:
    """Take the wanted lookup key from the price that has it, if asked to."""
    key = params.get("lookup_key")
    for holder in state.find("price", lookup_key=key) if key else []:
        if holder["id"] == own:
            continue
        if not params.get("transfer_lookup_key"):
            raise invalid(f"A price (`{holder['id']}`) already uses that lookup key.", "lookup_key")
        save_change(state, "price.updated", holder, {**holder, "lookup_key": None})
