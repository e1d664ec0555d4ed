"""Coupons, promotion codes, and what they take off (https://docs.stripe.com/billing/subscriptions/coupons)."""

from __future__ import annotations

from typing import Any

from webapp.billing.sandbox.engine import money
from webapp.billing.sandbox.engine.documents import metadata_after, save_change
from webapp.billing.sandbox.engine.periods import add_months
from webapp.billing.sandbox.errors import ApiError, invalid
from webapp.billing.sandbox.state import Document, State


def create_coupon(state: State, params: dict[str, Any]) -> Document:
    """Write a coupon. Errors: ApiError for a taken id, or unless it takes off either an amount or per cent."""
    if ("percent_off" in params) == ("amount_off" in params):
        raise invalid("You must specify exactly one of `percent_off` or `amount_off`.", "percent_off")
    if "amount_off" in params and "currency" not in params:
        raise invalid("You must pass `currency` when passing `amount_off`.", "currency")
    if not 0 < params.get("percent_off", 100) <= 100 or params.get("amount_off", 1) < 1:
        raise invalid("A coupon takes off more than nothing and at most 100 per cent.", "percent_off")
    duration = params.get("duration", "once")
    if (duration == "repeating") != ("duration_in_months" in params):
        raise invalid("`duration_in_months` goes with the duration `repeating`.", "duration_in_months")
    coupon_id = params.get("id") or state.new_id("x")[-8:]
    if state.get("coupon", coupon_id):
        raise ApiError("Coupon already exists.", code="resource_already_exists", param="id")
    coupon = state.put(
        {
            "id": coupon_id,
            "object": "coupon",
            "amount_off": params.get("amount_off"),
            "created": state.now,
            "currency": params["currency"].lower() if "amount_off" in params else None,
            "duration": duration,
            "duration_in_months": params.get("duration_in_months"),
            "livemode": False,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": metadata_after(None, params.get("metadata")),
            "name": params.get("name"),
            "percent_off": params.get("percent_off"),
            "redeem_by": params.get("redeem_by"),
            "times_redeemed": 0,
            "valid": True,
            "_products": (params.get("applies_to") or {}).get("products"),
        }
    )
    state.emit("coupon.created", coupon)
    return coupon


def create_promotion_code(state: State, params: dict[str, Any]) -> Document:
    """Write a code that customers type. Errors: ApiError when an active one has the same text."""
    coupon = state.require("coupon", params["promotion"].get("coupon", ""), "promotion[coupon]")
    code = params.get("code") or state.new_id("x")[-8:].upper()
    if find_promotion_code(state, code):
        raise invalid("An active promotion code with `code: " + code + "` already exists.", "code")
    given = params.get("restrictions") or {}
    restrictions = {
        "first_time_transaction": given.get("first_time_transaction", False),
        "minimum_amount": given.get("minimum_amount"),
        "minimum_amount_currency": given.get("minimum_amount_currency"),
    }
    promotion_code = state.put(
        {
            "id": state.new_id("promo"),
            "object": "promotion_code",
            "active": params.get("active", True),
            "code": code,
            "created": state.now,
            "customer": params.get("customer"),
            "customer_account": None,
            "expires_at": params.get("expires_at"),
            "livemode": False,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": metadata_after(None, params.get("metadata")),
            "promotion": {"coupon": coupon["id"], "type": "coupon"},
            "restrictions": restrictions,
            "times_redeemed": 0,
        }
    )
    state.emit("promotion_code.created", promotion_code)
    return promotion_code


def find_promotion_code(state: State, code: str) -> Document | None:
    """Return the active promotion code with this text, whatever its case."""
    rows = state.find("promotion_code", active=True)
    return next((row for row in rows if row["code"].casefold() == code.strip().casefold()), None)


def check(
    state: State, promotion_code: str | None, coupon_id: str | None, *, customer: str | None, subtotal: int
) -> tuple[Document, Document | None]:
    """Return the coupon, and the promotion code (an id) when one is used. Errors: ApiError saying why it cannot be."""
    code = state.require("promotion_code", promotion_code, "promotion_code") if promotion_code else None
    coupon = state.require("coupon", code["promotion"]["coupon"] if code else (coupon_id or ""), "coupon")
    if code is not None:
        _check_code(state, code, customer, subtotal)
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    if not coupon["valid"] or used_up or (coupon["redeem_by"] or state.now) < state.now:
        raise invalid(f"Coupon expired: {coupon['id']}", "coupon", "coupon_expired")
    return coupon, code


def new(state: State, coupon: Document, code: Document | None, *, customer: str, subscription: str | None) -> Document:
    """Return the discount that a coupon would give to a subscription from now on. It is not written."""
    months = coupon["duration_in_months"]
    return {
        "id": state.new_id("di"),
        "object": "discount",
        "checkout_session": None,
        "customer": customer,
        "customer_account": None,
        "end": add_months(state.now, months) if months else None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": code["id"] if code else None,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": state.now,
        "subscription": subscription,
        "subscription_item": None,
    }


def redeem(state: State, discount: Document) -> Document:
    """Write a discount and count its coupon's and code's use."""
    coupon = coupon_of(state, discount)
    counted = {**coupon, "times_redeemed": coupon["times_redeemed"] + 1}
    if coupon["max_redemptions"] is not None and counted["times_redeemed"] >= coupon["max_redemptions"]:
        counted["valid"] = False
    save_change(state, "coupon.updated", coupon, counted)
    if discount["promotion_code"] is not None:
        code = state.require("promotion_code", discount["promotion_code"])
        used = code["times_redeemed"] + 1
        active = code["active"] and (code["max_redemptions"] is None or used < code["max_redemptions"])
        save_change(state, "promotion_code.updated", code, {**code, "times_redeemed": used, "active": active})
    state.put(discount)
    state.emit("customer.discount.created", discount)
    return discount


def wanted(
    state: State, rows: list[dict[str, str]], *, customer: str, subscription: str, subtotal: int
) -> list[Document]:
    """Return a discount, not written yet, for each {coupon} or {promotion_code}; {discount} names one that exists.

    Errors: ApiError saying why one cannot be used.
    """
    found = []
    for row in rows:
        if "discount" in row:
            found.append(state.require("discount", row["discount"], "discounts[0][discount]"))
            continue
        coupon, code = check(state, row.get("promotion_code"), row.get("coupon"), customer=customer, subtotal=subtotal)
        found.append(new(state, coupon, code, customer=customer, subscription=subscription))
    return found


def end(state: State, discount_id: str) -> None:
    """Emit that a discount is over; invoices that had it still name it."""
    discount = state.require("discount", discount_id)
    state.put({**discount, "end": discount["end"] or state.now})
    state.emit("customer.discount.deleted", discount)


def coupon_of(state: State, discount: Document) -> Document:
    """Return the coupon behind a discount, also one that was deleted since."""
    coupon = state.get("coupon", discount["source"]["coupon"])
    return coupon or state.require("_coupon", discount["source"]["coupon"])


def amounts(coupon: Document, lines: list[tuple[int, str]]) -> list[int]:
    """Return what the coupon takes off each line, given as (amount, product); never more than the line."""
    wanted = coupon.get("_products")
    fitting = [amount if amount > 0 and (wanted is None or product in wanted) else 0 for amount, product in lines]
    if coupon["percent_off"] is not None:
        return [money.percentage(amount, coupon["percent_off"]) for amount in fitting]
    return money.spread(min(coupon["amount_off"], sum(fitting)), fitting)


def _check_code(state: State, code: Document, customer: str | None, subtotal: int) -> None:
    used_up = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    if not code["active"] or used_up:
        raise invalid("This promotion code is inactive.", "promotion_code")
    if (code["expires_at"] or state.now) < state.now:
        raise invalid("This promotion code is expired.", "promotion_code")
    if code["customer"] not in {None, customer}:
        raise invalid("This promotion code cannot be redeemed by this customer.", "promotion_code")
    restrictions = code["restrictions"]
    if subtotal < (restrictions["minimum_amount"] or 0):
        raise invalid("The minimum amount for this promotion code is not met.", "promotion_code")
    paid_before = customer is not None and any(
        invoice["amount_paid"] > 0 for invoice in state.find("invoice", customer=customer, status="paid")
    )
    if restrictions["first_time_transaction"] and paid_before:
        raise invalid(
            "This promotion code cannot be redeemed because the associated customer has prior transactions.",
            "promotion_code",
        )


def delete_coupon(state: State, id: str) -> Document:
    """Delete a coupon: nobody can redeem it any more, discounts that exist go on."""
    coupon = state.require("coupon", id)
    state.remove("coupon", id)
    state.put({**coupon, "object": "_coupon"})
    for code in state.find("promotion_code", active=True):
        if code["promotion"]["coupon"] == id:
            save_change(state, "promotion_code.updated", code, {**code, "active": False})
    state.emit("coupon.deleted", coupon)
    return {"id": id, "object": "coupon", "deleted": True}
