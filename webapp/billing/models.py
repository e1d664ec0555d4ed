"""What readers are entitled to and why, and what we know of Stripe's side of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base

STATUSES = (
    "incomplete",
    "incomplete_expired",
    "trialing",
    "active",
    "past_due",
    "canceled",
    "unpaid",
    "paused",
)
"""What a subscription's status can be (Stripe API reference, the subscription object)."""
HOLDS = ("dispute", "fraud_warning", "manual")
EVENT_STATES = ("received", "done", "ignored", "failed")
ATTEMPT_STATES = ("open", "completed", "expired")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class EntitlementGrant(Base):
    """A plan given to a reader for a time: [starts_at, ends_at), open-ended while `ends_at` is None.

    Those of source `stripe` are written by the sync alone: one for each unbroken time that a subscription gave access.
    """

    __tablename__ = "entitlement_grant"
    __table_args__ = (
        CheckConstraint("source IN ('stripe', 'manual', 'comp')", name="source_known"),
        CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="ends_after_start"),
        CheckConstraint("(source = 'stripe') = (subscription_id IS NOT NULL)", name="stripe_has_subscription"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    plan_key: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(10))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(200), default="")
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"), index=True)


class BillingCustomer(Base):
    """A reader as Stripe's customer, and how current our picture of them is.

    `dirty_seq` counts the hints that something changed, `synced_seq` is the count up to which we asked Stripe. Leases
    and pauses are in the machine's time, everything else in the site's.
    """

    __tablename__ = "billing_customer"
    __table_args__ = (
        CheckConstraint("dirty_seq >= synced_seq", name="synced_not_ahead"),
        CheckConstraint(f"hold_reason IS NULL OR {_one_of('hold_reason', HOLDS)}", name="hold_reason_known"),
        Index(
            "ix_billing_customer_dirty",
            "next_try_at",
            sqlite_where=text("dirty_seq > synced_seq"),
            postgresql_where=text("dirty_seq > synced_seq"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    stripe_customer_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    """None between our row and Stripe's answer: the row holds the key under which Stripe makes only one customer."""
    livemode: Mapped[bool | None]
    create_key: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    dirty_seq: Mapped[int] = mapped_column(default=0)
    synced_seq: Mapped[int] = mapped_column(default=0)
    synced_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(300))
    hold_reason: Mapped[str | None] = mapped_column(String(20))
    trial_used_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    """When Stripe told us that the customer was deleted there."""
    card_brand: Mapped[str | None] = mapped_column(String(20))
    card_last4: Mapped[str | None] = mapped_column(String(4))
    card_expires_at: Mapped[datetime | None]
    """The first moment at which the card is no longer good."""


class Subscription(Base):
    """A subscription as Stripe last told it; `fetched_at` says when."""

    __tablename__ = "subscription"
    __table_args__ = (CheckConstraint(_one_of("status", STATUSES), name="status_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(64), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("billing_customer.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    plan_key: Mapped[str | None] = mapped_column(String(40))
    """None: its price belongs to no plan of ours."""
    item_id: Mapped[str] = mapped_column(String(64))
    price_id: Mapped[str] = mapped_column(String(64))
    lookup_key: Mapped[str | None] = mapped_column(String(60))
    interval: Mapped[str | None] = mapped_column(String(10))
    amount: Mapped[int]
    """The price in the currency's smallest unit, each seat, before discounts and tax."""
    currency: Mapped[str] = mapped_column(String(3))
    quantity: Mapped[int]
    created: Mapped[datetime]
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    """The minimum over its items."""
    trial_end: Mapped[datetime | None]
    cancel_at: Mapped[datetime | None]
    cancel_at_period_end: Mapped[bool]
    ended_at: Mapped[datetime | None]
    past_due_since: Mapped[datetime | None]
    """When the unpaid renewal was first asked for; kept until the status is past_due no more."""
    pause_collection: Mapped[str | None] = mapped_column(String(20))
    pending_update_expires_at: Mapped[datetime | None]
    latest_invoice: Mapped[str | None] = mapped_column(String(64))
    fetched_at: Mapped[datetime]


class StripeEvent(Base):
    """An event that Stripe sent us: a hint, kept for 90 days. `seq`: the customer's `dirty_seq` that it made."""

    __tablename__ = "stripe_event"
    __table_args__ = (
        CheckConstraint(_one_of("state", EVENT_STATES), name="state_known"),
        Index("ix_stripe_event_state", "state", "received_at"),
    )

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(100))
    api_version: Mapped[str | None] = mapped_column(String(40))
    livemode: Mapped[bool]
    created: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(300))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("billing_customer.id", ondelete="SET NULL"), index=True)
    seq: Mapped[int | None]
    charge: Mapped[str | None] = mapped_column(String(64))
    """The charge it speaks of, where it does not say whose it is."""


class CheckoutAttempt(Base):
    """A reader's way to the checkout. One is open at a time: a second click finds it."""

    __tablename__ = "checkout_attempt"
    __table_args__ = (
        CheckConstraint(_one_of("state", ATTEMPT_STATES), name="state_known"),
        Index(
            "uq_checkout_attempt_open",
            "user_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    lookup_key: Mapped[str] = mapped_column(String(60))
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    url: Mapped[str | None] = mapped_column(Text)
    return_to: Mapped[str] = mapped_column(String(500))
    """The path of the page that the reader wanted."""
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class PlanPrice(Base):
    """A price at Stripe and the plan it stands for. Earlier prices of a lookup key stay, for those who pay them."""

    __tablename__ = "plan_price"

    price_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    lookup_key: Mapped[str] = mapped_column(String(60), index=True)
    plan_key: Mapped[str] = mapped_column(String(40))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[str] = mapped_column(String(10))
    active: Mapped[bool]
    """Whether the lookup key leads to this price at Stripe today."""
    fetched_at: Mapped[datetime]


class Invoice(Base):
    """An invoice, for display only. Amounts are in the currency's smallest unit."""

    __tablename__ = "invoice"

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(64), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("billing_customer.id", ondelete="CASCADE"), index=True)
    subscription: Mapped[str | None] = mapped_column(String(64))
    """Stripe's id of the subscription it is for."""
    number: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(20))
    total: Mapped[int]
    amount_paid: Mapped[int]
    amount_due: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    created: Mapped[datetime]
    attempts: Mapped[int]
    hosted_url: Mapped[str | None] = mapped_column(Text)
    pdf_url: Mapped[str | None] = mapped_column(Text)


class Charge(Base):
    """A charge that an event named: refunded, disputed, or warned of. Amounts as in `Invoice`."""

    __tablename__ = "charge"

    stripe_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("billing_customer.id", ondelete="CASCADE"), index=True)
    amount: Mapped[int | None]
    amount_refunded: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str | None] = mapped_column(String(3))
    created: Mapped[datetime | None]
    dispute_status: Mapped[str | None] = mapped_column(String(30))
    disputed_at: Mapped[datetime | None]
    watched: Mapped[bool]
    """Whether the next sync asks for it: an event named it, or its dispute is not decided."""


class BillingMark(Base):
    """How far something that runs again and again has come."""

    __tablename__ = "billing_mark"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
