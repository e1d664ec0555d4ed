"""What a reader has: grants, subscriptions, invoices, trouble. And grants by staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.auth import audit, stamps
from webapp.billing import grants
from webapp.billing.entitlements import Entitlement, entitlement
from webapp.billing.models import BillingCustomer, Charge, EntitlementGrant, Invoice, Subscription
from webapp.billing.plans import FREE, GUEST, catalogue
from webapp.billing.standing import LIVE, OPEN, access, grace_end
from webapp.core import clock
from webapp.core.errors import BadInput
from webapp.extensions import db


@dataclass(frozen=True, slots=True)
class PaymentTrouble:
    """A renewal that was not paid: the plan stays open until `until` (exclusive), which may have passed."""

    plan_key: str
    until: datetime


def grants_of(user_id: int) -> list[EntitlementGrant]:
    """Return all of a reader's grants, oldest first."""
    query = select(EntitlementGrant).filter_by(user_id=user_id).order_by(EntitlementGrant.id)
    return list(db.session.scalars(query))


def entitlement_of(user_id: int) -> Entitlement:
    """Return what a reader is entitled to now."""
    return entitlement(grants_of(user_id), clock.now(), catalogue())


def subscriptions_of(user_id: int) -> list[Subscription]:
    """Return all of a reader's subscriptions, oldest first."""
    query = select(Subscription).join(BillingCustomer).where(BillingCustomer.user_id == user_id)
    return list(db.session.scalars(query.order_by(Subscription.created, Subscription.id)))


def live_subscription(user_id: int) -> Subscription | None:
    """Return the subscription to show and to manage: one that gives access, else one that can be mended; the newest.

    One whose first payment never came through is none, and neither is one for something else than a plan.
    """
    now = clock.now()
    rows = [row for row in subscriptions_of(user_id) if row.status in OPEN and row.plan_key is not None]
    rows = [row for row in rows if row.status != "incomplete"]
    return max(
        rows,
        key=lambda row: (access(row, grants.grace(), now) is not None, row.status in LIVE, row.created),
        default=None,
    )


def invoices_of(user_id: int) -> list[Invoice]:
    """Return a reader's invoices, newest first."""
    query = select(Invoice).join(BillingCustomer).where(BillingCustomer.user_id == user_id)
    return list(db.session.scalars(query.order_by(Invoice.created.desc(), Invoice.id.desc())))


def charges_of(user_id: int) -> list[Charge]:
    """Return a reader's charges that were refunded or disputed, newest first."""
    query = select(Charge).join(BillingCustomer).where(BillingCustomer.user_id == user_id)
    return list(db.session.scalars(query.order_by(Charge.created.desc())))


def held(user_id: int) -> str | None:
    """Return why a reader's paid plan is on hold (`models.HOLDS`), None if it is not."""
    return db.session.scalars(select(BillingCustomer.hold_reason).filter_by(user_id=user_id)).one_or_none()


def is_on_its_way(user_id: int) -> bool:
    """Whether a first payment is under way, as with a bank debit."""
    return any(row.status == "incomplete" for row in subscriptions_of(user_id))


def payment_trouble(user_id: int) -> PaymentTrouble | None:
    """Return the unpaid renewal of the subscription that a reader manages.

    None if all is paid, or if mending it would not open anything: on hold, or while a gift is as good.
    """
    row = live_subscription(user_id)
    if row is None or row.plan_key is None or row.status not in {"past_due", "unpaid"} or held(user_id):
        return None
    given = entitlement([one for one in grants_of(user_id) if one.source != grants.SOURCE], clock.now(), catalogue())
    paid_for = catalogue().get(row.plan_key)
    if paid_for is None or given.plan.rank >= paid_for.rank:
        return None
    return PaymentTrouble(row.plan_key, grace_end(row, grants.grace()) or row.period_start)


def grant(
    user_id: int,
    plan_key: str,
    until: datetime | None,
    *,
    source: str = "manual",
    note: str = "",
    actor_id: int | None = None,
) -> EntitlementGrant:
    """Give a plan from now until `until` (exclusive; None: open-ended). Errors: BadInput.

    `actor_id`: the member of staff who gives it, None for the command line.

    The reader's cached logins are void from the commit on, so the next request sees the plan.
    """
    if catalogue().get(plan_key) is None or plan_key in {GUEST, FREE}:
        granted = ", ".join(key for key in catalogue().plans if key not in {GUEST, FREE})
        raise BadInput(f"{plan_key!r} is no plan that can be granted: {granted}")
    now = clock.now()
    if until is not None and until <= now:
        raise BadInput("the grant would end before it begins")
    row = EntitlementGrant(
        user_id=user_id, plan_key=plan_key, source=source, starts_at=now, ends_at=until, created_at=now, note=note
    )
    db.session.add(row)
    db.session.flush()
    ends = until.isoformat() if until else None
    detail = {"grant_id": row.id, "plan": plan_key, "source": source, "ends_at": ends}
    audit.record("entitlement.granted", user_id, actor_id, **detail)
    stamps.bump(user_id)
    return row


def revoke(grant_id: int, actor_id: int | None = None) -> EntitlementGrant:
    """End a grant now; one that has ended stays as it is. `actor_id` as in `grant`.

    Errors: BadInput if there is no such grant, or if it comes from a subscription.
    """
    row = db.session.get(EntitlementGrant, grant_id)
    if row is None:
        raise BadInput(f"there is no grant {grant_id}")
    if row.source == grants.SOURCE:
        raise BadInput(f"grant {grant_id} comes from a subscription: cancel that, or put the reader on hold")
    now = clock.now()
    if row.ends_at is None or row.ends_at > now:
        row.ends_at = max(now, row.starts_at)
        audit.record("entitlement.revoked", row.user_id, actor_id, grant_id=row.id, plan=row.plan_key)
        stamps.bump(row.user_id)
    return row
