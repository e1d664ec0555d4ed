"""Sites that take payments, and the sandbox they take them at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support import scene as scenes
from tests.support.scene import Scene


@pytest.fixture
def scene(make_app: Callable[..., Flask], tmp_path: Path) -> Iterator[Scene]:
    """A site on SQLite with its catalogue pushed."""
    with scenes.begin(make_app, tmp_path) as begun:
        yield begun


@pytest.fixture(params=["sqlite", "postgresql"])
def scene_on_both(request: pytest.FixtureRequest, make_app: Callable[..., Flask], tmp_path: Path) -> Iterator[Scene]:
    """The same on each database."""
    given = {"DATABASE_URL": request.getfixturevalue("pg_url")} if request.param == "postgresql" else {}
    with scenes.begin(make_app, tmp_path, **given) as begun:
        yield begun
