"""Mails about money. Each follows from a change of state, or from a date, and is sent once: its key says of what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from webapp.auth.models import User
from webapp.billing import grants
from webapp.billing.models import BillingCustomer, Subscription
from webapp.billing.plans import catalogue
from webapp.billing.snapshots import InvoiceSnapshot
from webapp.billing.standing import LIVE, ends_at, grace_end
from webapp.core import clock
from webapp.extensions import db
from webapp.mail import service as mail
from webapp.mail.tasks import deliver_soon

if TYPE_CHECKING:
    from webapp.billing.apply import Change

TRIAL_ENDING = timedelta(days=3)
GRACE_ENDING = timedelta(days=2)
CARD_EXPIRING = timedelta(days=30)
A_DAY = timedelta(days=1)
FARTHEST = timedelta(days=31)
"""No date further off asks for a mail."""


class Notice:
    """One mail to be written. `about` and the template make its key; `until` is the date that it tells."""

    def __init__(
        self, template: str, about: str, customer: BillingCustomer, row: Subscription, until: datetime | None
    ) -> None:
        self.template, self.customer, self.row, self.until = template, customer, row, until
        self.key = f"{template}:{about}"[:120]


def tell(customer: BillingCustomer, changes: Iterable[Change]) -> None:
    """Write the mails that follow from what changed, in the running transaction."""
    for change in changes:
        row = change.row
        if row.plan_key is None:
            continue
        if row.status == "past_due" and change.status != "past_due":
            until = grace_end(row, grants.grace())
            _send(Notice("payment_failed", f"{row.stripe_id}:{until:%Y%m%d%H%M}", customer, row, until))
        ends, was_live = ends_at(row), change.status in LIVE
        if row.status in LIVE:
            if ends is not None and row.status == "past_due":
                ends = min(ends, grace_end(row, grants.grace()) or ends)
            if ends is not None and ends_at(row) != change.ends_at:
                _send(Notice("cancelled", f"{row.stripe_id}:{row.fetched_at:%Y%m%d%H%M%S}", customer, row, ends))
        elif change.status == "incomplete" and row.status in {"incomplete_expired", "canceled"}:
            _send(Notice("not_settled", f"{row.stripe_id}", customer, row, None))
        elif was_live and change.ends_at is None:
            _send(Notice("cancelled", f"{row.stripe_id}:{row.fetched_at:%Y%m%d%H%M%S}", customer, row, None))


def receipt(customer: BillingCustomer, invoice: InvoiceSnapshot) -> None:
    """Write the receipt for a paid invoice, in the running transaction."""
    _mail(customer, "receipt", f"receipt:{invoice.id}", invoice=invoice)


def remind() -> None:
    """Write the mails that are due by date, in the running transaction: trials, renewals, grace, cards."""
    now = clock.now()
    near = or_(
        Subscription.past_due_since.isnot(None),
        Subscription.period_end <= now + FARTHEST,
        Subscription.trial_end <= now + FARTHEST,
        BillingCustomer.card_expires_at <= now + FARTHEST,
    )
    live = select(Subscription, BillingCustomer).join(BillingCustomer).where(Subscription.status.in_(LIVE), near)
    due = [
        notice
        for row, customer in db.session.execute(live.where(Subscription.plan_key.isnot(None)))
        if customer.hold_reason is None
        for notice in _due(customer, row, now)
    ]
    written = mail.known_keys(notice.key for notice in due)
    for notice in due:
        if notice.key not in written:
            _send(notice)


def _due(customer: BillingCustomer, row: Subscription, now: datetime) -> Iterator[Notice]:
    """Yield what the dates of a subscription ask for, also what was written before."""
    if row.status == "past_due":
        ends = grace_end(row, grants.grace())
        if ends is not None and now < ends <= now + GRACE_ENDING:
            yield Notice("grace_ending", f"{row.stripe_id}:{ends:%Y%m%d}", customer, row, ends)
        return
    if ends_at(row) is not None or row.pause_collection is not None:
        return
    if row.status == "trialing":
        if row.trial_end is not None and now < row.trial_end <= now + TRIAL_ENDING:
            yield Notice("trial_ending", f"{row.stripe_id}:{row.trial_end:%Y%m%d}", customer, row, row.trial_end)
    elif now < row.period_end <= now + _ahead(row):
        yield Notice("renewal_reminder", f"{row.stripe_id}:{row.period_end:%Y%m%d}", customer, row, row.period_end)
    expires = customer.card_expires_at
    if expires is not None and now < expires <= now + CARD_EXPIRING:
        yield Notice("card_expiring", f"{customer.id}:{expires:%Y%m}", customer, row, expires)


def _ahead(row: Subscription) -> timedelta:
    days = catalogue().billing.reminder_days
    return timedelta(days=days.year if row.interval == "year" else days.month)


def _send(notice: Notice) -> None:
    """Write one mail of a subscription; the second of the same key is not written."""
    plan = catalogue().get(notice.row.plan_key or "")
    _mail(
        notice.customer,
        notice.template,
        notice.key,
        plan=plan.name if plan else "paid",
        subscription=notice.row,
        card=notice.customer,
        until=notice.until,
        is_over=notice.until is not None and notice.until <= clock.now(),
        was_trial=_ended_with_trial(notice.row),
    )


def _ended_with_trial(row: Subscription) -> bool:
    return row.trial_end is not None and (row.ended_at or row.period_end) <= row.trial_end + A_DAY


def on_hold(customer: BillingCustomer) -> None:
    """Tell a reader that the plan is on hold for a dispute, in the running transaction."""
    _mail(customer, "on_hold", f"on_hold:{customer.id}:{clock.now():%Y%m%d%H%M%S}")


def _mail(customer: BillingCustomer, template: str, key: str, **context: object) -> None:
    """Write a mail, unless its reader has closed the account: then there is no address any more."""
    reader = db.session.get_one(User, customer.user_id)
    if reader.closed_at is None:
        mail.send(reader.email, template, key=key, **context)
        deliver_soon()
