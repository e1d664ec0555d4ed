"""How a reader's request asks Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask_login import current_user

from webapp.auth import throttles
from webapp.billing import payments
from webapp.extensions import db


@contextmanager
def asking() -> Iterator[None]:
    """Ask within a reader's patience, and without a transaction. Errors: PaymentsOff, TooManyRequests."""
    throttles.before_payment(current_user.id)
    db.session.rollback()  # looking up who asks has begun one
    with payments.gateway().patience(payments.WEB_SECONDS):
        yield
