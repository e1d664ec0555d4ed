"""A new period: its invoice is drafted, finalised and charged at once (Stripe waits an hour with the last two)."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from webapp.billing.sandbox.engine import customers, drafts, invoices, lines, subscriptions
from webapp.billing.sandbox.engine.periods import period_end
from webapp.billing.sandbox.state import Document, State


def renew(state: State, subscription: Document) -> None:
    """Begin the next period of the items whose period is over."""
    after = copy.deepcopy(subscription)
    renewed = []
    for item in subscriptions.items(after):
        if item["current_period_end"] <= state.now:
            start = item["current_period_end"]
            end = period_end(after["billing_cycle_anchor"], start, item["price"]["recurring"])
            subscriptions.set_period(item, start, end)
            renewed.append(item)
    bill_period(state, subscription, after, renewed)


def bill_period(state: State, before: Document, after: Document, items: list[Document]) -> Document:
    """Write `after`, whose `items` began a period, with its invoice; returns the invoice."""
    customer = customers.living(state, after["customer"])
    invoice = draft_cycle(state, after, customer, items)
    after["latest_invoice"] = invoice["id"]
    drafts.save(state, invoice)
    subscriptions.save_updated(state, before, after)
    behavior = (after["pause_collection"] or {}).get("behavior")
    if after["status"] == "unpaid" or behavior == "keep_as_draft":
        return invoice
    drafts.finalize(state, invoice)
    if invoice["status"] == "open" and behavior == "void":
        drafts.void(state, invoice)
    elif invoice["status"] == "open" and behavior == "mark_uncollectible":
        drafts.mark_uncollectible(state, invoice)
    elif invoice["status"] == "open":
        invoices.collect(state, invoice)
    elif invoice["status"] == "paid":
        invoices.on_paid(state, invoice)
    subscriptions.drop_used_discounts(state, after["id"])
    return invoice


def draft_cycle(
    state: State,
    subscription: Document,
    customer: Document,
    items: list[Document],
    *,
    extra: Sequence[lines.Line] = (),
    given: list[Document] | None = None,
) -> Document:
    """Return the draft for these items' current periods, with what waits for the next invoice; it is not written."""
    rows = [
        lines.period_line(state, subscription, item, item["current_period_start"], item["current_period_end"])
        for item in items
    ]
    waiting = [
        *lines.pending(state, customer["id"], subscription["id"]),
        *lines.pending(state, customer["id"], None),
    ]
    return drafts.build(state, customer, subscription, [*waiting, *extra, *rows], "subscription_cycle", given=given)


def announce(state: State, subscription: Document) -> None:
    """Emit invoice.upcoming for the next renewal."""
    state.put({**subscription, "_upcoming": subscriptions.current_end(subscription)})
    state.emit("invoice.upcoming", upcoming(state, subscription))


def upcoming(state: State, subscription: Document) -> Document:
    """Return the next renewal's invoice as a preview."""
    later = copy.deepcopy(subscription)
    for item in subscriptions.items(later):
        start = item["current_period_end"]
        anchor = later["billing_cycle_anchor"]
        subscriptions.set_period(item, start, period_end(anchor, start, item["price"]["recurring"]))
    customer = customers.living(state, later["customer"])
    return as_preview(draft_cycle(state, later, customer, subscriptions.items(later)))


def as_preview(invoice: Document) -> Document:
    """Return a draft as Stripe shows an invoice that does not exist."""
    shown = {**invoice, "id": f"upcoming_{invoice['id']}", "billing_reason": "upcoming"}
    for line in shown["lines"]["data"]:
        line["invoice"] = shown["id"]
    return shown
