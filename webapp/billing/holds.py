"""Holds: a plan is closed while a payment is disputed, or while staff says so."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from webapp.auth import audit, stamps
from webapp.billing import alerts, customers, grants, notices
from webapp.billing.models import BillingCustomer, Charge, Subscription
from webapp.billing.snapshots import ChargeSnapshot, DisputeSnapshot, Snapshot
from webapp.billing.standing import DISPUTE_LOST, DISPUTES_DECIDED, DISPUTES_OPEN, LIVE
from webapp.core import clock
from webapp.core.errors import BadInput
from webapp.extensions import db, insert_into

DISPUTE = "dispute"
FIRST_CHARGE_BEFORE = timedelta(hours=1)
"""A checkout charges first and makes the subscription then."""


def settle(customer: BillingCustomer, snapshot: Snapshot) -> bool:
    """Write down what became of watched charges, hold or release the customer, and say whether that changed.

    An open dispute holds. A lost one holds the subscriptions that the charge may have paid for: one that began later
    was paid anew. A hold by staff stays until staff lifts it.
    """
    for told in snapshot.charges:
        _write(customer, told)
    db.session.flush()
    due = DISPUTE if _disputed(customer) else None
    if customer.hold_reason not in {None, DISPUTE} or customer.hold_reason == due:
        return False
    _set(customer, due)
    return True


def watch(charge_id: str, customer_id: int) -> None:
    """Have the next sync of the customer ask for a charge, and each one until its dispute is decided."""
    values = {"stripe_id": charge_id, "customer_id": customer_id, "amount_refunded": 0, "watched": True}
    insert = insert_into(Charge).values(values)
    db.session.execute(insert.on_conflict_do_update(index_elements=["stripe_id"], set_={"watched": True}))


def hold(user_id: int, reason: str, actor_id: int | None = None) -> None:
    """Close a reader's paid plan by hand. Errors: BadInput if the reader never bought one."""
    customer = customers.of_user(user_id)
    if customer is None:
        raise BadInput("this reader never bought a plan: there is nothing to hold")
    _set(customer, reason, actor_id)
    grants.settle(customer)
    stamps.bump(user_id)


def release(user_id: int, actor_id: int | None = None) -> None:
    """Lift a hold; while a dispute is open the sync that follows sets it again. Errors: BadInput if there is none."""
    customer = customers.of_user(user_id)
    if customer is None or customer.hold_reason is None:
        raise BadInput("this reader is not on hold")
    _set(customer, None, actor_id)
    customers.mark_dirty(customer.id)
    grants.settle(customer)
    stamps.bump(user_id)


def _set(customer: BillingCustomer, reason: str | None, actor_id: int | None = None) -> None:
    earlier, customer.hold_reason = customer.hold_reason, reason
    kind = "billing.held" if reason else "billing.released"
    audit.record(kind, customer.user_id, actor_id, reason=reason or earlier)
    if reason == DISPUTE:
        _tell_if_charged(customer)
        notices.on_hold(customer)
    db.session.flush()


def _tell_if_charged(customer: BillingCustomer) -> None:
    """A closed plan that still renews takes money for nothing: a person has to cancel or refund it."""
    for row in _live(customer):
        sentence = f"The reader's plan is on hold for a dispute, and {row.stripe_id} goes on being charged."
        alerts.alert(f"charged:{row.stripe_id}:{clock.now():%Y%m%d}", sentence, customer.user_id)


def _live(customer: BillingCustomer) -> list[Subscription]:
    live = select(Subscription).where(Subscription.customer_id == customer.id, Subscription.status.in_(LIVE))
    return list(db.session.scalars(live))


def _disputed(customer: BillingCustomer) -> bool:
    charges = list(db.session.scalars(select(Charge).filter_by(customer_id=customer.id)))
    if any(charge.dispute_status in DISPUTES_OPEN for charge in charges):
        return True
    lost = [charge.created for charge in charges if charge.dispute_status == DISPUTE_LOST and charge.created]
    return any(row.created < charged + FIRST_CHARGE_BEFORE for row in _live(customer) for charged in lost)


def _write(customer: BillingCustomer, told: ChargeSnapshot) -> None:
    row = db.session.get_one(Charge, told.id)
    if told.amount_refunded > row.amount_refunded:
        audit.record("billing.refunded", customer.user_id, charge=told.id, amount=told.amount_refunded)
    row.amount, row.amount_refunded, row.currency = told.amount, told.amount_refunded, told.currency
    row.created = told.created
    worst = max(told.disputes, key=_gravity, default=None)
    row.dispute_status, row.disputed_at = (worst.status, worst.created) if worst else (None, None)
    row.watched = worst is not None and worst.status not in DISPUTES_DECIDED


def _gravity(dispute: DisputeSnapshot) -> tuple[bool, bool]:
    return dispute.status in DISPUTES_OPEN, dispute.status == DISPUTE_LOST
