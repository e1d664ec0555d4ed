"""Movements of the account's balance: charges less fees, refunds, disputes."""

from __future__ import annotations

from webapp.billing.sandbox.engine import money
from webapp.billing.sandbox.engine.periods import DAY
from webapp.billing.sandbox.state import Document, State

FEE_PERCENT, FEE_FIXED = 2.9, 30
DISPUTE_FEE = 1500


def move(state: State, type: str, amount: int, currency: str, source: str, *, fee: int = 0) -> Document:
    """Write a movement of `amount` (negative: paid out) caused by `source`, an id; `net` is the amount less the fee."""
    details = [{"amount": fee, "application": None, "currency": currency, "description": "Fee", "type": "stripe_fee"}]
    return state.put(
        {
            "id": state.new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": state.now + 2 * DAY,
            "balance_type": "payments",
            "created": state.now,
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": details if fee else [],
            "net": amount - fee,
            "reporting_category": "dispute" if type == "adjustment" else type,
            "source": source,
            "status": "pending",
            "type": type,
        }
    )


def charge_fee(amount: int) -> int:
    """Return what a charge of `amount` costs."""
    return money.percentage(amount, FEE_PERCENT) + FEE_FIXED


def summary(state: State) -> Document:
    """Return the balance: what movements that are available by now add up to, and what is on its way."""
    sums: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for movement in state.find("balance_transaction"):
        side = sums[movement["available_on"] <= state.now]
        side[movement["currency"]] = side.get(movement["currency"], 0) + movement["net"]

    def rows(side: dict[str, int]) -> list[Document]:
        return [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sorted((side or {"usd": 0}).items())
        ]

    return {"object": "balance", "available": rows(sums[True]), "livemode": False, "pending": rows(sums[False])}
