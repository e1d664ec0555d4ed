"""The sync: ask Stripe for all that a customer has, and write it down.

Nothing else writes subscriptions. An event is only a hint that it is time to ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy import select

from webapp.billing import alerts, apply, customers, leases, payments
from webapp.billing.leases import Claim, LeaseLost
from webapp.billing.models import BillingCustomer, Charge, Subscription
from webapp.billing.snapshots import CustomerSnapshot, Snapshot
from webapp.billing.standing import OPEN
from webapp.core import clock
from webapp.core.errors import CodeshelfError
from webapp.extensions import db, transaction

FETCH_SECONDS = 45.0
"""Shorter than a lease: who takes longer would be refused when writing anyway."""
POLL_SECONDS = 0.1

T = TypeVar("T")

log = structlog.get_logger(__name__)


class CustomerUnknown(CodeshelfError):
    """Stripe does not know a customer that it made: the key belongs to another account or mode."""

    message = "Stripe does not know this customer: does the key belong to the account that made it?"


def work() -> int:
    """Sync every customer that is dirty and due, and return how many were synced. For workers."""
    synced = 0
    while payments.enabled() and (held := leases.claim()) is not None:
        try:
            synced += run(held)
        except Exception:  # it is noted and will be tried again: others must not wait for it
            log.exception("sync failed", customer=held.customer_id)
    return synced


def refresh(user_id: int, seconds: float = payments.WEB_SECONDS) -> bool:
    """Sync one reader now, for a page that must know. Commits.

    True: our rows are as current as this call. False: Stripe is away, or it took too long; the worker goes on.
    """
    with transaction():
        customer = customers.of_user(user_id)
        if customer is None or customer.stripe_customer_id is None:
            return True  # nothing was ever bought
        customer_id, seq = customer.id, customers.mark_dirty(customer.id)
    with payments.gateway().patience(seconds):
        while payments.gateway().seconds_left > 0:
            held = leases.claim(customer_id)
            if held is not None:
                if not run(held, in_passing=True):
                    return False
            elif _synced(customer_id) < seq:
                time.sleep(POLL_SECONDS)  # another worker is at it
            if _synced(customer_id) >= seq:
                return True
    return False


def _synced(customer_id: int) -> int:
    db.session.rollback()  # see what others have written meanwhile
    return db.session.scalars(select(BillingCustomer.synced_seq).filter_by(id=customer_id)).one()


def run(held: Claim, *, in_passing: bool = False) -> bool:
    """Fetch and write under a claim. False: it failed and will be tried again, or another worker took over.

    `in_passing`: a failure within a reader's patience tells nothing of the customer, and puts no worker off.
    """
    try:
        with payments.gateway().patience(FETCH_SECONDS):
            snapshot = fetch(held)
        write(held, snapshot)
    except LeaseLost:
        log.info("sync left to another worker", customer=held.customer_id)
        return False
    except CodeshelfError as error:
        log.warning("sync failed", customer=held.customer_id, error=str(error))
        if in_passing:
            leases.let_go(held)
        else:
            leases.give_up(held, str(error))
            _tell_of_unknown(held, error)
        return False
    except Exception as error:
        leases.give_up(held, f"{type(error).__name__}: {error}")
        raise
    return True


def _tell_of_unknown(held: Claim, error: CodeshelfError) -> None:
    if isinstance(error, CustomerUnknown):
        with transaction():
            alerts.alert(f"unknown:{held.stripe_customer_id}", f"{held.stripe_customer_id}: {error}", held.user_id)


def write(held: Claim, snapshot: Snapshot) -> None:
    """Write what was fetched, if the claim still holds. Commits. Errors: LeaseLost."""
    with transaction():
        leases.finish(held)
        apply.apply(held.customer_id, snapshot, held.seq)


def fetch(held: Claim) -> Snapshot:
    """Ask Stripe for everything about a customer. Errors: those of `payments`, UnexpectedShape, CustomerUnknown."""
    stripe, fetched_at = payments.gateway(), clock.now()
    ours = select(Subscription.stripe_id).filter_by(customer_id=held.customer_id)
    expected = list(db.session.scalars(ours.where(Subscription.status.in_(OPEN))))
    watched = list(db.session.scalars(select(Charge.stripe_id).filter_by(customer_id=held.customer_id, watched=True)))
    db.session.rollback()  # no transaction is held while Stripe is asked
    customer = stripe.customer(held.stripe_customer_id)
    if customer is None:
        raise CustomerUnknown
    found = {one.id: one for one in _listed(stripe.subscriptions, customer)}
    for missing in (one for one in expected if one not in found):  # a listing may lag: it never ends anything
        single = stripe.subscription(missing)
        if single is not None:
            found[missing] = single
    return Snapshot(
        customer=customer,
        subscriptions=tuple(found.values()),
        invoices=tuple(_listed(stripe.invoices, customer)),
        charges=tuple(charge for one in watched if (charge := stripe.charge(one)) is not None),
        fetched_at=fetched_at,
    )


def _listed(ask: Callable[[str], list[T]], customer: CustomerSnapshot) -> list[T]:
    """Return a listing; of a deleted customer Stripe may refuse it."""
    try:
        return ask(customer.id)
    except payments.PaymentRefused:
        if not customer.deleted:
            raise
        return []
