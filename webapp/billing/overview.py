"""What pages show of a reader's subscription, worked out from our rows alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from webapp.billing import changes, customers, grants, service
from webapp.billing.models import BillingCustomer, Charge, EntitlementGrant, Invoice, Subscription
from webapp.billing.payments import OutcomeUnknown
from webapp.billing.plans import Plan, Price, catalogue
from webapp.billing.standing import LIVE, PAID, ends_at, grace_end
from webapp.core import clock

SENTENCES = {
    "already": "You have a subscription already. Change it here: a second one would be charged as well.",
    "updated": "What you changed at the payment service is shown here.",
    "mended": "Your payment went through: all is well again.",
    "cancelled": "Your subscription is cancelled.",
    "not_told": "We could not see whether this went through. Look here again in a few minutes.",
    "kept": "Your subscription goes on as before.",
    "resumed": "Your subscription goes on.",
    "still_paused": (
        "The payment did not go through, so your subscription is still paused. "
        "Pay the open invoice, or enter another card."
    ),
    "changed": "Your plan is changed.",
    "pending": "The payment of your change has not gone through yet. Until it has, your plan is as it was.",
    "unchanged": "Your plan is as it was: the change did not go through.",
    "unclear": OutcomeUnknown.message,
    "checking": "The payment service has been told. This page shows the change within a few minutes.",
}
"""What the account page says after something was done, by what its address names."""
STATUSES = {
    "draft": "being prepared",
    "open": "not paid yet",
    "paid": "paid",
    "uncollectible": "not collected",
    "void": "void",
}
"""What an invoice's status is called."""
BRANDS = {"amex": "American Express", "mastercard": "Mastercard", "visa": "Visa", "unionpay": "UnionPay", "jcb": "JCB"}
"""Brands that are not spelled as Stripe writes them, with a capital."""
GIVEN = ("manual", "comp")


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it is shown. `expires`: as in “08/2027”."""

    brand: str
    last4: str
    expires: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Switch:
    """Another price that the reader may change to."""

    plan: Plan
    price: Price


@dataclass(frozen=True, slots=True)
class Holding:
    """A subscription as pages show it. Of `ends_on`, `trial_until` and `renews_on` the first that is set is told."""

    row: Subscription
    plan_name: str
    ends_on: datetime | None
    trial_until: datetime | None
    renews_on: datetime | None
    card: Card | None
    open_invoice: Invoice | None
    switches: tuple[Switch, ...]
    may_cancel: bool
    may_keep: bool
    ends_at_once: bool
    closes_on: datetime | None
    """When the plan closes unless a failed payment is made good; may have passed."""
    on_hold: bool
    others: tuple[Subscription, ...]
    """Further subscriptions that are charged as well."""


@dataclass(frozen=True, slots=True)
class Gift:
    """A plan that staff gave, in force now."""

    plan_name: str
    until: datetime | None


def holding(user_id: int) -> Holding | None:
    """Return the reader's subscription with what they can do about it, None if there is none to show.

    One that was to end by now has ended, also if Stripe has not told us yet.
    """
    row = service.live_subscription(user_id)
    ends_on = ends_at(row) if row is not None else None
    if row is None or (ends_on is not None and ends_on <= clock.now()):
        return None
    plan, on_hold = catalogue().get(row.plan_key or ""), service.held(user_id) is not None
    running = row.status in {"active", "trialing"}
    may_switch = running and ends_on is None and not row.pending_update_expires_at and not on_hold
    return Holding(
        row=row,
        plan_name=plan.name if plan else "Subscription",
        ends_on=ends_on,
        trial_until=row.trial_end if row.status == "trialing" else None,
        renews_on=row.period_end if running else None,
        card=_card(customers.of_user(user_id)),
        open_invoice=_open_invoice(row, service.invoices_of(user_id)),
        switches=tuple(_switches(row)) if may_switch else (),
        may_cancel=ends_on is None or changes.ends_at_once(row),
        may_keep=running and ends_on is not None,
        ends_at_once=changes.ends_at_once(row),
        closes_on=min(filter(None, (grace_end(row, grants.grace()), ends_on)), default=None),
        on_hold=on_hold,
        others=tuple(one for one in service.subscriptions_of(user_id) if one.status in LIVE and one.id != row.id),
    )


def is_unpaid(user_id: int) -> bool:
    """Whether the reader's subscription waits for a payment that failed."""
    row = service.live_subscription(user_id)
    return row is not None and row.status in {"past_due", "unpaid"}


def is_paid(user_id: int) -> bool:
    row = service.live_subscription(user_id)
    return row is not None and row.status in PAID


def _switches(row: Subscription) -> Iterable[Switch]:
    """Yield the other prices on sale, those of the reader's own plan first."""
    sold = [Switch(plan, price) for plan in catalogue().on_sale() for price in plan.prices]
    others = [switch for switch in sold if switch.price.lookup_key != row.lookup_key]
    return sorted(others, key=lambda switch: switch.plan.key != row.plan_key)


def _card(customer: BillingCustomer | None) -> Card | None:
    if customer is None or not customer.card_last4 or customer.card_expires_at is None:
        return None
    brand, after = customer.card_brand or "card", customer.card_expires_at
    year, month = (after.year - 1, 12) if after.month == 1 else (after.year, after.month - 1)
    return Card(BRANDS.get(brand, brand.capitalize()), customer.card_last4, f"{month:02}/{year}", after <= clock.now())


def _open_invoice(row: Subscription, invoices: list[Invoice]) -> Invoice | None:
    """Return the invoice of this subscription whose payment opens the plan, or keeps it open."""
    return next((one for one in invoices if one.status == "open" and one.stripe_id == row.latest_invoice), None)


def refunds(charges: Iterable[Charge]) -> list[Charge]:
    """Return the charges of which something was paid back."""
    return [charge for charge in charges if charge.amount_refunded and charge.created is not None]


def gifts(rows: Iterable[EntitlementGrant]) -> list[Gift]:
    """Return what staff gave and is still in force."""
    now, plans = clock.now(), catalogue()
    lasting = [row for row in rows if row.source in GIVEN and (row.ends_at is None or row.ends_at > now)]
    return [Gift(plan.name, row.ends_at) for row in lasting if (plan := plans.get(row.plan_key)) is not None]
