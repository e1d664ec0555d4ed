"""Writing mails: rendered now, stored beside the change they speak of, sent later by a job."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import delete, or_, select

from webapp.core import clock
from webapp.core.errors import BadInput
from webapp.extensions import db, insert_into, settings
from webapp.mail.models import OutboxMail

SUBJECT = "Subject: "
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class UnsafeHeader(BadInput):
    """An address or subject with a line break or other control character: it could forge further headers."""

    code, message = "unsafe_header", "An address or a subject may not hold control characters."


def send(to: str, template: str, key: str | None = None, **context: object) -> None:
    """Put a mail into the outbox, in the running transaction; `mail.tasks.deliver_soon` sends it at once.

    The text is `mail/<template>.txt`: its first line is `Subject: …`, its second is empty. With a `key`, only the
    first mail of that key is ever sent. Errors: UnsafeHeader.
    """
    subject, text = _render(template, context)
    if CONTROL_CHARACTER.search(to):
        raise UnsafeHeader
    now = clock.now()
    values = {
        OutboxMail.to: to,
        OutboxMail.subject: subject,
        OutboxMail.text: text,
        OutboxMail.dedupe_key: key,
        OutboxMail.created_at: now,
        OutboxMail.attempts: 0,
        OutboxMail.next_try_at: now,
    }
    db.session.execute(insert_into(OutboxMail).values(values).on_conflict_do_nothing(index_elements=["dedupe_key"]))


def known_keys(keys: Iterable[str]) -> set[str]:
    """Return those of some keys under which a mail was written before."""
    query = select(OutboxMail.dedupe_key).where(OutboxMail.dedupe_key.in_(list(keys)))
    return {key for key in db.session.scalars(query) if key is not None}


def local_time(at: datetime) -> str:
    """Tell a moment in the time zone of the site's mails, as in `3 December 2026, 14:05 (Europe/Berlin)`."""
    zone = settings().mail_time_zone
    there = at.astimezone(ZoneInfo(zone))
    return f"{there.day} {there:%B %Y, %H:%M} ({zone})"


def recent(limit: int) -> list[OutboxMail]:
    """Return the newest mails, newest first."""
    return list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc()).limit(limit)))


def prune(before: datetime) -> None:
    """Delete mails written before a moment that are sent or given up, or that no one could have wanted for so long."""
    over = or_(OutboxMail.next_try_at.is_(None), OutboxMail.next_try_at < before)
    db.session.execute(delete(OutboxMail).where(OutboxMail.created_at < before, over))


def _render(template: str, context: dict[str, object]) -> tuple[str, str]:
    """Return (subject, text). The bare environment, not Flask's: mails know no request and no visitor."""
    page = current_app.jinja_env.get_template(f"mail/{template}.txt")
    site = {"site_name": settings().site_name, "site_url": settings().public_url, "local_time": local_time}
    first, _, rest = page.render(**site, **context).partition("\n")
    blank, _, text = rest.partition("\n")
    if not first.startswith(SUBJECT) or blank or CONTROL_CHARACTER.search(first):
        raise UnsafeHeader
    return first.removeprefix(SUBJECT), text
