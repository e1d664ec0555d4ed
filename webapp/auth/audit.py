"""What happened to an account, kept beside the change itself."""

from __future__ import annotations

from webapp.auth.models import AuditEvent
from webapp.core import clock
from webapp.extensions import db


def record(kind: str, subject_user_id: int | None, actor_id: int | None = None, **detail: object) -> None:
    """Write one event into the running transaction.

    `kind` is `thing.happened`; `actor_id` None: the command line or the site itself; `detail` is JSON and holds no
    secret and no text of a reader.
    """
    db.session.add(
        AuditEvent(at=clock.now(), kind=kind, subject_user_id=subject_user_id, actor_id=actor_id, detail=detail)
    )
