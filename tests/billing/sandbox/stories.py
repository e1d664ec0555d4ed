"""What tests of the engine share: a shop whose customer pays with test cards, and a clock to move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import stripe

from tests.billing.sandbox.shop import Shop, open_shop
from webapp.billing.sandbox.engine import cards, checkout
from webapp.billing.sandbox.engine.outcome import Outcome
from webapp.billing.sandbox.server import Sandbox

VISA = "4242424242424242"
DECLINED = "4000000000000002"
FAILS_LATER = "4000000000000341"
ASKS_ONCE = "4000002500003155"
ASKS_ALWAYS = "4000002760003184"
DISPUTED = "4000000000000259"
WARNED = "4000000000005423"


class Story:
    """A sandbox, its shop, and what a person and time do to it."""

    def __init__(self, sandbox: Sandbox, client: stripe.StripeClient, advance: Callable[..., None]) -> None:
        self.sandbox, self.advance = sandbox, advance
        self.shop: Shop = open_shop(client)
        self.v1 = client.v1
        self._seen = 0
        self.news()

    @property
    def customer(self) -> str:
        return self.shop.customer

    def act(self, do: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function of the engine, as a page does."""
        with self.sandbox.store.session() as state:
            return do(state, *args, **kwargs)

    def card(self, number: str = VISA) -> str:
        """Type a card; returns the payment method's id."""
        return str(self.act(cards.make_card, number, 12, 2040, "123")["id"])

    def pay(self, session: str, number: str | None = VISA, **kwargs: Any) -> Outcome:
        """Pay a Checkout Session."""
        found = self.act(checkout.pay, session, self.card(number) if number else None, **kwargs)
        assert isinstance(found, Outcome)
        return found

    def subscribe(self, number: str | None = VISA, *, authenticated: bool = False, **params: Any) -> str:
        """Go through Checkout; returns the subscription's id."""
        outcome = self.pay(self.shop.checkout(**params).id, number, authenticated=authenticated)
        assert outcome.kind in {"paid", "processing"}
        return self.shop.subscription().id

    def subscription(self) -> stripe.Subscription:
        """Return the newest subscription with its newest invoice."""
        return self.v1.subscriptions.retrieve(self.shop.subscription().id, {"expand": ["latest_invoice"]})

    def latest_invoice(self) -> stripe.Invoice:
        """Return the subscription's newest invoice."""
        invoice = self.subscription().latest_invoice
        assert isinstance(invoice, stripe.Invoice)
        return invoice

    def item(self) -> str:
        """Return the id of the subscription's first item."""
        return str(self.shop.subscription()["items"].data[0].id)

    def news(self) -> list[str]:
        """Return the types of the events since the last call, oldest first."""
        with self.sandbox.store.session() as state:
            types = [str(event["type"]) for event in reversed(state.find("event"))]
        new, self._seen = types[self._seen :], len(types)
        return new


def adds_up(invoice: stripe.Invoice) -> None:
    """Check every sum that an invoice shows."""
    lines = invoice.lines.data
    taken = sum(amount.amount for amount in invoice.total_discount_amounts or [])
    assert invoice.subtotal == sum(line.amount for line in lines)
    assert invoice.total == invoice.subtotal - taken
    assert taken == sum(amount.amount for line in lines for amount in line.discount_amounts or [])
    if invoice.ending_balance is not None:
        assert invoice.amount_due == invoice.total + invoice.starting_balance - invoice.ending_balance
    expected = 0 if invoice.status in {"paid", "void"} and invoice.amount_paid else invoice.amount_due
    assert invoice.amount_remaining == expected
