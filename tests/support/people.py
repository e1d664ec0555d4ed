"""Readers with real logins."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from webapp.auth import sessions
from webapp.auth.models import User
from webapp.billing import service as billing
from webapp.core import clock
from webapp.extensions import db, transaction


def add_reader(app: Flask, email: str, plan: str | None = None, *, staff: bool = False) -> int:
    """Make a reader, with a plan granted if one is named; return the id."""
    with app.app_context(), transaction():
        reader = User(email=email, email_normalized=email, password_hash="-", is_staff=staff, created_at=clock.now())
        db.session.add(reader)
        db.session.flush()
        if plan:
            billing.grant(reader.id, plan, None)
        return reader.id


def session_cookie(app: Flask, user_id: int) -> str:
    """Begin a login; return the value of its cookie."""
    with app.app_context(), transaction():
        reader = db.session.get(User, user_id)
        assert reader is not None
        return f"{user_id}.{sessions.start(reader, '127.0.0.1', 'tests')}"


def client_for(app: Flask, user_id: int) -> FlaskClient:
    """A browser in which a reader is signed in."""
    client = app.test_client()
    client.set_cookie("session", session_cookie(app, user_id))
    return client
