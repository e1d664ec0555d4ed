"""Every place where text that a reader gave to a tool could be left behind; a test imports the fixtures it needs."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import MetaData

from webapp.extensions import db

CANARY = "canaryquokkazebra"
COOKIES = ("session", "form", "guest")
Check = Callable[..., None]
"""Given an application, a browser of it, and the paths of pages that could show what was sent."""


@pytest.fixture
def spools(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files of this process go."""
    folder = tmp_path_factory.mktemp("spools")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield


@pytest.fixture
def nothing_is_kept(spools: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Check:
    """Look everywhere for what was sent."""

    def look(app: Flask, client: FlaskClient, *paths: str) -> None:
        app.extensions["counts"].flush()
        assert not [row for row in rows(app) if CANARY in row]
        assert kept_in_redis(app.extensions["redis"].client) == []
        assert files_with(app.extensions["settings"].data) == []
        assert list(spools.rglob("*")) == []
        printed = capfd.readouterr()
        assert CANARY not in caplog.text + printed.out + printed.err
        assert not [name for name in COOKIES if CANARY in str(client.get_cookie(name))]
        for path in ("/metrics", "/account", "/", *paths):
            assert CANARY not in client.get(path).text, path

    return look


def files_with(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def rows(app: Flask) -> Iterator[str]:
    """Every row of every table that the database has."""
    with app.app_context():
        tables = MetaData()
        tables.reflect(db.engine)
        for table in tables.tables.values():
            for row in db.session.execute(table.select()):
                yield f"{table.name}: {tuple(row)!r}"


def kept_in_redis(client: redis.Redis) -> list[bytes]:
    keys = list(client.scan_iter())
    return [key for key in keys if CANARY.encode() in key + (client.dump(key) or b"")]
