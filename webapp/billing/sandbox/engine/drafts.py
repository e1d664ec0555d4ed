"""Invoices as documents: what they add up to, and how they are drafted, finalised, paid and voided.

The sum that always holds: amount_due = total + starting_balance − ending_balance, and total = the lines less discounts.
"""

from __future__ import annotations

import copy
from typing import Literal

from webapp.billing.sandbox.engine import customers, discounts, lines, payments, settings
from webapp.billing.sandbox.engine.documents import list_of, save_change
from webapp.billing.sandbox.engine.invoice_shape import empty_invoice
from webapp.billing.sandbox.engine.lines import Line
from webapp.billing.sandbox.errors import ApiError, invalid
from webapp.billing.sandbox.state import Document, State

Reason = Literal["subscription_create", "subscription_cycle", "subscription_update", "manual", "upcoming"]
SMALLEST_CHARGE = 50
"""Less than this is not charged but carried to the next invoice (https://docs.stripe.com/currencies#minimum)."""


def build(
    state: State,
    customer: Document,
    subscription: Document | None,
    rows: list[Line],
    reason: Reason,
    *,
    given: list[Document] | None = None,
) -> Document:
    """Return a draft that is not written anywhere. `given` are discounts; by default the subscription's."""
    invoice_id = state.new_id("in")
    if given is None:
        given = [state.require("discount", own) for own in (subscription["discounts"] if subscription else [])]
    used, per_line = _discounted(state, given, rows)
    documents = [lines.document(state, row, invoice_id, taken) for row, taken in zip(rows, per_line, strict=True)]
    subtotal = sum(row.amount for row in rows)
    taken_off = {used_id: sum(dict(taken).get(used_id, 0) for taken in per_line) for used_id in used}
    total = subtotal - sum(taken_off.values())
    invoice = empty_invoice(state, invoice_id, customer, subscription, reason)
    amounts = [{"amount": amount, "discount": used_id} for used_id, amount in taken_off.items()]
    invoice.update(
        currency=rows[0].currency if rows else (subscription or {}).get("currency", "usd"),
        discounts=list(used),
        lines=list_of(documents, f"/v1/invoices/{invoice_id}/lines"),
        period_start=min((row.start for row in rows if not row.proration), default=state.now),
        period_end=max((row.end for row in rows if not row.proration), default=state.now),
        subtotal=subtotal,
        subtotal_excluding_tax=subtotal,
        total=total,
        total_excluding_tax=total,
        total_discount_amounts=amounts,
        total_pretax_credit_amounts=[{**amount, "type": "discount"} for amount in amounts],
        _taken=[row.invoice_item for row in rows if row.invoice_item],
    )
    return _with_balance(invoice, customer["balance"])


def save(state: State, invoice: Document) -> Document:
    """Write a draft and take up the pending items that stand on it."""
    state.put(invoice)
    for item_id in invoice["_taken"]:
        state.put({**state.require("invoiceitem", item_id), "invoice": invoice["id"]})
    state.emit("invoice.created", invoice)
    return invoice


def finalize(state: State, invoice: Document) -> Document:
    """Open a draft: number, balance of the customer, PaymentIntent. An invoice with nothing due is paid at once."""
    if invoice["status"] != "draft":
        raise invalid("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    before = copy.deepcopy(invoice)
    customer = customers.living(state, invoice["customer"])
    _with_balance(invoice, customer["balance"])
    sequence = customer["next_invoice_sequence"]
    state.put({**customer, "next_invoice_sequence": sequence + 1, "currency": invoice["currency"]})
    if invoice["ending_balance"] != customer["balance"]:
        customers.set_balance(state, customer["id"], invoice["ending_balance"])
    page = settings.url(state, f"/invoices/{invoice['id']}")
    invoice.update(
        status="open",
        number=f"{customer['invoice_prefix']}-{sequence:04}",
        effective_at=state.now,
        hosted_invoice_url=page,
        invoice_pdf=f"{page}/pdf",
        auto_advance=True,
        automatically_finalizes_at=None,
    )
    invoice["status_transitions"]["finalized_at"] = state.now
    save_change(state, "invoice.updated", before, invoice)
    state.emit("invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        return mark_paid(state, invoice, 0)
    return invoice


def intent_of(state: State, invoice: Document) -> Document:
    """Return the invoice's PaymentIntent, made at the first call."""
    payment = default_payment(state, invoice)
    if payment is not None:
        return state.require("payment_intent", payment["payment"]["payment_intent"])
    text = "Subscription creation" if invoice["billing_reason"] == "subscription_create" else "Subscription update"
    intent = payments.new_intent(state, invoice["amount_due"], invoice["currency"], invoice["customer"], text)
    bind_intent(state, invoice, intent)
    return intent


def bind_intent(state: State, invoice: Document, intent: Document) -> Document:
    """Make a PaymentIntent the invoice's payment."""
    payment = state.put(
        {
            "id": state.new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": state.now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        }
    )
    invoice["_payment"], intent["_invoice"] = payment["id"], invoice["id"]
    state.put(invoice)
    state.put(intent)
    return payment


def default_payment(state: State, invoice: Document) -> Document | None:
    """Return the invoice_payment that stands for the invoice's own PaymentIntent, if there is one."""
    return state.require("invoice_payment", invoice["_payment"]) if invoice.get("_payment") else None


def mark_paid(state: State, invoice: Document, amount: int, *, off_stripe: bool = False) -> Document:
    """Set an open invoice to paid, with its payment."""
    before = copy.deepcopy(invoice)
    payment = default_payment(state, invoice)
    if payment is not None and not off_stripe:
        payment.update(status="paid", amount_paid=amount)
        payment["status_transitions"]["paid_at"] = state.now
        state.put(payment)
        state.emit("invoice_payment.paid", payment)
    invoice.update(
        status="paid",
        amount_paid=amount,
        amount_remaining=0,
        attempted=True,
        next_payment_attempt=None,
        auto_advance=False,
    )
    if off_stripe:
        invoice["amount_paid_off_stripe"] = amount
    invoice["status_transitions"]["paid_at"] = state.now
    save_change(state, "invoice.updated", before, invoice)
    state.emit("invoice.paid", invoice)
    state.emit("invoice.payment_succeeded", invoice)
    return invoice


def void(state: State, invoice: Document) -> Document:
    """Void an open invoice: nothing is owed, and what it took of the customer's balance comes back."""
    if invoice["status"] not in {"open", "uncollectible"}:
        raise ApiError(
            f"You can only pass in open or uncollectible invoices. This invoice is {invoice['status']}.",
            code="invoice_not_editable",
        )
    given = invoice["ending_balance"] - invoice["starting_balance"]
    if given:
        customer = customers.living(state, invoice["customer"])
        customers.set_balance(state, customer["id"], customer["balance"] - given)
    payment = default_payment(state, invoice)
    if payment is not None:
        payments.cancel(state, state.require("payment_intent", payment["payment"]["payment_intent"]), "void_invoice")
        payment.update(status="canceled")
        payment["status_transitions"]["canceled_at"] = state.now
        state.put(payment)
    before = copy.deepcopy(invoice)
    invoice.update(status="void", next_payment_attempt=None, auto_advance=False)
    invoice["status_transitions"]["voided_at"] = state.now
    save_change(state, "invoice.updated", before, invoice)
    state.emit("invoice.voided", invoice)
    return invoice


def mark_uncollectible(state: State, invoice: Document) -> Document:
    """Give up on an invoice without voiding it."""
    if invoice["status"] not in {"open", "draft"}:
        raise invalid(f"You can only mark open invoices as uncollectible. This invoice is {invoice['status']}.")
    before = copy.deepcopy(invoice)
    invoice.update(status="uncollectible", next_payment_attempt=None, auto_advance=False)
    invoice["status_transitions"]["marked_uncollectible_at"] = state.now
    save_change(state, "invoice.updated", before, invoice)
    state.emit("invoice.marked_uncollectible", invoice)
    return invoice


def subscription_id(invoice: Document) -> str | None:
    """Return the id of the subscription that an invoice is for."""
    details = (invoice["parent"] or {}).get("subscription_details")
    found: str | None = details["subscription"] if details else None
    return found


def _discounted(state: State, given: list[Document], rows: list[Line]) -> tuple[list[str], list[list[tuple[str, int]]]]:
    """Return the discounts that still count, and for each line what each takes off, one after the other."""
    left = [row.amount if row.discountable else 0 for row in rows]
    used: list[str] = []
    per_line: list[list[tuple[str, int]]] = [[] for _ in rows]
    for discount in given:
        if discount["end"] is not None and discount["end"] <= state.now:
            continue
        coupon = discounts.coupon_of(state, discount)
        used.append(discount["id"])
        weighed = [(amount, row.product) for amount, row in zip(left, rows, strict=True)]
        for position, amount in enumerate(discounts.amounts(coupon, weighed)):
            left[position] -= amount
            if amount:
                per_line[position].append((discount["id"], amount))
    return used, per_line


def _with_balance(invoice: Document, balance: int) -> Document:
    """Take the customer's balance into the sum: a credit is used up, a debt or a tiny amount is carried."""
    owed = invoice["total"] + balance
    due, ending = (0, owed) if owed < SMALLEST_CHARGE else (owed, 0)
    invoice.update(starting_balance=balance, ending_balance=ending, amount_due=due, amount_remaining=due)
    return invoice
