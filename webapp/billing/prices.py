"""Prices at Stripe and the plans they stand for."""

from __future__ import annotations

from sqlalchemy import select, update

from webapp.billing import payments
from webapp.billing.models import PlanPrice
from webapp.billing.plans import catalogue
from webapp.billing.snapshots import PriceSnapshot
from webapp.core import clock
from webapp.core.errors import Unavailable
from webapp.extensions import db, insert_into, transaction


class NotAtStripe(Unavailable):
    """The operator has not pushed the catalogue yet."""

    code = "price_not_set_up"
    message = "This plan cannot be bought yet: its price is not set up at the payment service. Nothing was charged."


def price_id(lookup_key: str) -> str:
    """Return the id of the price that a lookup key leads to today. Commits and asks Stripe if we do not know it yet.

    Errors: NotAtStripe; those of `payments`.
    """
    known = select(PlanPrice.price_id).where(PlanPrice.lookup_key == lookup_key, PlanPrice.active)
    found = db.session.scalars(known.order_by(PlanPrice.fetched_at.desc())).first()
    if found is None:
        db.session.rollback()  # no transaction is held while Stripe is asked
        refresh([lookup_key])
        found = db.session.scalars(known).first()
    if found is None:
        raise NotAtStripe
    return found


def refresh(lookup_keys: list[str]) -> None:
    """Ask Stripe which prices these keys lead to, and remember it. Commits."""
    found = [price for price in payments.gateway().prices(lookup_keys) if price.active]
    leading = {price.lookup_key: price.id for price in found}
    with transaction():
        for price in found:
            remember(price)
        for key in lookup_keys:
            others = update(PlanPrice).where(PlanPrice.lookup_key == key, PlanPrice.price_id != leading.get(key, ""))
            db.session.execute(others.values(active=False))


def refresh_all() -> None:
    """Ask Stripe for all prices on sale: one may have been changed there, and the event lost. Commits."""
    keys = [price.lookup_key for plan in catalogue().on_sale() for price in plan.prices]
    db.session.rollback()  # as above
    refresh(keys)


def remember(price: PriceSnapshot) -> None:
    """Keep what Stripe says of a price; one that belongs to no plan of ours is left alone.

    A row keeps its lookup key when Stripe hands the key to another price: who pays the old price keeps the plan.
    """
    row = db.session.get(PlanPrice, price.id)
    plan_key = plan_key_of(price)
    key = price.lookup_key or (row.lookup_key if row else None)
    if plan_key is None or key is None:
        return
    values = {
        "lookup_key": key,
        "plan_key": plan_key,
        "amount": price.amount,
        "currency": price.currency,
        "interval": price.interval or "",
        "active": price.active and price.lookup_key is not None,
        "fetched_at": clock.now(),
    }
    insert = insert_into(PlanPrice).values(price_id=price.id, **values)
    db.session.execute(insert.on_conflict_do_update(index_elements=["price_id"], set_=values))
    if row is not None:
        db.session.expire(row)


def plan_key_of(price: PriceSnapshot) -> str | None:
    """Return the plan that a price stands for, also one that is sold no longer; None for a price that is not ours."""
    plans = catalogue()
    named = plans.plan_of(price.lookup_key) if price.lookup_key else None
    if named is not None:
        return named.key
    row = db.session.get(PlanPrice, price.id)
    if row is not None and row.plan_key in plans.plans:
        return row.plan_key
    return price.plan if price.plan in plans.plans else None


def learn(price: PriceSnapshot) -> None:
    """Keep a price met in a subscription, if we do not know it yet: a catalogue pushed elsewhere."""
    if db.session.get(PlanPrice, price.id) is None:
        remember(price)


def lookup_key_of(price_id: str) -> str | None:
    """Return the lookup key under which a price was sold."""
    row = db.session.get(PlanPrice, price_id)
    return row.lookup_key if row else None
