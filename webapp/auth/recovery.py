"""A new password by a link in a mail. The link is a login by mail alone, so it ends in the login form, not inside."""

from __future__ import annotations

from urllib.parse import urlencode

from webapp.auth import audit, readers, sessions, tokens
from webapp.auth.addresses import Address
from webapp.auth.models import User
from webapp.core import clock
from webapp.core.errors import NotFound
from webapp.extensions import db, settings
from webapp.mail import service as mail
from webapp.mail.tasks import deliver_soon


class DeadLink(NotFound):
    code, message = "dead_link", "This link has expired or has been used already."


def request_reset(address: Address, next_path: str) -> None:
    """Mail a link that sets a new password; to an address without an account, a mail that says so.

    Both cost the same queries and one mail, and whoever asks sees the same answer.
    """
    user = readers.at(address)
    if user and user.closed_at is None:
        _send_link(user, "reset", next_path)
    else:
        tokens.issue("reset", None)
        mail.send(address.typed, "reset_unknown")
    audit.record("password.reset_requested", user.id if user else None)
    deliver_soon()


def tell_existing(user: User, next_path: str) -> None:
    """Mail a reader that someone, perhaps they, tried to register with their address; with a link that helps."""
    if user.closed_at is None:
        _send_link(user, "registered_again", next_path)
        audit.record("user.registered_again", user.id)
        deliver_soon()


def reader_of(token: str) -> User:
    """Return whose password a link sets. Errors: DeadLink."""
    row = tokens.find("reset", token)
    user = db.session.get(User, row.user_id) if row and row.user_id else None
    if user is None or user.closed_at is not None:
        raise DeadLink
    return user


def set_password(token: str, password_hash: str) -> None:
    """Use a link up: set the password and end every login of its reader. Errors: DeadLink."""
    row = tokens.use("reset", token)
    user = readers.locked(row.user_id) if row and row.user_id else None
    if user is None:
        raise DeadLink
    user.password_hash = password_hash
    tokens.void("reset", user.id)
    sessions.end_all(user.id)
    audit.record("password.reset", user.id, user.id)
    mail.send(user.email, "password_changed", at=clock.now())
    deliver_soon()


def _send_link(user: User, template: str, next_path: str) -> None:
    token = tokens.issue("reset", user.id)
    link = f"{settings().public_url}/reset/{token}?{urlencode({'next': next_path})}"
    mail.send(user.email, template, link=link, until=clock.now() + tokens.LIFETIME["reset"])
