"""Fixtures of tests that need a site with a small catalogue, and people in front of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import people, shelf


@pytest.fixture
def shelf_app(app: Flask, tmp_path: Path) -> Flask:
    """An application with the small catalogue."""
    shelf.fill(app, tmp_path)
    return app


@pytest.fixture
def guest(shelf_app: Flask) -> FlaskClient:
    return shelf_app.test_client()


@pytest.fixture
def reader(shelf_app: Flask) -> Callable[..., FlaskClient]:
    """Make a signed-in browser: `reader()` is free, `reader("pro")` subscribed, `reader(staff=True)` staff."""

    def make(plan: str | None = None, *, staff: bool = False) -> FlaskClient:
        email = f"{plan or 'free'}{'-staff' if staff else ''}@example.org"
        return people.client_for(shelf_app, people.add_reader(shelf_app, email, plan, staff=staff))

    return make
