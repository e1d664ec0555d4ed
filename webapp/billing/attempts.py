"""Rows of checkout attempts: one is open per reader, so that two clicks lead to one session."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text, update

from webapp.billing.models import CheckoutAttempt
from webapp.core import clock
from webapp.extensions import db, insert_into, transaction

LASTS = timedelta(hours=2)
"""Between Stripe's 30 minutes and 24 hours (API reference, checkout session, expires_at)."""
LONGEST_PATH = 500
LEAST_LEFT = timedelta(minutes=31)
"""An attempt without a session is only worth going on with while Stripe would still take its end."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt as it stood when it was read. `session_id` is None between our row and Stripe's answer."""

    id: int
    user_id: int
    lookup_key: str
    idempotency_key: str
    session_id: str | None
    url: str | None
    return_to: str
    state: str
    expires_at: datetime

    def serves(self, lookup_key: str) -> bool:
        """Whether a click on `lookup_key` may go on with this attempt."""
        left = self.expires_at - clock.now()
        return self.lookup_key == lookup_key and left > (timedelta() if self.session_id else LEAST_LEFT)


def reserve(user_id: int, lookup_key: str, return_to: str) -> Attempt:
    """Return the reader's open attempt, made now for `lookup_key` if there is none. Commits."""
    now, wanted = clock.now(), return_to if len(return_to) <= LONGEST_PATH else "/"
    row = insert_into(CheckoutAttempt).values(
        user_id=user_id,
        lookup_key=lookup_key,
        idempotency_key=f"checkout-{secrets.token_hex(16)}",
        return_to=wanted,
        state="open",
        created_at=now,
        expires_at=now.replace(microsecond=0) + LASTS,
    )
    with transaction():
        db.session.execute(row.on_conflict_do_nothing(index_elements=["user_id"], index_where=text("state = 'open'")))
        found = db.session.scalars(select(CheckoutAttempt).filter_by(user_id=user_id, state="open")).one()
        if found.lookup_key == lookup_key:
            found.return_to = wanted
        return _read(found)


def keep_session(attempt: Attempt, session_id: str, url: str | None) -> tuple[Attempt, bool]:
    """Write the session of an attempt that has none yet. Commits.

    Return the attempt as it is now, and whether it was this call that wrote.
    """
    with transaction():
        written = db.session.scalars(
            update(CheckoutAttempt)
            .where(
                CheckoutAttempt.id == attempt.id,
                CheckoutAttempt.state == "open",
                CheckoutAttempt.session_id.is_(None),
            )
            .values(session_id=session_id, url=url)
            .returning(CheckoutAttempt.id)
        ).all()
        found = select(CheckoutAttempt).filter_by(id=attempt.id).execution_options(populate_existing=True)
        return _read(db.session.scalars(found).one()), bool(written)


def close(attempt_id: int, state: str) -> None:
    """End an open attempt as `completed` or `expired`; an ended one stays as it is. Commits."""
    open_one = update(CheckoutAttempt).where(CheckoutAttempt.id == attempt_id, CheckoutAttempt.state == "open")
    with transaction():
        db.session.execute(open_one.values(state=state))


def of_session(user_id: int, session_id: str) -> Attempt | None:
    """Return the reader's attempt that led to a session, None if there is none."""
    found = db.session.scalars(select(CheckoutAttempt).filter_by(user_id=user_id, session_id=session_id)).one_or_none()
    return _read(found) if found else None


def _read(row: CheckoutAttempt) -> Attempt:
    return Attempt(
        id=row.id,
        user_id=row.user_id,
        lookup_key=row.lookup_key,
        idempotency_key=row.idempotency_key,
        session_id=row.session_id,
        url=row.url,
        return_to=row.return_to,
        state=row.state,
        expires_at=row.expires_at,
    )
