"""Reconciliation against Stripe: what was lost on the way is found by asking, never by looking at our own rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import and_, or_, select

from webapp.billing import customers, grants, holds, inbox, payments, prices
from webapp.billing.models import BillingCustomer, BillingMark, Charge, Subscription
from webapp.billing.plans import catalogue
from webapp.billing.snapshots import SubscriptionSnapshot
from webapp.billing.standing import OPEN
from webapp.core import clock
from webapp.extensions import db, insert_into, transaction

EVENTS_MARK, DISPUTES_MARK = "undelivered events", "disputes"
FIRST_LOOK = timedelta(days=1)
OVERLAP = timedelta(hours=1)
"""An event may fail long after it was made: each look goes back behind the last one."""
DISPUTES_BACK = timedelta(days=2)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Drift:
    """A subscription that our rows tell otherwise than Stripe does."""

    customer_id: int
    subscription: str
    what: str


def take_undelivered() -> int:
    """Take the events that Stripe could not deliver since the last look, and return how many were new. Commits."""
    begun, since = clock.now(), _mark(EVENTS_MARK)
    since = since - OVERLAP if since else begun - FIRST_LOOK
    new = 0
    for event in list(payments.gateway().undelivered_events(since)):
        if event.livemode == payments.livemode():
            with transaction():
                new += inbox.receive(event)
    with transaction():
        _set_mark(EVENTS_MARK, begun)
    if new:
        log.warning("events taken that were not delivered", count=new)
    return new


def mark_due() -> None:
    """Mark customers for whom a date has passed since we last asked: a period's, trial's, grace's or plan's end.

    In the running transaction. A lost event then never leaves a plan open, or closed, for longer than a minute or two.
    So are those whose price stands for another plan since the plan catalogue was changed.
    """
    now = clock.now()
    grace_began = now - grants.grace()
    asked = Subscription.fetched_at
    passed = [
        and_(column > asked, column <= now)
        for column in (Subscription.period_end, Subscription.trial_end, Subscription.cancel_at)
    ]
    # The grace ends behind `past_due_since`: compared on the side of the parameters, since databases add days in ways
    # of their own.
    in_grace = select(Subscription.id, Subscription.past_due_since, asked).where(
        Subscription.past_due_since <= grace_began, Subscription.status.in_(OPEN)
    )
    over = [row.id for row in db.session.execute(in_grace) if row.past_due_since + grants.grace() > row.fetched_at]
    sold_as = select(Subscription.lookup_key, Subscription.plan_key).where(Subscription.status.in_(OPEN)).distinct()
    renamed = [key for key, plan_key in db.session.execute(sold_as) if key and _plan_now(key) not in {None, plan_key}]
    other_plan = Subscription.lookup_key.in_(renamed)
    due = select(Subscription.customer_id).where(
        Subscription.status.in_(OPEN), or_(*passed, Subscription.id.in_(over), other_plan)
    )
    clean = BillingCustomer.dirty_seq == BillingCustomer.synced_seq
    for customer_id in db.session.scalars(select(BillingCustomer.id).where(BillingCustomer.id.in_(due), clean)).all():
        customers.mark_dirty(customer_id)


def find_drift() -> list[Drift]:
    """Compare every subscription at Stripe with our rows. Asks Stripe; changes nothing."""
    begun = clock.now()
    told = {one.id: one for one in payments.gateway().all_subscriptions()}
    db.session.rollback()  # see what was written meanwhile
    known = select(BillingCustomer).where(BillingCustomer.stripe_customer_id.isnot(None))
    ours = {str(customer.stripe_customer_id): customer.id for customer in db.session.scalars(known)}
    rows = {row.stripe_id: row for row in db.session.scalars(select(Subscription))}
    differing = [
        Drift(ours[one.customer], one.id, what)
        for one in told.values()
        if one.customer in ours and (what := _difference(rows.get(one.id), one))
    ]
    missing = [
        Drift(row.customer_id, row.stripe_id, f"{row.status} here, not listed at Stripe")
        for row in rows.values()
        if row.status in OPEN and row.stripe_id not in told and row.fetched_at < begun
    ]
    return differing + missing


def repair(drifts: list[Drift]) -> None:
    """Have the customers of all drifts synced anew, in the running transaction."""
    for customer_id in {drift.customer_id for drift in drifts}:
        customers.mark_dirty(customer_id)


def compare() -> None:
    """Log, count and repair all drift. Commits."""
    drifts = find_drift()
    for drift in drifts:
        log.warning("billing drift", subscription=drift.subscription, what=drift.what)
    if drifts:
        current_app.extensions["counts"].add("billing_drift", len(drifts))
    with transaction():
        repair(drifts)


def look_at_disputes() -> None:
    """Watch the charges of all disputes since the last look, and ask again for those not yet decided. Commits."""
    begun, since = clock.now(), _mark(DISPUTES_MARK)
    since = since - DISPUTES_BACK if since else begun - timedelta(days=120)
    with transaction():
        for customer_id in db.session.scalars(select(Charge.customer_id).filter_by(watched=True).distinct()).all():
            customers.mark_dirty(customer_id)
    stripe = payments.gateway()
    for dispute in list(stripe.disputes_since(since)):
        charge = stripe.charge(dispute.charge)
        with transaction():
            customer = customers.by_stripe_id(charge.customer) if charge and charge.customer else None
            if customer is not None:
                holds.watch(dispute.charge, customer.id)
                customers.mark_dirty(customer.id)
    with transaction():
        _set_mark(DISPUTES_MARK, begun)


def _difference(row: Subscription | None, told: SubscriptionSnapshot) -> str:
    """Say in what our row differs, empty if in nothing that matters."""
    if row is None:
        return f"{told.status} at Stripe, unknown here"
    here = {
        "status": row.status,
        "price": row.price_id,
        "period end": row.period_end,
        "cancel at": row.cancel_at,
        "cancel at period end": row.cancel_at_period_end,
        "plan": row.plan_key,
    }
    items = {item.price.id: item for item in told.items}
    there = {
        "status": told.status,
        "price": row.price_id if row.price_id in items else told.items[0].price.id,
        "period end": told.period_end,
        "cancel at": told.cancel_at,
        "cancel at period end": told.cancel_at_period_end,
        "plan": prices.plan_key_of(items[row.price_id].price) if row.price_id in items else None,
    }
    return ", ".join(f"{name} {here[name]} here, {there[name]} at Stripe" for name in here if here[name] != there[name])


def _mark(name: str) -> datetime | None:
    found = db.session.scalars(select(BillingMark.at).filter_by(name=name)).one_or_none()
    db.session.rollback()  # no transaction is held while Stripe is asked
    return found


def _set_mark(name: str, at: datetime) -> None:
    insert = insert_into(BillingMark).values(name=name, at=at)
    db.session.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"at": at}))


def _plan_now(lookup_key: str) -> str | None:
    plan = catalogue().plan_of(lookup_key)
    return plan.key if plan else None
