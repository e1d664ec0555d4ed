"""Writing down what Stripe told us of one customer: rows, holds, grants, and the mails that follow from a change.

All of it runs in one transaction that holds the customer's lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select, update

from webapp.auth import stamps
from webapp.auth.models import User
from webapp.billing import alerts, grants, holds, invoices, notices, prices
from webapp.billing.models import STATUSES, BillingCustomer, CheckoutAttempt, StripeEvent, Subscription
from webapp.billing.plans import catalogue
from webapp.billing.snapshots import ItemSnapshot, Snapshot, SubscriptionSnapshot
from webapp.billing.standing import LIVE, OPEN, ends_at
from webapp.core import clock
from webapp.extensions import db

log = structlog.get_logger(__name__)

CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Change:
    """A subscription and what it was before; `status` None: it is new to us."""

    row: Subscription
    status: str | None
    ends_at: datetime | None
    facts: tuple[object, ...]

    @property
    def visible(self) -> bool:
        return self.facts != _facts(self.row)


def apply(customer_id: int, snapshot: Snapshot, seq: int) -> None:
    """Write a snapshot in the running transaction, and settle everything that follows from it."""
    customer = db.session.get_one(BillingCustomer, customer_id, populate_existing=True)
    rows = {row.stripe_id: row for row in db.session.scalars(select(Subscription).filter_by(customer_id=customer_id))}
    for row in rows.values():
        row.fetched_at = snapshot.fetched_at  # also of what Stripe did not list, or told in words we do not know
    told = (_write(customer, rows.get(one.id), one, snapshot) for one in snapshot.subscriptions)
    changes = [change for change in told if change is not None]
    if snapshot.customer.deleted:
        changes += _end_all(customer, rows, snapshot.fetched_at)
    _tell_if_closed(customer, snapshot)
    _note_card(customer, snapshot)
    held = holds.settle(customer, snapshot)
    invoices.write(customer, snapshot)
    granted = grants.settle(customer)
    notices.tell(customer, changes)
    if held or granted or any(change.visible for change in changes):
        stamps.bump(customer.user_id)
    done = update(StripeEvent).where(StripeEvent.customer_id == customer_id, StripeEvent.seq <= seq)
    db.session.execute(done.where(StripeEvent.state.in_(("received", "failed"))).values(state="done", last_error=None))


def _write(
    customer: BillingCustomer, row: Subscription | None, told: SubscriptionSnapshot, snapshot: Snapshot
) -> Change | None:
    if told.status not in STATUSES:
        sentence = (
            f"The subscription {told.id} has a status we do not know: {told.status}. The last known answer stands."
        )
        alerts.alert(f"status:{told.id}:{told.status}", sentence, customer.user_id)
        return None
    if row is None:
        row = Subscription(stripe_id=told.id, customer_id=customer.id)
        change = Change(row, None, None, ())
        _complete_attempt(customer.user_id)
    else:
        change = Change(row, row.status, ends_at(row), _facts(row))
    _fill(row, told, snapshot)
    db.session.add(row)
    if told.trial_start is not None and customer.trial_used_at is None:
        customer.trial_used_at = told.trial_start
    db.session.flush()
    return change


def _fill(row: Subscription, told: SubscriptionSnapshot, snapshot: Snapshot) -> None:
    item, plan_key = _chosen(told)
    row.status, row.plan_key = told.status, plan_key
    row.item_id, row.price_id, row.quantity = item.id, item.price.id, item.quantity
    row.lookup_key = _lookup_key(item) if plan_key else None  # of others' prices it may be of any length
    row.interval = item.price.interval
    row.amount, row.currency = item.price.amount, item.price.currency
    row.created, row.period_start, row.period_end = told.created, told.period_start, told.period_end
    row.trial_end, row.cancel_at, row.cancel_at_period_end = told.trial_end, told.cancel_at, told.cancel_at_period_end
    row.ended_at, row.pause_collection = told.ended_at, told.pause_collection
    row.pending_update_expires_at = told.pending_update_expires_at
    row.latest_invoice, row.fetched_at = told.latest_invoice_id, snapshot.fetched_at
    if told.status != "past_due":
        row.past_due_since = None
    elif row.past_due_since is None:
        row.past_due_since = _asked_at(told, snapshot)


def _chosen(told: SubscriptionSnapshot) -> tuple[ItemSnapshot, str | None]:
    """Return the item that gives the best plan, with the plan; (the first item, None) if no price is ours."""
    plans = catalogue()
    known = [(item, key) for item in told.items if (key := prices.plan_key_of(item.price)) is not None]
    if not known:
        log.warning("price not in the catalogue", subscription=told.id, price=told.items[0].price.id)
        return told.items[0], None
    item, plan_key = max(known, key=lambda pair: plans[pair[1]].rank)
    prices.learn(item.price)
    return item, plan_key


def _lookup_key(item: ItemSnapshot) -> str | None:
    return item.price.lookup_key or prices.lookup_key_of(item.price.id)


def _asked_at(told: SubscriptionSnapshot, snapshot: Snapshot) -> datetime:
    """Return when the open invoice was made, from which the grace is counted."""
    invoice = told.latest_invoice
    if invoice is None:
        invoice = next((one for one in snapshot.invoices if one.id == told.latest_invoice_id), None)
    return invoice.created if invoice is not None and invoice.status == "open" else snapshot.fetched_at


def _end_all(customer: BillingCustomer, rows: dict[str, Subscription], now: datetime) -> list[Change]:
    """The customer was deleted at Stripe, which ends every subscription."""
    if customer.deleted_at is None:
        customer.deleted_at = now
    changes = []
    for row in rows.values():
        if row.status in OPEN:
            changes.append(Change(row, row.status, ends_at(row), _facts(row)))
            row.status, row.ended_at, row.past_due_since = CANCELED, row.ended_at or now, None
    db.session.flush()
    return changes


def _tell_if_closed(customer: BillingCustomer, snapshot: Snapshot) -> None:
    """Who closed the account in one window may have paid in another: a person has to give the money back."""
    live = [one.id for one in snapshot.subscriptions if one.status in LIVE]
    if live and db.session.get_one(User, customer.user_id).closed_at is not None:
        sentence = f"A reader who closed the account is charged for {', '.join(live)}: cancel and refund at Stripe."
        alerts.alert(f"closed:{','.join(live)}", sentence, customer.user_id)


def _note_card(customer: BillingCustomer, snapshot: Snapshot) -> None:
    own = (one.card for one in snapshot.subscriptions if one.status in LIVE and one.card is not None)
    card = next(own, snapshot.customer.card)
    customer.card_brand = card.brand[:20] if card else None
    customer.card_last4 = card.last4[:4] if card else None
    customer.card_expires_at = card.expires_at if card else None


def _complete_attempt(user_id: int) -> None:
    """A new subscription ends the way to the checkout, also if its reader never came back from there."""
    attempts = update(CheckoutAttempt).where(CheckoutAttempt.user_id == user_id, CheckoutAttempt.state == "open")
    db.session.execute(attempts.where(CheckoutAttempt.created_at <= clock.now()).values(state="completed"))


def _facts(row: Subscription) -> tuple[object, ...]:
    return row.status, row.plan_key, row.lookup_key, ends_at(row), row.past_due_since
