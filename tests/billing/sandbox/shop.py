"""A small shop in the sandbox, through the real library: a product, two prices, a portal, a reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import stripe

RETURN = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Shop:
    """What tests of the pages need."""

    client: stripe.StripeClient
    product: str
    monthly: str
    yearly: str
    configuration: str
    customer: str

    def checkout(self, **params: Any) -> stripe.checkout.Session:
        """Make a Checkout Session; keyword arguments add to its parameters."""
        wanted: Any = {
            "mode": "subscription",
            "customer": self.customer,
            "line_items": [{"price": self.monthly, "quantity": 1}],
            "success_url": f"{RETURN}/done?session={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{RETURN}/pricing",
        }
        wanted.update(params)
        return self.client.v1.checkout.sessions.create(wanted)

    def portal(self, **params: Any) -> stripe.billing_portal.Session:
        """Make a portal session; keyword arguments add to its parameters."""
        wanted: Any = {
            "customer": self.customer,
            "configuration": self.configuration,
            "return_url": f"{RETURN}/account",
        }
        wanted.update(params)
        return self.client.v1.billing_portal.sessions.create(wanted)

    def subscription(self) -> stripe.Subscription:
        """Return the customer's newest subscription."""
        return self.client.v1.subscriptions.list({"customer": self.customer, "status": "all"}).data[0]


def open_shop(client: stripe.StripeClient) -> Shop:
    """Fill an empty sandbox."""
    product = client.v1.products.create({"name": "Codeshelf Pro"}).id

    def price(amount: int, interval: Any) -> str:
        return client.v1.prices.create(
            {
                "product": product,
                "currency": "usd",
                "unit_amount": amount,
                "recurring": {"interval": interval},
                "lookup_key": f"pro_{interval}",
            }
        ).id

    monthly, yearly = price(2900, "month"), price(29000, "year")
    configuration = client.v1.billing_portal.configurations.create(
        {
            "features": {
                "customer_update": {"enabled": True, "allowed_updates": ["address", "name"]},
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
                "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price"],
                    "products": [{"product": product, "prices": [monthly, yearly]}],
                },
            }
        }
    ).id
    coupon = client.v1.coupons.create({"percent_off": 50, "duration": "once"}).id
    client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon}, "code": "HALF"})
    customer = client.v1.customers.create({"email": "alice@example.org", "name": "Alice"}).id
    return Shop(client, product, monthly, yearly, configuration, customer)
