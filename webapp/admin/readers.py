"""What staff see of one reader."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from webapp.auth.models import AuditEvent, User
from webapp.billing import overview as billing_overview
from webapp.billing import service as billing
from webapp.billing.entitlements import Entitlement
from webapp.billing.models import EntitlementGrant, Subscription
from webapp.core import clock
from webapp.extensions import db

EVENTS_SHOWN = 50
ABOUT_ACCESS = ("entitlement.", "billing.", "subscription.")


@dataclass(frozen=True, slots=True)
class GivenPlan:
    """A grant, whether it is in force or to come, and whether staff may end it."""

    row: EntitlementGrant
    lasts: bool
    may_end: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """An audit row: `actor` is an address, empty for the site itself; `detail` is name and value as texts."""

    row: AuditEvent
    actor: str
    detail: str


@dataclass(frozen=True, slots=True)
class Reader:
    user: User
    entitlement: Entitlement
    subscriptions: list[Subscription]
    grants: list[GivenPlan]
    held: str | None
    events: list[Happening]


def overview(user: User) -> Reader:
    """Return what a reader has, and what happened to it, newest first."""
    return Reader(
        user=user,
        entitlement=billing.entitlement_of(user.id),
        subscriptions=list(reversed(billing.subscriptions_of(user.id))),
        grants=[_given(row) for row in reversed(billing.grants_of(user.id))],
        held=billing.held(user.id),
        events=_events(user.id),
    )


def address_of(user_id: int) -> str:
    """Return a reader's address."""
    return db.session.scalars(select(User.email).filter_by(id=user_id)).one()


def _given(row: EntitlementGrant) -> GivenPlan:
    lasts = row.ends_at is None or row.ends_at > clock.now()
    return GivenPlan(row, lasts, lasts and row.source in billing_overview.GIVEN)


def _events(user_id: int) -> list[Happening]:
    """Return the latest audit rows about a reader's access."""
    found = (
        select(AuditEvent, User.email)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.subject_user_id == user_id)
        .where(or_(*(AuditEvent.kind.startswith(kind) for kind in ABOUT_ACCESS)))
        .order_by(AuditEvent.id.desc())
        .limit(EVENTS_SHOWN)
    )
    return [
        Happening(row, actor or "", ", ".join(f"{name} {value}" for name, value in row.detail.items()))
        for row, actor in db.session.execute(found)
    ]
