"""Readers as Stripe's customers: one each, and how current our picture of them is."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import case, select, update

from webapp.billing import payments
from webapp.billing.models import BillingCustomer
from webapp.core import clock
from webapp.extensions import db, insert_into, transaction

LONGEST_WAIT = timedelta(minutes=1)


def of_user(user_id: int) -> BillingCustomer | None:
    return db.session.scalars(select(BillingCustomer).filter_by(user_id=user_id)).one_or_none()


def by_stripe_id(stripe_customer_id: str) -> BillingCustomer | None:
    query = select(BillingCustomer).filter_by(stripe_customer_id=stripe_customer_id)
    return db.session.scalars(query).one_or_none()


def had_trial(user_id: int) -> bool:
    used = select(BillingCustomer.trial_used_at).filter_by(user_id=user_id)
    return db.session.scalars(used).one_or_none() is not None


def ensure(user_id: int, email: str) -> str:
    """Return the id of a reader's customer at Stripe, made now if there is none. Commits; asks Stripe.

    Our row comes first and keeps the key of the request, so that two clicks or a crash never make two customers. One
    that was deleted at Stripe is replaced. Errors: those of `payments`.
    """
    known, key = _row(user_id)
    if known:
        return known
    # The address is part of the key: Stripe refuses a key that comes back with other parameters.
    try:
        made = payments.gateway().create_customer(email, user_id, f"{key}-{_short(email)}")
    except payments.PaymentsAway as error:
        if error.answered:
            _use_new_key(user_id, key)
        raise
    with transaction():
        db.session.execute(
            update(BillingCustomer)
            .where(BillingCustomer.user_id == user_id, BillingCustomer.stripe_customer_id.is_(None))
            .values(stripe_customer_id=made, livemode=payments.livemode())
        )
    return made


def _row(user_id: int) -> tuple[str | None, str]:
    """Return (customer's id at Stripe if it has one, key for making it) of the reader's row, made if need be."""
    values = {
        "user_id": user_id,
        "create_key": _new_key(),
        "created_at": clock.now(),
        "dirty_seq": 0,
        "synced_seq": 0,
        "attempts": 0,
    }
    gone = {
        "stripe_customer_id": None,
        "deleted_at": None,
        "create_key": _new_key(),
        "lease_token": None,  # a sync that runs speaks of the one that is gone
        "lease_until": None,
    }
    of_reader = BillingCustomer.user_id == user_id
    with transaction():
        insert = insert_into(BillingCustomer).values(values)
        db.session.execute(insert.on_conflict_do_nothing(index_elements=["user_id"]))
        db.session.execute(
            update(BillingCustomer).where(of_reader, BillingCustomer.deleted_at.isnot(None)).values(gone)
        )
        row = db.session.execute(
            select(BillingCustomer.stripe_customer_id, BillingCustomer.create_key).where(of_reader)
        )
        known, key = row.one()
    return known, key


def _use_new_key(user_id: int, key: str) -> None:
    """Stripe keeps a failure under the key of its request: the next try needs another one."""
    with transaction():
        ours = update(BillingCustomer).where(BillingCustomer.user_id == user_id, BillingCustomer.create_key == key)
        db.session.execute(ours.values(create_key=_new_key()))


def _short(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:8]


def _new_key() -> str:
    return f"customer-{secrets.token_hex(16)}"


def mark_dirty(customer_id: int) -> int:
    """Note that something about a customer may have changed, and return the count of such notes.

    A long pause after failures is cut short: what is new should not wait for it.
    """
    soon = clock.real_now() + LONGEST_WAIT
    values = {
        "dirty_seq": BillingCustomer.dirty_seq + 1,
        "next_try_at": case((BillingCustomer.next_try_at > soon, soon), else_=BillingCustomer.next_try_at),
    }
    raised = update(BillingCustomer).where(BillingCustomer.id == customer_id).values(values)
    return db.session.scalars(raised.returning(BillingCustomer.dirty_seq)).one()
