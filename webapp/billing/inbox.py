"""Events from Stripe: hints that a customer should be looked at. Stored once, however often they come.

Nothing of an event's content is believed but whom it is about.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, func, select, update

from webapp.billing import alerts, customers, holds, payments, prices
from webapp.billing.leases import ALERT_AFTER
from webapp.billing.models import EVENT_STATES, BillingCustomer, StripeEvent
from webapp.billing.snapshots import EventSnapshot
from webapp.core import clock
from webapp.core.errors import BadInput, CodeshelfError
from webapp.extensions import db, insert_into, transaction

EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.finalization_failed",
    "invoice.upcoming",
    "customer.updated",
    "customer.deleted",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "radar.early_fraud_warning.created",
    "price.created",
    "price.updated",
    "price.deleted",
    "product.updated",
)
"""What the webhook endpoint is to send. Other types are taken, noted and ignored."""
ABOUT_CHARGES = ("charge.", "radar.")
ABOUT_PRICES = ("price.", "product.")
FRAUD_WARNING = "radar.early_fraud_warning.created"
KEPT = timedelta(days=90)

log = structlog.get_logger(__name__)


def receive(event: EventSnapshot) -> bool:
    """Store an event and mark whom it is about, in the running transaction. False: it was here before."""
    values = {
        "id": event.id,
        "type": event.type[:100],
        "api_version": event.api_version,
        "livemode": event.livemode,
        "created": event.created,
        "received_at": clock.now(),
        "state": "received",
        "attempts": 0,
        "charge": event.charge if event.type.startswith(ABOUT_CHARGES) else None,
    }
    insert = insert_into(StripeEvent).values(values).on_conflict_do_nothing(index_elements=["id"])
    if db.session.scalars(insert.returning(StripeEvent.id)).one_or_none() is None:
        return False
    _route(db.session.get_one(StripeEvent, event.id), event.customer)
    return True


def work() -> None:
    """Look up what events are about that do not name a customer: whose charge it is, what a price is now. Commits."""
    query = select(StripeEvent.id).where(StripeEvent.state == "received", StripeEvent.customer_id.is_(None))
    for event_id in db.session.scalars(query.order_by(StripeEvent.received_at).limit(200)).all():
        try:
            _look_up(event_id)
        except Exception as error:  # whatever it is, others must not wait for it
            known = isinstance(error, CodeshelfError)
            log.warning("event put off", event_id=event_id, error=str(error), exc_info=not known)
            with transaction():
                _put_off(db.session.get_one(StripeEvent, event_id), str(error))


def try_failed_again() -> None:
    """Take up what could not be looked up: the outage may be over. Commits."""
    with transaction():
        failed = update(StripeEvent).where(StripeEvent.state == "failed", StripeEvent.customer_id.is_(None))
        db.session.execute(failed.values(state="received", attempts=0))


def replay(event_id: str) -> str:
    """Take an event as if it came for the first time; ask Stripe for one that never came. Commits; returns its state.

    Errors: BadInput if there is no such event; those of `payments`.
    """
    known = db.session.get(StripeEvent, event_id) is not None
    told = payments.gateway().event(event_id)
    if told is None and not known:
        raise BadInput(f"neither we nor Stripe have an event {event_id}")
    with transaction():
        row = db.session.get(StripeEvent, event_id)
        if row is None and told is not None:
            receive(told)
        elif row is not None:
            row.state, row.attempts, row.last_error = "received", 0, None
            owner = db.session.get(BillingCustomer, row.customer_id) if row.customer_id else None
            _route(row, owner.stripe_customer_id if owner else told.customer if told else None)
        return db.session.get_one(StripeEvent, event_id).state


def failed() -> list[str]:
    """Return the ids of the events that could not be handled, oldest first."""
    query = select(StripeEvent.id).where(StripeEvent.state == "failed")
    return list(db.session.scalars(query.order_by(StripeEvent.received_at)))


def state_of(event_id: str) -> str:
    """Return an event's state. Errors: LookupError."""
    db.session.rollback()  # see what was written meanwhile
    return db.session.get_one(StripeEvent, event_id).state


def forget_old() -> None:
    with transaction():
        db.session.execute(delete(StripeEvent).where(StripeEvent.received_at < clock.now() - KEPT))


def _route(row: StripeEvent, stripe_customer_id: str | None) -> None:
    """Mark the customer that an event is about; what must be looked up first stays `received`."""
    known_type = row.type in EVENTS or (stripe_customer_id is not None and row.type.startswith("v1."))
    customer = customers.by_stripe_id(stripe_customer_id) if stripe_customer_id else None
    if not known_type:
        row.state = "ignored"
    elif customer is not None:
        _mark(row, customer)
    elif not (row.charge or row.type.startswith(ABOUT_PRICES)):
        row.state = "ignored"  # another site's customer on the same account, or one that we never made


def _mark(row: StripeEvent, customer: BillingCustomer) -> None:
    if row.charge:
        holds.watch(row.charge, customer.id)
    row.customer_id, row.seq = customer.id, customers.mark_dirty(customer.id)
    if row.type == FRAUD_WARNING:
        sentence = f"The bank warns that the charge {row.charge} may be fraud. Refund it, or hold the reader's plan."
        alerts.alert(f"fraud:{row.charge}", sentence, customer.user_id)


def _look_up(event_id: str) -> None:
    row = db.session.get_one(StripeEvent, event_id)
    charge_id, about_prices = row.charge, row.type.startswith(ABOUT_PRICES)
    db.session.rollback()  # no transaction is held while Stripe is asked
    if about_prices:
        prices.refresh_all()
    charge = payments.gateway().charge(charge_id) if charge_id else None
    owner = charge.customer if charge else None
    with transaction():
        row = db.session.get_one(StripeEvent, event_id)
        customer = customers.by_stripe_id(owner) if owner else None
        if customer is not None:
            _mark(row, customer)
        else:
            row.state = "done" if about_prices else "ignored"


def _put_off(row: StripeEvent, error: str) -> None:
    row.attempts, row.last_error = row.attempts + 1, error[:300]
    if row.attempts >= ALERT_AFTER:
        row.state = "failed"
        sentence = f"The event {row.id} ({row.type}) could not be handled: {error}. See `flask billing replay`."
        alerts.alert(f"events:{clock.now():%Y%m%d}", sentence)


def backlog() -> dict[str, int]:
    """Return how many events there are by state, and how many customers wait for a sync, for the operator."""
    states = select(StripeEvent.state, func.count()).group_by(StripeEvent.state)
    found = dict.fromkeys(EVENT_STATES, 0) | {row[0]: row[1] for row in db.session.execute(states)}
    behind = BillingCustomer.dirty_seq > BillingCustomer.synced_seq
    dirty = select(func.count()).where(behind, BillingCustomer.stripe_customer_id.isnot(None))
    return {**found, "customers_to_sync": db.session.scalars(dirty).one()}
