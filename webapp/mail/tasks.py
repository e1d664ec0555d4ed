"""Jobs of the outbox: deliver what is due, forget what is old."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select, update

from webapp.core import clock
from webapp.extensions import after_commit, db, settings, transaction
from webapp.jobs.queue import enqueue
from webapp.jobs.schedule import Every
from webapp.mail import service, smtp
from webapp.mail.models import OutboxMail

BATCH = 50
CLAIM = timedelta(minutes=10)
"""How long a sender has a mail to itself; after a crash the mail is tried again then."""
LAST_ATTEMPT = 12
LONGEST_PAUSE_SECONDS = 6 * 3600
KEPT = timedelta(days=30)

log = structlog.get_logger(__name__)


def deliver() -> None:
    """Send the mails that are due. Any number of senders may run: each mail is claimed by one.

    A mail could reach its reader twice only if the process is killed between the server's yes and our note of it;
    both copies then bear one Message-ID.
    """
    if not settings().smtp_url.get_secret_value():
        return
    for mail_id in _due():
        mail = _claim(mail_id)
        if mail and not _send(mail):
            return


def deliver_soon() -> None:
    """Have the outbox looked through as soon as the running transaction has committed."""
    after_commit(lambda: enqueue(deliver))


def forget_old_mails() -> None:
    with transaction():
        service.prune(clock.now() - KEPT)


def backoff(attempts: int) -> timedelta:
    """The pause after so many failed attempts: 30 s, 1 min, 2 min … 6 h."""
    return timedelta(seconds=min(15 * 2**attempts, LONGEST_PAUSE_SECONDS))


def _due() -> list[int]:
    query = select(OutboxMail.id).where(OutboxMail.next_try_at <= clock.now()).order_by(OutboxMail.id).limit(BATCH)
    return list(db.session.scalars(query))


def _claim(mail_id: int) -> OutboxMail | None:
    """Take a mail that is still due, or None if another sender was first."""
    now = clock.now()
    claim = (
        update(OutboxMail)
        .where(OutboxMail.id == mail_id, OutboxMail.next_try_at <= now)
        .values(attempts=OutboxMail.attempts + 1, next_try_at=now + CLAIM)
        .returning(OutboxMail)
    )
    with transaction():
        mail = db.session.scalars(claim).one_or_none()
        if mail:
            db.session.expunge(mail)
    return mail


def _send(mail: OutboxMail) -> bool:
    """Send a claimed mail and note how it went. False: the server is away, the others may wait too."""
    try:
        smtp.hand_over(mail)
    except smtp.Refused as error:
        _note(mail, next_try_at=None, last_error=str(error)[:300])
    except (smtp.Postponed, smtp.Unreachable) as error:
        given_up = mail.attempts >= LAST_ATTEMPT
        again = None if given_up else clock.now() + backoff(mail.attempts)
        _note(mail, next_try_at=again, last_error=str(error)[:300])
        return isinstance(error, smtp.Postponed)
    else:
        _note(mail, sent_at=clock.now(), next_try_at=None, last_error=None, text="", html=None)
    return True


def _note(mail: OutboxMail, **values: object) -> None:
    if values.get("last_error"):
        log.warning("mail not sent", mail=mail.id, attempts=mail.attempts, error=values["last_error"])
    with transaction():
        ours = update(OutboxMail).where(OutboxMail.id == mail.id, OutboxMail.attempts == mail.attempts)
        db.session.execute(ours.values(**values))


SCHEDULE = (Every(10, deliver), Every(24 * 3600, forget_old_mails))
