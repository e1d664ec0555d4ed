"""Random stories, on the engine alone: whatever people, banks and time do, every amount adds up."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webapp.billing.sandbox.engine import (
    cancellation,
    cards,
    catalogue,
    checkout,
    clockwork,
    customers,
    disputes,
    invoices,
    pausing,
    portal,
    sessions,
    updates,
)
from webapp.billing.sandbox.engine.subscriptions import OVER, current_end, current_start
from webapp.billing.sandbox.errors import ApiError
from webapp.billing.sandbox.state import Document, State, Store

DAY = 86400
PRICES = {"month": 2900, "large": 4900, "year": 29000}
BEHAVIORS = ("allow_incomplete", "pending_if_incomplete", "error_if_incomplete", "default_incomplete")
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 45 * DAY)),
    st.tuples(st.just("change"), st.sampled_from(sorted(PRICES)), st.sampled_from(BEHAVIORS), st.booleans()),
    st.tuples(st.just("quantity"), st.integers(1, 4)),
    st.tuples(st.just("fail"), st.integers(1, 3)),
    st.tuples(st.just("card"), st.sampled_from(sorted(cards.CARDS))),
    st.tuples(st.just("subscribe"), st.sampled_from(sorted(PRICES)), st.sampled_from([None, 1, 10])),
    st.tuples(st.sampled_from(["plan end", "undo", "cancel", "pay", "pause", "resume", "refund", "dispute"])),
)


class Books:
    """A shop on a file of its own."""

    def __init__(self, state: State) -> None:
        self.state = state
        product = catalogue.create_product(state, {"name": "Pro"})["id"]
        self.prices = {
            name: catalogue.create_price(
                state,
                {
                    "product": product,
                    "currency": "usd",
                    "unit_amount": amount,
                    "recurring": {"interval": "year" if name == "year" else "month"},
                },
            )["id"]
            for name, amount in PRICES.items()
        }
        self.customer = customers.create(state, {"email": "alice@example.org"})["id"]

    def subscription(self) -> Document | None:
        """Return the newest one that is not over."""
        rows = self.state.find("subscription", customer=self.customer)
        return next((row for row in rows if row["status"] not in OVER), None)

    def do(self, step: tuple[Any, ...]) -> None:
        """Take one step; what the API would refuse changes nothing here either."""
        if step[0] == "wait":
            clockwork.catch_up(self.state, self.state.now + step[1])
        elif step[0] == "fail":
            customers.fail_next_payments(self.state, self.customer, step[1])
        elif step[0] == "card":
            card = cards.make_card(self.state, step[1], 12, 2060, None)["id"]
            portal.set_card(self.state, self.customer, card, authenticated=True)
        elif step[0] == "subscribe":
            self.subscribe(step[1], step[2])
        elif (subscription := self.subscription()) is not None:
            self.act(subscription, step)

    def subscribe(self, price: str, trial_days: int | None) -> None:
        """Go through Checkout."""
        params: dict[str, Any] = {
            "mode": "subscription",
            "customer": self.customer,
            "line_items": [{"price": self.prices[price], "quantity": 1}],
            "success_url": "http://127.0.0.1/",
            "subscription_data": {"trial_period_days": trial_days} if trial_days else {},
        }
        session = self.state.put(sessions.create_checkout(self.state, params))
        method = cards.make_card(self.state, "4242424242424242", 12, 2060, None)["id"]
        checkout.pay(self.state, session["id"], method)

    def act(self, subscription: Document, step: tuple[Any, ...]) -> None:
        """Do something to a subscription that lives."""
        id, item = subscription["id"], subscription["items"]["data"][0]["id"]
        if step[0] == "change":
            behavior = "always_invoice" if step[3] else "create_prorations"
            params = {"items": [{"id": item, "price": self.prices[step[1]]}], "proration_behavior": behavior}
            updates.update(self.state, id, {**params, "payment_behavior": step[2]})
        elif step[0] == "quantity":
            updates.update(self.state, id, {"items": [{"id": item, "quantity": step[1]}]})
        elif step[0] in {"plan end", "undo"}:
            updates.update(self.state, id, {"cancel_at_period_end": step[0] == "plan end"})
        elif step[0] == "cancel":
            cancellation.cancel(self.state, id, {"prorate": True, "invoice_now": True})
        elif step[0] == "pay" and subscription["latest_invoice"]:
            invoices.pay(self.state, subscription["latest_invoice"], authenticated=True)
        elif step[0] == "pause":
            pausing.pause_by_request(self.state, id, {})
        elif step[0] == "resume":
            pausing.resume(self.state, id, {})
        elif step[0] in {"refund", "dispute"}:
            charges = [row for row in self.state.find("charge", status="succeeded") if not row["disputed"]]
            if charges and step[0] == "refund":
                disputes.refund(self.state, charges[0]["id"], 10)
            elif charges:
                disputes.open_dispute(self.state, charges[0]["id"])

    def check(self) -> None:
        """Check every sum and every promise that holds at any time."""
        for invoice in self.state.find("invoice"):
            self.check_invoice(invoice)
        drawn = sum(row["ending_balance"] - row["starting_balance"] for row in self.final_invoices())
        assert self.state.require("customer", self.customer)["balance"] == drawn
        charged = sum(row["amount_captured"] for row in self.state.find("charge", paid=True))
        assert charged == sum(row["amount_paid"] for row in self.final_invoices() if row["status"] == "paid")
        for subscription in self.state.find("subscription"):
            if subscription["status"] in {"active", "trialing", "past_due"}:
                assert current_start(subscription) <= self.state.now < current_end(subscription)
            assert (subscription["status"] in OVER) == (subscription["ended_at"] is not None)
            assert (subscription["pending_update"] is None) == ("_wanted" not in subscription) or (
                subscription["status"] in OVER
            )

    def final_invoices(self) -> list[Document]:
        """Return the invoices that count: neither drafts nor void."""
        return [row for row in self.state.find("invoice") if row["status"] in {"open", "paid", "uncollectible"}]

    def check_invoice(self, invoice: Document) -> None:
        """Check one invoice's sums, and its payment's."""
        assert invoice["subtotal"] == sum(line["amount"] for line in invoice["lines"]["data"])
        assert invoice["total"] == invoice["subtotal"] - sum(row["amount"] for row in invoice["total_discount_amounts"])
        assert invoice["amount_due"] == invoice["total"] + invoice["starting_balance"] - invoice["ending_balance"]
        assert invoice["amount_due"] >= 0
        if invoice["status"] == "paid":
            assert (invoice["amount_paid"], invoice["amount_remaining"]) == (invoice["amount_due"], 0)
        if invoice["status"] == "open":
            assert invoice["amount_remaining"] == invoice["amount_due"] > 0
        for payment in self.state.find("invoice_payment", invoice=invoice["id"]):
            intent = self.state.require("payment_intent", payment["payment"]["payment_intent"])
            assert (intent["status"] == "succeeded") == (payment["status"] == "paid")
            assert intent["amount"] == invoice["amount_due"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, max_size=14))
def test_the_books_balance_after_every_step(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "sandbox.db")
        try:
            with store.session() as state:
                books = Books(state)
                now = state.now
            for step in [("subscribe", "month", None), *steps]:
                try:
                    with store.session() as state:
                        state.now, books.state = now, state
                        books.do(step)
                        now = state.now
                except ApiError:
                    pass
                with store.session() as state:
                    state.now, books.state = now, state
                    books.check()
        finally:
            store.close()
