"""Fixtures of the tools' tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import MakeApp
from tests.support import applications, people
from tests.support.fixtures import guest as guest
from tests.support.fixtures import reader as reader
from tests.support.fixtures import shelf_app as shelf_app
from tests.tools import notes, release
from webapp.codes.terms.store import Store


@pytest.fixture(scope="session")
def notes_folder(_migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the small list of real codes and its term store, made once for all tests of a process."""
    data = tmp_path_factory.mktemp("notes")
    (data / "codeshelf.db").write_bytes(_migrated_sqlite.read_bytes())
    app = applications.create_app(applications.settings(DATA=data))
    notes.fill(app)
    applications.close(app)
    return data


@pytest.fixture(scope="session")
def whole(shared_folder: Path) -> Store:
    """The term store of the packaged release, built once for all test processes."""
    return release.store(shared_folder / "release-terms")


@pytest.fixture
def notes_app(make_app: MakeApp, notes_folder: Path, tmp_path: Path) -> Flask:
    """An application with the small list of real codes."""
    notes.copy(notes_folder, tmp_path / "site")
    return make_app(DATA=tmp_path / "site")


@pytest.fixture
def sign_in(notes_app: Flask) -> Callable[..., FlaskClient]:
    """Make a signed-in browser on `notes_app`: free, or of a plan, or of staff."""

    names = itertools.count(1)

    def make(plan: str | None = None, *, staff: bool = False) -> FlaskClient:
        reader = people.add_reader(notes_app, f"reader{next(names)}@example.org", plan, staff=staff)
        return people.client_for(notes_app, reader)

    return make
