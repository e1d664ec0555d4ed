"""The /v1 routes of each family of objects; importing a module registers its own."""

from webapp.billing.sandbox.resources import (
    catalogue,
    checkout,
    customers,
    discounts,
    disputes,
    entitlements,
    invoices,
    payment_methods,
    payments,
    portal,
    subscriptions,
)

__all__ = [
    "catalogue",
    "checkout",
    "customers",
    "discounts",
    "disputes",
    "entitlements",
    "invoices",
    "payment_methods",
    "payments",
    "portal",
    "subscriptions",
]
