"""Grants: giving a plan to a reader, ending it, and reading what a reader has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from webapp.auth import audit, stamps
from webapp.billing.entitlements import Entitlement, entitlement
from webapp.billing.models import EntitlementGrant
from webapp.billing.plans import FREE, GUEST, catalogue
from webapp.core import clock
from webapp.core.errors import BadInput
from webapp.extensions import db


def grants_of(user_id: int) -> list[EntitlementGrant]:
    """Return all of a reader's grants, oldest first."""
    query = select(EntitlementGrant).filter_by(user_id=user_id).order_by(EntitlementGrant.id)
    return list(db.session.scalars(query))


def entitlement_of(user_id: int) -> Entitlement:
    """Return what a reader is entitled to now."""
    return entitlement(grants_of(user_id), clock.now(), catalogue())


def grant(
    user_id: int, plan_key: str, until: datetime | None, *, source: str = "manual", note: str = ""
) -> EntitlementGrant:
    """Give a plan from now until `until` (exclusive; None: open-ended). Errors: BadInput.

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
    audit.record("entitlement.granted", user_id, grant_id=row.id, plan=plan_key, source=source, ends_at=ends)
    stamps.bump(user_id)
    return row


def revoke(grant_id: int) -> EntitlementGrant:
    """End a grant now; one that has ended stays as it is. Errors: BadInput if there is no such grant."""
    row = db.session.get(EntitlementGrant, grant_id)
    if row is None:
        raise BadInput(f"there is no grant {grant_id}")
    now = clock.now()
    if row.ends_at is None or row.ends_at > now:
        row.ends_at = max(now, row.starts_at)
        audit.record("entitlement.revoked", row.user_id, grant_id=row.id, plan=row.plan_key)
        stamps.bump(row.user_id)
    return row
