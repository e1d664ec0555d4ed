"""Accounts: opening one, logging in, the owner. Nothing here knows a request, nothing commits.

Known and unknown addresses cost the same: the same queries and the same argon2 work, and no mail is sent on the spot.
`verify` and `passwords.make_hash` are slow on purpose; call them outside of a transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from webapp.auth import audit, passwords, readers, recovery, sessions, stamps, tokens
from webapp.auth.addresses import Address
from webapp.auth.models import User
from webapp.auth.readers import find_user as find_user
from webapp.core import clock
from webapp.core.errors import BadInput
from webapp.extensions import after_commit, db, reader_logged_in, reader_registered, settings
from webapp.mail import service as mail
from webapp.mail.tasks import deliver_soon


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login comes from. `ends`: the id of a login that the new one replaces."""

    network: str
    user_agent: str
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """A reader whose password was right, and the hash it was right for. `fresh_hash` replaces an outdated one."""

    user_id: int
    password_hash: str
    fresh_hash: str | None


@dataclass(frozen=True, slots=True)
class Login:
    """A login that has begun; `token` goes into the cookie."""

    user_id: int
    token: str


def verify(address: Address, password: str) -> Verified | None:
    """Check a password: one query and one argon2 verification, whether the account exists or not."""
    query = select(User.id, User.password_hash).where(
        User.email_normalized == address.normalized, User.closed_at.is_(None)
    )
    row = db.session.execute(query).one_or_none()
    if not passwords.matches(row.password_hash if row else None, password) or row is None:
        return None
    fresh = passwords.make_hash(password) if passwords.is_outdated(row.password_hash) else None
    return Verified(row.id, row.password_hash, fresh)


def log_in(verified: Verified, device: Device) -> Login | None:
    """Begin a login, or return None if the password was changed since it was verified."""
    user = readers.locked(verified.user_id)
    if user is None or user.password_hash != verified.password_hash:
        return None
    if verified.fresh_hash:
        user.password_hash = verified.fresh_hash
    user.last_login_at = clock.now()
    return _begin(user, device)


def log_out(session_id: int, user_id: int) -> None:
    """End a login for good."""
    sessions.end(session_id)
    audit.record("session.ended", user_id, user_id, session_id=session_id)


def is_known(address: Address) -> bool:
    return readers.at(address) is not None


def register(address: Address, password_hash: str, device: Device, *, tell: str | None) -> Login | None:
    """Open an account and log its reader in at once; None if the address has one already.

    Then its holder gets a mail that leads to the path `tell` (None: no mail). The answer itself cannot hide that an
    address is known as long as registering logs in on the spot: hiding it needs a confirmation by mail first, which
    would keep a new reader from the page they came for. Throttles by address and network make asking dear.
    """
    user, is_new = readers.insert(address, password_hash)
    if is_new:
        mail.send(user.email, "welcome")
        deliver_soon()
        return _begin_first(user, device)
    if tell is not None:
        recovery.tell_existing(user, tell)
    return None


def set_staff(user: User, on: bool) -> None:
    """Make a reader staff, or a plain reader again."""
    if user.is_staff != on:
        user.is_staff = on
        audit.record("user.staff_set", user.id, on=on)
        stamps.bump(user.id)


def close(verified: Verified) -> bool:
    """Close the account of a reader whose password was right; False if it changed since.

    Payments have ended before. Errors: as `refuse_last_of_staff`.
    """
    refuse_last_of_staff(verified.user_id)
    user = readers.locked(verified.user_id)
    if user is None or user.password_hash != verified.password_hash:
        return False
    mail.send(user.email, "account_closed")
    deliver_soon()
    sessions.end_all(user.id)
    readers.close(user)
    audit.record("user.closed", user.id, user.id)
    return True


def refuse_last_of_staff(user_id: int) -> None:
    """Errors: BadInput for the last of staff, who would leave the site without an owner."""
    user = db.session.get_one(User, user_id)
    if readers.is_last_of_staff(user):
        raise BadInput("You are the last of this site's staff: make someone else staff first.")


def owner_link() -> str | None:
    """Return a link that creates the site's owner once within a day, or None if there is staff already.

    Earlier links that were not used are void from now on.
    """
    if readers.has_staff():
        return None
    tokens.void("owner", None)
    return f"{settings().public_url}/setup/{tokens.issue('owner', None)}"


def owner_link_holds(token: str) -> bool:
    return tokens.find("owner", token) is not None and not readers.has_staff()


def create_owner(
    token: str, address: Address, password_hash: str, verified: Verified | None, device: Device
) -> Login | None:
    """Create the owner and log them in. A reader with this address becomes the owner if `verified`, else None.

    Errors: recovery.DeadLink.
    """
    if readers.has_staff() or tokens.find("owner", token) is None:
        raise recovery.DeadLink
    user, is_new = readers.insert(address, password_hash)
    if not is_new and (verified is None or verified.user_id != user.id):
        return None
    if tokens.use("owner", token) is None:
        raise recovery.DeadLink
    set_staff(user, True)
    return _begin_first(user, device) if is_new else _begin(user, device)


def _begin_first(user: User, device: Device) -> Login:
    user_id = user.id
    after_commit(lambda: reader_registered.send(user_id=user_id))
    return _begin(user, device, "user.registered")


def _begin(user: User, device: Device, kind: str = "session.started") -> Login:
    user_id = user.id
    if device.ends is not None:
        sessions.end(device.ends)
    token = sessions.start(user, device.network, device.user_agent)
    audit.record(kind, user_id, user_id, network=device.network)
    after_commit(lambda: reader_logged_in.send(user_id=user_id))
    return Login(user_id, token)
