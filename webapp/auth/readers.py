"""Finding, holding and adding rows of readers."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from webapp.auth import addresses
from webapp.auth.addresses import Address
from webapp.auth.models import User
from webapp.core import clock
from webapp.extensions import db, insert_into

NO_PASSWORD = "-"  # noqa: S105 - no password
"""No hash of any password: it never matches."""


def find_user(email: str) -> User | None:
    """Return the reader of an address, however it is typed."""
    try:
        address = addresses.read(email)
    except addresses.UnusableAddress:
        return None
    return at(address)


def at(address: Address) -> User | None:
    return db.session.scalars(select(User).filter_by(email_normalized=address.normalized)).one_or_none()


def locked(user_id: int) -> User | None:
    """Read an open account anew and hold it until the commit, so that a login and a new password take turns."""
    query = select(User).where(User.id == user_id, User.closed_at.is_(None)).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def insert(address: Address, password_hash: str) -> tuple[User, bool]:
    """Return (reader, whether they are new): of two requests at once one makes the account.

    Errors: sqlalchemy.exc.NoResultFound never, since rows of readers are not deleted.
    """
    now = clock.now()
    row = insert_into(User).values(
        email=address.typed,
        email_normalized=address.normalized,
        password_hash=password_hash,
        is_staff=False,
        created_at=now,
        last_login_at=now,
    )
    new_id = db.session.scalar(row.on_conflict_do_nothing(index_elements=["email_normalized"]).returning(User.id))
    user = db.session.scalars(select(User).filter_by(email_normalized=address.normalized)).one()
    return user, new_id is not None


def close(user: User) -> None:
    """Close an account for good, and let go of its address: only a trace stays, by which the same one is told again."""
    user.closed_at = clock.now()
    user.email_normalized = f"{_trace(user.email_normalized)}{user.id}"
    user.email, user.password_hash, user.is_staff = "closed account", NO_PASSWORD, False


def closed_before(user_id: int) -> list[int]:
    """Return the ids of closed accounts that had the address of this reader."""
    address = db.session.scalars(select(User.email_normalized).filter_by(id=user_id)).one()
    return list(db.session.scalars(select(User.id).where(User.email_normalized.startswith(_trace(address)))))


def _trace(normalized: str) -> str:
    return f"closed:{hashlib.sha256(normalized.encode()).hexdigest()}:"


def is_last_of_staff(user: User) -> bool:
    others = select(User.id).where(User.is_staff, User.closed_at.is_(None), User.id != user.id)
    return user.is_staff and db.session.scalar(others.limit(1)) is None


def has_staff() -> bool:
    return db.session.scalar(select(User.id).where(User.is_staff, User.closed_at.is_(None)).limit(1)) is not None
