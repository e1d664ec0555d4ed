"""Who syncs a customer: one at a time, by a lease that a dead worker loses.

What was fetched under a lease is written only while the lease is still ours: an older truth never overwrites a newer
one. Leases and pauses are in the machine's time, which no one moves.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from webapp.billing import alerts
from webapp.billing.models import BillingCustomer, StripeEvent
from webapp.core import clock
from webapp.extensions import db, transaction

LEASE = timedelta(seconds=60)
ALERT_AFTER = 10
"""Failed tries in a row before the operator is told."""
LONGEST_PAUSE_SECONDS = 3600


class LeaseLost(Exception):
    """Another worker has taken over: what we fetched may be older than what it wrote."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to sync a customer up to `seq`."""

    customer_id: int
    user_id: int
    stripe_customer_id: str
    token: str
    seq: int


def claim(customer_id: int | None = None) -> Claim | None:
    """Take the dirty customer that is due longest, or the one named however long it should pause. Commits.

    None: there is none, or another worker has it.
    """
    now = clock.real_now()
    free: list[ColumnElement[bool]] = [
        BillingCustomer.dirty_seq > BillingCustomer.synced_seq,
        BillingCustomer.stripe_customer_id.isnot(None),
        or_(BillingCustomer.lease_until.is_(None), BillingCustomer.lease_until <= now),
    ]
    if customer_id is None:
        free.append(or_(BillingCustomer.next_try_at.is_(None), BillingCustomer.next_try_at <= now))
        order = BillingCustomer.next_try_at.asc().nulls_first(), BillingCustomer.id
        found = db.session.scalars(select(BillingCustomer.id).where(*free).order_by(*order).limit(1)).first()
        if found is None:
            return None
        customer_id = found
    taken = (
        update(BillingCustomer)
        .where(BillingCustomer.id == customer_id, *free)
        .values(lease_token=secrets.token_hex(16), lease_until=now + LEASE)
        .returning(
            BillingCustomer.id,
            BillingCustomer.user_id,
            BillingCustomer.stripe_customer_id,
            BillingCustomer.lease_token,
            BillingCustomer.dirty_seq,
        )
    )
    with transaction():
        row = db.session.execute(taken).one_or_none()
    return Claim(row[0], row[1], row[2] or "", row[3] or "", row[4]) if row else None


def finish(held: Claim) -> None:
    """Note, in the running transaction, that the customer is synced up to the claim. Errors: LeaseLost."""
    done = (
        update(BillingCustomer)
        .where(BillingCustomer.id == held.customer_id, BillingCustomer.lease_token == held.token)
        .values(
            synced_seq=held.seq,
            synced_at=clock.now(),
            lease_token=None,
            lease_until=None,
            attempts=0,
            next_try_at=None,
            last_error=None,
        )
        .returning(BillingCustomer.id)
    )
    if db.session.scalars(done).one_or_none() is None:
        raise LeaseLost


def let_go(held: Claim) -> None:
    """Release the lease and leave the rest to the worker: a reader could not wait longer. Commits."""
    with transaction():
        ours = update(BillingCustomer).where(
            BillingCustomer.id == held.customer_id, BillingCustomer.lease_token == held.token
        )
        db.session.execute(ours.values(lease_token=None, lease_until=None))


def give_up(held: Claim, error: str) -> None:
    """Release the lease after a failure; the next try comes after a pause that grows. Commits."""
    with transaction():
        failed = (
            update(BillingCustomer)
            .where(BillingCustomer.id == held.customer_id, BillingCustomer.lease_token == held.token)
            .values(lease_token=None, lease_until=None, attempts=BillingCustomer.attempts + 1, last_error=error[:300])
            .returning(BillingCustomer.attempts)
        )
        attempts = db.session.scalars(failed).one_or_none()
        if attempts is None:
            return
        later = update(BillingCustomer).where(BillingCustomer.id == held.customer_id)
        db.session.execute(later.values(next_try_at=clock.real_now() + pause(attempts)))
        waiting = update(StripeEvent).where(
            StripeEvent.customer_id == held.customer_id, StripeEvent.state == "received"
        )
        state = "failed" if attempts >= ALERT_AFTER else "received"
        db.session.execute(waiting.values(state=state, attempts=StripeEvent.attempts + 1, last_error=error[:300]))
        if attempts == ALERT_AFTER:
            sentence = f"The customer {held.stripe_customer_id} could not be synced {attempts} times: {error}"
            alerts.alert(f"sync:{held.customer_id}:{held.seq}", sentence, held.user_id)


def pause(attempts: int) -> timedelta:
    """The pause after so many failed tries: 5 s, 10 s, 20 s … 1 h."""
    return timedelta(seconds=min(5 * 2 ** min(attempts - 1, 20), LONGEST_PAUSE_SECONDS))
