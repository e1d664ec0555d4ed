"""Flask-Login's `current_user`, read from our own login rows; used where a view asks for it, not on code pages."""

from __future__ import annotations

from flask import Request, request
from flask_login import UserMixin

from webapp.auth import sessions
from webapp.auth.sessions import LiveSession
from webapp.extensions import login_manager

login_manager.login_view = "auth.login"
login_manager.login_message = None
login_manager.session_protection = None  # our rows end logins; Flask's cookie holds the CSRF token only


class SignedIn(UserMixin):  # type: ignore[misc]  # the library is untyped
    """Who is logged in, as Flask-Login wants it."""

    def __init__(self, live: LiveSession) -> None:
        self.live = live
        self.id = live.user_id
        self.email = live.email
        self.is_staff = live.is_staff


def live_session(asking: Request | None = None) -> LiveSession | None:
    """Return the login of a request (default: the current one), or None."""
    parsed = sessions.parse_cookie((asking or request).cookies.get(sessions.cookie_name()))
    return sessions.find_live(*parsed) if parsed else None


@login_manager.request_loader  # type: ignore[untyped-decorator]  # the library is untyped
def load_signed_in(asking: Request) -> SignedIn | None:
    live = live_session(asking)
    return SignedIn(live) if live else None
