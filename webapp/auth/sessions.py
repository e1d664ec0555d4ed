"""Logins: a random token in the reader's cookie, its SHA-256 in a row here.

A login ends when it is idle for too long, at its absolute limit, at logout, and when the password changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from werkzeug.wrappers import Response

from webapp.auth import stamps
from webapp.auth.models import LoginSession, User
from webapp.core import clock, signing
from webapp.extensions import db, settings

COOKIE_VALUE = re.compile(r"([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})")
"""An id within a database integer, and 256 bits in base64."""
USER_AGENT_LENGTH = 120


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A login that holds, with what is asked of its reader most."""

    session_id: int
    user_id: int
    email: str
    is_staff: bool
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def cookie_name() -> str:
    return settings().cookie_prefix + "session"


def set_cookie(response: Response, user_id: int, token: str) -> None:
    """Hand a new login's token to the reader."""
    response.set_cookie(
        cookie_name(),
        f"{user_id}.{token}",
        max_age=timedelta(days=settings().session_absolute_days),
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="Lax",
    )


def clear_cookie(response: Response) -> None:
    response.delete_cookie(cookie_name(), path="/", secure=settings().secure, httponly=True, samesite="Lax")


def parse_cookie(value: str | None) -> tuple[int, str] | None:
    """Return (user id, token's SHA-256) of a cookie's value, or None if it cannot be one of ours."""
    found = COOKIE_VALUE.fullmatch(value) if value else None
    return (int(found[1]), signing.token_hash(found[2])) if found else None


def find_live(user_id: int, token_hash: str) -> LiveSession | None:
    """Return the login if it holds now, in one query."""
    now = clock.now()
    query = (
        select(
            LoginSession.id,
            User.id,
            User.email,
            User.is_staff,
            LoginSession.created_at,
            LoginSession.last_seen_at,
            LoginSession.expires_at,
        )
        .join(User, User.id == LoginSession.user_id)
        .where(
            LoginSession.token_hash == token_hash,
            LoginSession.user_id == user_id,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - timedelta(days=settings().session_idle_days),
            User.closed_at.is_(None),
        )
    )
    row = db.session.execute(query).one_or_none()
    return LiveSession(*row) if row else None


def touch(session_id: int) -> None:
    """Note that the reader was here, so that the idle limit counts from now."""
    db.session.execute(update(LoginSession).where(LoginSession.id == session_id).values(last_seen_at=clock.now()))


def start(user: User, network: str, user_agent: str) -> str:
    """Begin a login and return its token, which is told only now."""
    now, token = clock.now(), signing.new_token()
    db.session.add(
        LoginSession(
            user_id=user.id,
            token_hash=signing.token_hash(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=settings().session_absolute_days),
            network=network,
            user_agent=user_agent[:USER_AGENT_LENGTH],
        )
    )
    return token


def end(session_id: int) -> None:
    """End one login at once: its cookie is worth nothing from here on, copied or not."""
    ended = (
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.ended_at.is_(None))
        .values(ended_at=clock.now())
        .returning(LoginSession.user_id)
    )
    user_id = db.session.execute(ended).scalar_one_or_none()
    if user_id is not None:
        stamps.bump(user_id)


def end_all(user_id: int, except_id: int | None = None) -> None:
    """End a reader's logins, all but one if asked."""
    ending = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None))
    if except_id is not None:
        ending = ending.where(LoginSession.id != except_id)
    db.session.execute(ending.values(ended_at=clock.now()))
    stamps.bump(user_id)


def prune(before: datetime) -> None:
    """Delete logins that were over before a given moment."""
    over = or_(LoginSession.expires_at < before, LoginSession.ended_at < before)
    db.session.execute(delete(LoginSession).where(over))
