"""What the operator must look at: logged each time, kept beside the account and mailed once."""

from __future__ import annotations

import hashlib

import structlog

from webapp.auth import audit
from webapp.billing.models import BillingMark
from webapp.core import clock
from webapp.extensions import db, insert_into, settings
from webapp.mail import service as mail
from webapp.mail.tasks import deliver_soon

log = structlog.get_logger(__name__)


def alert(key: str, sentence: str, user_id: int | None = None) -> None:
    """Tell the operator one sentence, in the running transaction. What is told again under a `key` is only logged."""
    log.error("billing needs a look", key=key, what=sentence, user_id=user_id)
    name = f"alert:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    mark = insert_into(BillingMark).values(name=name, at=clock.now()).on_conflict_do_nothing(index_elements=["name"])
    if db.session.scalars(mark.returning(BillingMark.name)).one_or_none() is None:
        return
    audit.record("billing.alert", user_id, key=key, what=sentence)
    if settings().contact_email:
        mail.send(settings().contact_email, "billing_alert", key=name, what=sentence, user_id=user_id)
        deliver_soon()
