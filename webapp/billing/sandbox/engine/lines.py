"""Lines of invoices, and the pending invoice items that wait for the next invoice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from webapp.billing.sandbox.engine import money
from webapp.billing.sandbox.state import Document, State


@dataclass(frozen=True)
class Line:
    """One line before it has an id. Times in unix seconds; `amount` before discounts, negative for a credit."""

    amount: int
    description: str
    start: int
    end: int
    price: Document
    quantity: int
    subscription: str | None
    item: str | None
    proration: bool = False
    discountable: bool = True
    invoice_item: str | None = None

    @property
    def currency(self) -> str:
        currency: str = self.price["currency"]
        return currency

    @property
    def product(self) -> str:
        product: str = self.price["product"]
        return product


def unit_amount(price: Document, quantity: int) -> int:
    """Return what a whole period of a price costs."""
    return money.percentage(100 * quantity, float(price["unit_amount_decimal"]))


def period_line(state: State, subscription: Document, item: Document, start: int, end: int) -> Line:
    """Return the line of a whole period of one item, free while a trial runs."""
    price, quantity = item["price"], item["quantity"]
    name = state.require("product", price["product"])["name"]
    if (subscription["trial_end"] or 0) >= end:
        amount, text = 0, f"Trial period for {name}"
    else:
        amount = unit_amount(price, quantity)
        text = f"{quantity} × {name} (at {money.text(unit_amount(price, 1), price['currency'])} / {_every(price)})"
    return Line(amount, text, start, end, price, quantity, subscription["id"], item["id"])


def proration_line(
    state: State, subscription: Document, item: Document, amount: int, start: int, end: int, *, credit: bool
) -> Line:
    """Return a line for the rest of a period: what is given back of the old price, or what the new one costs."""
    price, quantity = item["price"], item["quantity"]
    name = state.require("product", price["product"])["name"]
    times = f"{quantity} × " if quantity != 1 else ""
    day = datetime.fromtimestamp(start, UTC).strftime("%d %b %Y")
    text = f"{'Unused' if credit else 'Remaining'} time on {times}{name} after {day}"
    return Line(
        amount, text, start, end, price, quantity, subscription["id"], item["id"], proration=True, discountable=False
    )


def document(state: State, line: Line, invoice: str | None, discounts: list[tuple[str, int]]) -> Document:
    """Return a line as Stripe shows it; `discounts` are (discount id, amount taken off)."""
    if line.item is None:
        kind, details = "invoice_item_details", _invoice_item_details(line)
    else:
        kind, details = "subscription_item_details", _subscription_item_details(line)
    parent: Document = {"invoice_item_details": None, "subscription_item_details": None, "type": kind}
    parent[kind] = details
    taken = [{"amount": amount, "discount": discount} for discount, amount in discounts]
    return {
        "id": state.new_id("il"),
        "object": "line_item",
        "amount": line.amount,
        "currency": line.currency,
        "description": line.description,
        "discount_amounts": taken,
        "discountable": line.discountable,
        "discounts": [],
        "invoice": invoice,
        "livemode": False,
        "metadata": {},
        "parent": parent,
        "period": {"end": line.end, "start": line.start},
        "pretax_credit_amounts": [{**amount, "type": "discount"} for amount in taken],
        "pricing": _pricing(line.price),
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "subscription": line.subscription,
        "subtotal": line.amount,
        "taxes": [],
    }


def keep_pending(state: State, line: Line, customer: str) -> Document:
    """Write a line as an invoice item that the next invoice takes up."""
    parent = None
    if line.subscription is not None:
        details = {"subscription": line.subscription, "subscription_item": line.item}
        parent = {"subscription_details": details, "type": "subscription_details"}
    item = state.put(
        {
            "id": state.new_id("ii"),
            "object": "invoiceitem",
            "amount": line.amount,
            "currency": line.currency,
            "customer": customer,
            "customer_account": None,
            "date": state.now,
            "description": line.description,
            "discountable": line.discountable,
            "discounts": [],
            "invoice": None,
            "livemode": False,
            "metadata": {},
            "net_amount": line.amount,
            "parent": parent,
            "period": {"end": line.end, "start": line.start},
            "pricing": _pricing(line.price),
            "proration": line.proration,
            "proration_details": {"discount_amounts": []} if line.proration else None,
            "quantity": line.quantity,
            "quantity_decimal": str(line.quantity),
            "tax_rates": [],
            "test_clock": None,
            "_subscription": line.subscription,
        }
    )
    state.emit("invoiceitem.created", item)
    return item


def pending(state: State, customer: str, subscription: str | None) -> list[Line]:
    """Return the lines that wait for the next invoice of this subscription, oldest first."""
    items = state.find("invoiceitem", customer=customer, invoice=None, _subscription=subscription)
    return [_line_of(state, item) for item in reversed(items)]


def _line_of(state: State, item: Document) -> Line:
    details = (item["parent"] or {}).get("subscription_details") or {}
    return Line(
        item["amount"],
        item["description"],
        item["period"]["start"],
        item["period"]["end"],
        state.require("price", item["pricing"]["price_details"]["price"]),
        item["quantity"],
        details.get("subscription"),
        details.get("subscription_item"),
        item["proration"],
        item["discountable"],
        item["id"],
    )


def _pricing(price: Document) -> Document:
    details = {"price": price["id"], "product": price["product"]}
    return {
        "price_details": details,
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def _subscription_item_details(line: Line) -> Document:
    return {
        "invoice_item": line.invoice_item,
        "proration": line.proration,
        "proration_details": {"credited_items": None},
        "subscription": line.subscription,
        "subscription_item": line.item,
    }


def _invoice_item_details(line: Line) -> Document:
    return {
        "invoice_item": line.invoice_item,
        "proration": line.proration,
        "proration_details": {"credited_items": None},
        "subscription": line.subscription,
    }


def _every(price: Document) -> str:
    interval, count = price["recurring"]["interval"], price["recurring"]["interval_count"]
    return interval if count == 1 else f"every {count} {interval}s"
