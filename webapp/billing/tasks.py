"""Jobs and schedule of billing."""

from __future__ import annotations

import structlog

from webapp.billing import inbox, notices, payments, prices, reconcile, sync
from webapp.extensions import after_commit, transaction
from webapp.jobs.queue import enqueue
from webapp.jobs.schedule import Every

log = structlog.get_logger(__name__)


def work() -> None:
    """Handle waiting events and sync every customer that is dirty and due."""
    if payments.enabled():
        inbox.work()
        sync.work()


def sync_soon() -> None:
    """Have `work` run as soon as the running transaction has committed."""
    after_commit(lambda: enqueue(work))


def look_at_dates() -> None:
    """Ask Stripe again where a date has passed, and write the mails that are due by date."""
    if payments.enabled():
        with transaction():
            reconcile.mark_due()
            notices.remind()
        work()


def sweep() -> None:
    """Take events that were lost on the way."""
    if payments.enabled():
        inbox.try_failed_again()
        reconcile.take_undelivered()
        work()


def nightly() -> None:
    """Compare everything, and forget old events. What fails of it keeps nothing else from being done."""
    steps = (inbox.forget_old, reconcile.compare, reconcile.look_at_disputes, prices.refresh_all, work)
    for step in steps if payments.enabled() else steps[:1]:
        try:
            step()
        except Exception:
            log.exception("a nightly step failed", step=step.__name__)


SCHEDULE = (Every(10, work), Every(30, look_at_dates), Every(600, sweep), Every(24 * 3600, nightly))
