"""Prorations by the second (https://docs.stripe.com/billing/subscriptions/prorations), net of discounts.

Flexible billing with `proration_discounts: included`: a proration is worth what was, or would be, paid after discounts.
"""

from __future__ import annotations

from webapp.billing.sandbox.engine import discounts, lines, money, subscriptions
from webapp.billing.sandbox.engine.lines import Line
from webapp.billing.sandbox.state import Document, State


def unused_time(state: State, subscription: Document, at: int, items: list[Document] | None = None) -> list[Line]:
    """Return lines that give back the time from `at` to the end of each item's period; nothing while a trial runs."""
    rows = []
    for item in subscriptions.items(subscription) if items is None else items:
        amount = worth(state, subscription, item, at)
        if amount:
            end = item["current_period_end"]
            rows.append(lines.proration_line(state, subscription, item, -amount, at, end, credit=True))
    return rows


def remaining_time(state: State, subscription: Document, at: int, items: list[Document]) -> list[Line]:
    """Return lines that charge the time from `at` to the end of each item's period."""
    return [
        lines.proration_line(
            state,
            subscription,
            item,
            worth(state, subscription, item, at),
            at,
            item["current_period_end"],
            credit=False,
        )
        for item in items
    ]


def worth(state: State, subscription: Document, item: Document, at: int) -> int:
    """Return what the rest of an item's period is worth at the instant `at`, after discounts."""
    start, end = item["current_period_start"], item["current_period_end"]
    if (subscription["trial_end"] or 0) >= end or at >= end:
        return 0
    whole = net(state, subscription, item)
    return money.share(whole, end - max(at, start), end - start)


def net(state: State, subscription: Document, item: Document) -> int:
    """Return what a whole period of one item costs after the subscription's discounts."""
    left = lines.unit_amount(item["price"], item["quantity"])
    for discount_id in subscription["discounts"]:
        discount = state.require("discount", discount_id)
        if discount["end"] is None or discount["end"] > state.now:
            coupon = discounts.coupon_of(state, discount)
            left -= discounts.amounts(coupon, [(left, item["price"]["product"])])[0]
    return left
