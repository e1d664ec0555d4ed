"""/v1/invoices, /v1/invoice_payments and /v1/invoiceitems."""

from __future__ import annotations

import copy
from typing import Any

from stripe.params import (
    InvoiceCreatePreviewParams,
    InvoiceFinalizeInvoiceParams,
    InvoiceItemCreateParams,
    InvoiceItemDeleteParams,
    InvoiceItemListParams,
    InvoiceItemRetrieveParams,
    InvoiceLineItemListParams,
    InvoiceListParams,
    InvoiceMarkUncollectibleParams,
    InvoicePaymentListParams,
    InvoicePaymentRetrieveParams,
    InvoicePayParams,
    InvoiceRetrieveParams,
    InvoiceUpdateParams,
    InvoiceVoidInvoiceParams,
)

from webapp.billing.sandbox.engine import customers, drafts, invoices, lines, previews
from webapp.billing.sandbox.engine.documents import assign, list_of, metadata_after, save_change
from webapp.billing.sandbox.errors import ApiError, declined, invalid
from webapp.billing.sandbox.expansion import includable
from webapp.billing.sandbox.routing import in_range, listing, route
from webapp.billing.sandbox.state import Document, State, public


@route("GET", "/v1/invoices/{id}", InvoiceRetrieveParams)
def retrieve(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("invoice", id)


@route("GET", "/v1/invoices", InvoiceListParams)
def list_all(state: State, params: dict[str, Any]) -> Document:
    same = {name: params[name] for name in ("customer", "status", "collection_method") if name in params}
    rows = [
        row
        for row in state.find("invoice", **same)
        if params.get("subscription") in {None, drafts.subscription_id(row)}
        and in_range(row["created"], params.get("created"))
        and in_range(row["due_date"], params.get("due_date"))
    ]
    return listing(rows, params, url="/v1/invoices")


@route("POST", "/v1/invoices/create_preview", InvoiceCreatePreviewParams)
def create_preview(state: State, params: dict[str, Any]) -> Document:
    return previews.create(state, params)


@route("POST", "/v1/invoices/{id}", InvoiceUpdateParams)
def update(state: State, params: dict[str, Any], *, id: str) -> Document:
    before = state.require("invoice", id)
    after = {**copy.deepcopy(before), "metadata": metadata_after(before["metadata"], params.get("metadata"))}
    assign(after, params, "description", "footer", "auto_advance", "default_payment_method", "custom_fields")
    if params.get("auto_advance") is False:
        after["next_payment_attempt"] = None
    return save_change(state, "invoice.updated", before, after)


@route("GET", "/v1/invoices/{id}/lines", InvoiceLineItemListParams)
def list_lines(state: State, params: dict[str, Any], *, id: str) -> Document:
    return listing(state.require("invoice", id)["lines"]["data"], params, url=f"/v1/invoices/{id}/lines")


@route("POST", "/v1/invoices/{id}/finalize", InvoiceFinalizeInvoiceParams)
def finalize(state: State, params: dict[str, Any], *, id: str) -> Document:
    return invoices.finalise(state, id)


@route("POST", "/v1/invoices/{id}/void", InvoiceVoidInvoiceParams)
def void(state: State, params: dict[str, Any], *, id: str) -> Document:
    return invoices.void(state, id)


@route("POST", "/v1/invoices/{id}/mark_uncollectible", InvoiceMarkUncollectibleParams)
def mark_uncollectible(state: State, params: dict[str, Any], *, id: str) -> Document:
    return drafts.mark_uncollectible(state, state.require("invoice", id))


@route("POST", "/v1/invoices/{id}/pay", InvoicePayParams)
def pay(state: State, params: dict[str, Any], *, id: str) -> Document:
    """A decline is a 402, and the failed attempt stays."""
    if params.get("paid_out_of_band"):
        return invoices.pay_off_stripe(state, id)
    result = invoices.pay(state, id, params.get("payment_method"))
    if result.kind == "needs_authentication":
        raise declined(
            "This payment requires additional user action before it can be completed successfully.",
            code="invoice_payment_intent_requires_action",
        )
    if result.kind == "declined" and result.refusal is not None:
        intent = public(invoices.intent_for(state, id))
        if result.refusal.code == "missing":
            raise ApiError(result.message, code="missing", keep=True)
        raise declined(result.message, result.refusal.decline_code, code=result.refusal.code, payment_intent=intent)
    return state.require("invoice", id)


@route("GET", "/v1/invoice_payments/{id}", InvoicePaymentRetrieveParams)
def retrieve_payment(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("invoice_payment", id)


@route("GET", "/v1/invoice_payments", InvoicePaymentListParams)
def list_payments(state: State, params: dict[str, Any]) -> Document:
    same = {name: params[name] for name in ("invoice", "status") if name in params}
    wanted = params.get("payment", {}).get("payment_intent")
    rows = [
        row
        for row in state.find("invoice_payment", **same)
        if wanted in {None, row["payment"].get("payment_intent")} and in_range(row["created"], params.get("created"))
    ]
    return listing(rows, params, url="/v1/invoice_payments")


@route("POST", "/v1/invoiceitems", InvoiceItemCreateParams)
def create_item(state: State, params: dict[str, Any]) -> Document:
    """An amount of a price for the customer's next invoice."""
    customer = customers.living(state, params.get("customer", ""))
    price_id = params.get("pricing", {}).get("price")
    if price_id is None:
        raise invalid("The sandbox wants `pricing[price]`.", "pricing[price]", "parameter_missing")
    price, quantity = state.require("price", price_id, "pricing[price]"), params.get("quantity", 1)
    name = params.get("description") or state.require("product", price["product"])["name"]
    line = lines.Line(
        lines.unit_amount(price, quantity),
        name,
        state.now,
        state.now,
        price,
        quantity,
        params.get("subscription"),
        None,
        discountable=params.get("discountable", True),
    )
    return lines.keep_pending(state, line, customer["id"])


@route("GET", "/v1/invoiceitems/{id}", InvoiceItemRetrieveParams)
def retrieve_item(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("invoiceitem", id)


@route("DELETE", "/v1/invoiceitems/{id}", InvoiceItemDeleteParams)
def delete_item(state: State, params: dict[str, Any], *, id: str) -> Document:
    item = state.require("invoiceitem", id)
    if item["invoice"] is not None:
        raise invalid("This invoice item is on an invoice already and cannot be deleted.", "id")
    state.remove("invoiceitem", id)
    state.emit("invoiceitem.deleted", item)
    return {"id": id, "object": "invoiceitem", "deleted": True}


@route("GET", "/v1/invoiceitems", InvoiceItemListParams)
def list_items(state: State, params: dict[str, Any]) -> Document:
    same = {name: params[name] for name in ("customer", "invoice") if name in params}
    rows = state.find("invoiceitem", **same)
    if "pending" in params:
        rows = [row for row in rows if (row["invoice"] is None) is params["pending"]]
    return listing(rows, params, url="/v1/invoiceitems")


@includable("invoice", "payments")
def payments(state: State, invoice: Document) -> Document:
    rows = state.find("invoice_payment", invoice=invoice["id"])
    return list_of(rows, f"/v1/invoice_payments?invoice={invoice['id']}")


@includable("invoice", "confirmation_secret")
def confirmation_secret(state: State, invoice: Document) -> Document | None:
    payment = drafts.default_payment(state, invoice)
    if payment is None:
        return None
    intent = state.require("payment_intent", payment["payment"]["payment_intent"])
    return {"client_secret": intent["client_secret"], "type": "payment_intent"}
