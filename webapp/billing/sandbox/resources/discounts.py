"""/v1/coupons and /v1/promotion_codes."""

from __future__ import annotations

from typing import Any

from stripe.params import (
    CouponCreateParams,
    CouponDeleteParams,
    CouponListParams,
    CouponRetrieveParams,
    CouponUpdateParams,
    PromotionCodeCreateParams,
    PromotionCodeListParams,
    PromotionCodeRetrieveParams,
    PromotionCodeUpdateParams,
)

from webapp.billing.sandbox.engine import discounts
from webapp.billing.sandbox.engine.documents import assign, metadata_after, save_change
from webapp.billing.sandbox.expansion import includable
from webapp.billing.sandbox.routing import in_range, listing, route
from webapp.billing.sandbox.state import Document, State


@route("POST", "/v1/coupons", CouponCreateParams)
def create_coupon(state: State, params: dict[str, Any]) -> Document:
    return discounts.create_coupon(state, params)


@route("GET", "/v1/coupons/{id}", CouponRetrieveParams)
def retrieve_coupon(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("coupon", id)


@route("POST", "/v1/coupons/{id}", CouponUpdateParams)
def update_coupon(state: State, params: dict[str, Any], *, id: str) -> Document:
    before = state.require("coupon", id)
    after = {**before, "metadata": metadata_after(before["metadata"], params.get("metadata"))}
    assign(after, params, "name")
    return save_change(state, "coupon.updated", before, after)


@route("DELETE", "/v1/coupons/{id}", CouponDeleteParams)
def delete_coupon(state: State, params: dict[str, Any], *, id: str) -> Document:
    return discounts.delete_coupon(state, id)


@route("GET", "/v1/coupons", CouponListParams)
def list_coupons(state: State, params: dict[str, Any]) -> Document:
    rows = [row for row in state.find("coupon") if in_range(row["created"], params.get("created"))]
    return listing(rows, params, url="/v1/coupons")


@route("POST", "/v1/promotion_codes", PromotionCodeCreateParams)
def create_code(state: State, params: dict[str, Any]) -> Document:
    return discounts.create_promotion_code(state, params)


@route("GET", "/v1/promotion_codes/{id}", PromotionCodeRetrieveParams)
def retrieve_code(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("promotion_code", id)


@route("POST", "/v1/promotion_codes/{id}", PromotionCodeUpdateParams)
def update_code(state: State, params: dict[str, Any], *, id: str) -> Document:
    before = state.require("promotion_code", id)
    after = {**before, "metadata": metadata_after(before["metadata"], params.get("metadata"))}
    assign(after, params, "active")
    return save_change(state, "promotion_code.updated", before, after)


@route("GET", "/v1/promotion_codes", PromotionCodeListParams)
def list_codes(state: State, params: dict[str, Any]) -> Document:
    same = {name: params[name] for name in ("active", "customer") if name in params}
    code = params.get("code", "").casefold()
    rows = [
        row
        for row in state.find("promotion_code", **same)
        if (not code or row["code"].casefold() == code)
        and params.get("coupon") in {None, row["promotion"]["coupon"]}
        and in_range(row["created"], params.get("created"))
    ]
    return listing(rows, params, url="/v1/promotion_codes")


@includable("coupon", "applies_to")
def applies_to(state: State, coupon: Document) -> Document | None:
    wanted = coupon.get("_products")
    return {"products": wanted} if wanted is not None else None
