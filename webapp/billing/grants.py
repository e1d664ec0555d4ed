"""The grants that subscriptions make: one for each unbroken time in which a subscription gives its plan."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from webapp.auth import audit
from webapp.billing import alerts
from webapp.billing.models import BillingCustomer, EntitlementGrant, Subscription
from webapp.billing.plans import catalogue
from webapp.billing.standing import Access, access
from webapp.core import clock
from webapp.extensions import db

SOURCE = "stripe"


def grace() -> timedelta:
    return timedelta(days=catalogue().billing.grace_days)


def settle(customer: BillingCustomer) -> bool:
    """Make the customer's grants what their subscriptions give now, and say whether any changed."""
    now = clock.now()
    rows = list(db.session.scalars(select(Subscription).filter_by(customer_id=customer.id).order_by(Subscription.id)))
    given = {row.id: access(row, grace(), now) for row in rows}
    giving = sorted(row.stripe_id for row in rows if given[row.id] is not None)
    if len(giving) > 1:
        sentence = f"The reader pays for several subscriptions at once: {', '.join(giving)}. The best plan counts."
        alerts.alert(f"several:{','.join(giving)}", sentence, customer.user_id)
    changed = [_settle(customer, row, None if customer.hold_reason else given[row.id], now) for row in rows]
    return any(changed)


def _settle(customer: BillingCustomer, row: Subscription, due: Access | None, now: datetime) -> bool:
    current = _open_grant(row.id, now)
    if current is not None and (due is None or due.plan_key != current.plan_key):
        current.ends_at = max(now, current.starts_at)
        _record("entitlement.revoked", current, row)
        current = None
    elif current is None and due is None:
        return False
    if due is None:
        return True
    if current is None:
        current = EntitlementGrant(
            user_id=customer.user_id,
            plan_key=due.plan_key,
            source=SOURCE,
            starts_at=now,
            ends_at=due.until,
            created_at=now,
            note="",
            subscription_id=row.id,
        )
        db.session.add(current)
        db.session.flush()
        _record("entitlement.granted", current, row)
        return True
    if current.ends_at == due.until:
        return False
    current.ends_at = due.until
    _record("entitlement.changed", current, row)
    return True


def _open_grant(subscription_id: int, now: datetime) -> EntitlementGrant | None:
    of_row = select(EntitlementGrant).filter_by(subscription_id=subscription_id).order_by(EntitlementGrant.id.desc())
    newest = db.session.scalars(of_row.limit(1)).one_or_none()
    return newest if newest is not None and (newest.ends_at is None or newest.ends_at > now) else None


def _record(kind: str, grant: EntitlementGrant, row: Subscription) -> None:
    audit.record(
        kind,
        grant.user_id,
        grant_id=grant.id,
        plan=grant.plan_key,
        source=SOURCE,
        ends_at=grant.ends_at.isoformat() if grant.ends_at else None,
        subscription=row.stripe_id,
        status=row.status,
    )
