"""Links that work once: a random token in the mail, its SHA-256 in a row here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, select, update

from webapp.auth.models import OneTimeToken
from webapp.core import clock, signing
from webapp.extensions import db

Purpose = Literal["reset", "owner"]
LIFETIME: dict[Purpose, timedelta] = {"reset": timedelta(minutes=45), "owner": timedelta(hours=24)}


def issue(purpose: Purpose, user_id: int | None) -> str:
    """Make a token and return it, told only now. For no account (`user_id` None) it opens nothing by `reset`."""
    now, token = clock.now(), signing.new_token()
    db.session.add(
        OneTimeToken(
            user_id=user_id,
            purpose=purpose,
            token_hash=signing.token_hash(token),
            created_at=now,
            expires_at=now + LIFETIME[purpose],
        )
    )
    return token


def find(purpose: Purpose, token: str) -> OneTimeToken | None:
    """Return the token's row while it can still be used; this does not use it."""
    return db.session.scalars(select(OneTimeToken).where(*_usable(purpose, token))).one_or_none()


def use(purpose: Purpose, token: str) -> OneTimeToken | None:
    """Use the token up and return its row, or None: of any number of requests at once, one gets it."""
    using = update(OneTimeToken).where(*_usable(purpose, token)).values(used_at=clock.now()).returning(OneTimeToken)
    return db.session.scalars(using).one_or_none()


def void(purpose: Purpose, user_id: int | None) -> None:
    """Use up every open token of one purpose and reader."""
    is_theirs = OneTimeToken.user_id == user_id if user_id is not None else OneTimeToken.user_id.is_(None)
    open_ones = update(OneTimeToken).where(OneTimeToken.purpose == purpose, OneTimeToken.used_at.is_(None), is_theirs)
    db.session.execute(open_ones.values(used_at=clock.now()))


def prune(before: datetime) -> None:
    """Delete tokens that expired before a moment."""
    db.session.execute(delete(OneTimeToken).where(OneTimeToken.expires_at < before))


def _usable(purpose: Purpose, token: str) -> tuple[ColumnElement[bool], ...]:
    return (
        OneTimeToken.token_hash == signing.token_hash(token),
        OneTimeToken.purpose == purpose,
        OneTimeToken.used_at.is_(None),
        OneTimeToken.expires_at > clock.now(),
    )
