"""The documents of Checkout and of the customer portal: their shape."""

from __future__ import annotations

from typing import Any

from webapp.billing.sandbox.engine import lines, settings, subscriptions
from webapp.billing.sandbox.engine.customers import living
from webapp.billing.sandbox.engine.documents import metadata_after
from webapp.billing.sandbox.engine.periods import DAY, HOUR
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State

LIFE, SHORTEST_LIFE = DAY, HOUR // 2
EMPTY_DETAILS = dict.fromkeys(
    ("address", "business_name", "email", "individual_name", "name", "phone", "tax_exempt", "tax_ids")
)


def create_checkout(state: State, params: dict[str, Any]) -> Document:
    """Write an open session in subscription mode. Errors: ApiError, as for a price that cannot be subscribed to."""
    _check(state, params)
    session_id = state.new_id("cs_test")
    customer = living(state, params["customer"]) if "customer" in params else None
    tax = params.get("automatic_tax", {}).get("enabled", False)
    session: Document = {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "automatic_tax": {
            "enabled": tax,
            "liability": {"type": "self"} if tax else None,
            "provider": "stripe" if tax else None,
            "status": "requires_location_inputs" if tax else None,
        },
        "billing_address_collection": params.get("billing_address_collection"),
        "branding_settings": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": params.get("consent_collection"),
        "created": state.now,
        "currency_conversion": None,
        "custom_fields": params.get("custom_fields", []),
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
            **params.get("custom_text", {}),
        },
        "customer": customer["id"] if customer else None,
        "customer_account": None,
        "customer_creation": None if customer else "always",
        "customer_details": customer_details(customer) if customer else None,
        "customer_email": params.get("customer_email"),
        "discounts": [{"coupon": None, "promotion_code": None, **row} for row in params.get("discounts", [])],
        "expires_at": params.get("expires_at", state.now + LIFE),
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": metadata_after(None, params.get("metadata")),
        "mode": "subscription",
        "origin_context": params.get("origin_context"),
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": params.get("payment_method_collection", "always"),
        "payment_method_configuration_details": None,
        "payment_method_options": params.get("payment_method_options", {}),
        "payment_method_types": ["card", "us_bank_account"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
        "recovered_from": None,
        "saved_payment_method_options": _saved_options(params),
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params.get("success_url"),
        "tax_id_collection": {"required": "never", **params.get("tax_id_collection", {"enabled": False})},
        "ui_mode": "hosted_page",
        "url": settings.url(state, f"/checkout/{session_id}"),
        "wallet_options": None,
        "_items": params["line_items"],
        "_subscription_data": params.get("subscription_data", {}),
        "_customer_update": params.get("customer_update", {}),
    }
    return session


def set_amounts(session: Document, invoice: Document) -> None:
    """Copy what the first invoice adds up to."""
    session.update(
        currency=invoice["currency"],
        amount_subtotal=invoice["subtotal"],
        amount_total=invoice["total"],
        total_details={
            "amount_discount": invoice["subtotal"] - invoice["total"],
            "amount_shipping": 0,
            "amount_tax": 0,
        },
    )
    if session["automatic_tax"]["enabled"] and session["status"] == "complete":
        session["automatic_tax"] = {**session["automatic_tax"], "status": "complete"}


def customer_details(customer: Document) -> Document:
    """Return what a session tells of its customer."""
    own = {name: customer[name] for name in EMPTY_DETAILS if name in customer}
    return {**EMPTY_DETAILS, **own, "tax_ids": []}


def line_items(state: State, session: Document) -> list[Document]:
    """Return what the session sells, as /v1/checkout/sessions/{id}/line_items lists it."""
    rows = []
    for position, row in enumerate(session["_items"]):
        price = state.require("price", row["price"])
        amount = lines.unit_amount(price, row.get("quantity", 1))
        rows.append(
            {
                "id": f"li_{session['id'].removeprefix('cs_test_')}{position}",
                "object": "item",
                "adjustable_quantity": None,
                "amount_discount": 0,
                "amount_subtotal": amount,
                "amount_tax": 0,
                "amount_total": amount,
                "currency": price["currency"],
                "description": state.require("product", price["product"])["name"],
                "metadata": row.get("metadata", {}),
                "price": price,
                "quantity": row.get("quantity", 1),
            }
        )
    return rows


def _check(state: State, params: dict[str, Any]) -> None:
    if params.get("mode") != "subscription":
        raise invalid("The sandbox sells subscriptions only: `mode` must be `subscription`.", "mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid("The sandbox has hosted pages only.", "ui_mode")
    if "success_url" not in params:
        raise invalid("Missing required param: success_url.", "success_url", "parameter_missing")
    if "customer" in params and "customer_email" in params:
        raise invalid("You may only specify one of these parameters: customer, customer_email.", "customer")
    if params.get("discounts") and params.get("allow_promotion_codes"):
        raise invalid("You may only specify one of these parameters: allow_promotion_codes, discounts.", "discounts")
    if "customer_update" in params and "customer" not in params:
        raise invalid("`customer_update` can only be used with `customer`.", "customer_update")
    if "customer" in params:
        _check_customer_update(living(state, params["customer"]), params)
    wanted = params.get("expires_at", state.now + LIFE)
    if not state.now + SHORTEST_LIFE <= wanted <= state.now + LIFE:
        raise invalid("The `expires_at` timestamp must be 30 minutes to 24 hours from now.", "expires_at")
    if not params.get("line_items"):
        raise invalid("Missing required param: line_items.", "line_items", "parameter_missing")
    for row in params["line_items"]:
        subscriptions.price_for(state, row)


def _check_customer_update(customer: Document, params: dict[str, Any]) -> None:
    """Tax needs an address, tax ids a name: an existing customer must have it or may be given it."""
    auto = {name for name, how in params.get("customer_update", {}).items() if how == "auto"}
    located = customer["address"] is not None and customer["address"]["country"] is not None
    if params.get("automatic_tax", {}).get("enabled") and not located and not auto & {"address", "shipping"}:
        raise invalid(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to "
            "the Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' "
            "to save the address entered in Checkout to the Customer.",
            "customer",
            "customer_tax_location_invalid",
        )
    if params.get("tax_id_collection", {}).get("enabled") and "name" not in auto:
        raise invalid(
            "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an "
            "existing customer, please set `customer_update[name]` to `auto`.",
            "customer_update[name]",
        )


def _saved_options(params: dict[str, Any]) -> Document:
    return {
        "allow_redisplay_filters": ["always"],
        "payment_method_remove": "disabled",
        "payment_method_save": None,
        **params.get("saved_payment_method_options", {}),
    }
