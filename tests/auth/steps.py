"""What readers do in these tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.support import kept
from webapp.auth.models import AuditEvent, LoginSession, User
from webapp.extensions import db
from webapp.mail.models import OutboxMail

ALICE, BOB, CHARLIE = "alice@example.org", "bob@example.org", "charlie@example.org"
PASSWORD = "quiet lantern 81"
OTHER_PASSWORD = "tango-lima-42-kilo"


def form_token(client: FlaskClient, path: str) -> str:
    """The CSRF token of the form at a path."""
    page = client.get(path).text
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert found, page
    return unescape(found[1])


def submit(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Open a form and send it."""
    return client.post(path, data={"csrf_token": form_token(client, path), **fields})


def register(client: FlaskClient, email: str = ALICE, password: str = PASSWORD, to: str = "/") -> TestResponse:
    return submit(client, "/register", email=email, password=password, next=to)


def have_registered(app: Flask) -> None:
    """Let alice have an account; a password is meant to take long to hash, and one hash serves many tests."""
    with app.app_context():
        kept.filled(app, "alice", lambda: _register_elsewhere(app))


def _register_elsewhere(app: Flask) -> None:
    assert register(app.test_client()).status_code == 303


def log_in(client: FlaskClient, email: str = ALICE, password: str = PASSWORD, to: str = "/") -> TestResponse:
    return submit(client, "/login", email=email, password=password, next=to)


def session_cookie(client: FlaskClient) -> str | None:
    cookie = client.get_cookie("session")
    return cookie.value if cookie else None


def signed_in(client: FlaskClient) -> bool:
    """Whether the log-in page sends this browser on, since it is logged in."""
    return client.get("/login").status_code == 303


def users(app: Flask) -> Sequence[User]:
    with app.app_context():
        return db.session.scalars(select(User).order_by(User.id)).all()


def logins(app: Flask) -> Sequence[LoginSession]:
    with app.app_context():
        return db.session.scalars(select(LoginSession).order_by(LoginSession.id)).all()


def mails(app: Flask) -> Sequence[OutboxMail]:
    with app.app_context():
        return db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()


def events(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))


def link_in(mail: OutboxMail) -> str:
    """The path of the one-time link in a mail."""
    found = re.search(r"https?://[^/\s]+(/(?:reset|setup)/\S{20,})", mail.text)
    assert found, mail.text
    return found[1]
