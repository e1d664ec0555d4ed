"""What readers send to Case2Code is in the answer to them and nowhere else, also when something fails."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import MetaData
from werkzeug.test import TestResponse

from tests.codes.tool_pages import token_of
from tests.support import people, shelf
from webapp.extensions import db
from webapp.metering.models import QuotaUsage
from webapp.tools.case2code import service

PAGE, CANARY = "/tools/case2code", "canaryquokkazebra"
TEXT = f"sweet blood of {CANARY}\n{CANARY}"


@pytest.fixture
def site(database: Flask, tmp_path: Path) -> Flask:
    shelf.fill(database, tmp_path)
    return database


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    return people.client_for(site, people.add_reader(site, "alice@example.org", "pro"))


@pytest.fixture
def spools(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files of this process go."""
    folder = tmp_path_factory.mktemp("spools")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield


def send(client: FlaskClient, text: str = TEXT, **fields: str) -> TestResponse:
    return client.post(PAGE, data={"csrf_token": token_of(client.get(PAGE)), "text": text, **fields})


def files_with(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def rows(app: Flask) -> Iterator[str]:
    """Every row of every table that the database has."""
    with app.app_context():
        tables = MetaData()
        tables.reflect(db.engine)
        for table in tables.tables.values():
            for row in db.session.execute(table.select()):
                yield repr(tuple(row))


def kept_in_redis(app: Flask) -> Iterator[bytes]:
    client = app.extensions["redis"].client
    for key in client.scan_iter():
        yield bytes(key)
        yield bytes(client.dump(key) or b"")


def check_nothing_is_kept(
    app: Flask,
    client: FlaskClient,
    spools: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    app.extensions["counts"].flush()
    assert not [row for row in rows(app) if CANARY in row]
    assert not [value for value in kept_in_redis(app) if CANARY.encode() in value]
    assert files_with(app.extensions["settings"].data) == []
    assert list(spools.rglob("*")) == []
    printed = capfd.readouterr()
    assert CANARY not in caplog.text + printed.out + printed.err
    for name in ("session", "form", "guest"):
        cookie = client.get_cookie(name)
        assert cookie is None or CANARY not in cookie.value
    assert CANARY not in client.get("/metrics").text
    for path in ("/account", "/", PAGE, "/search?q=sweet"):
        assert CANARY not in client.get(path).text, path


@pytest.mark.parametrize("form", ["", "csv"])
def test_an_answer_leaves_nothing_behind(
    site: Flask,
    client: FlaskClient,
    spools: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    form: str,
) -> None:
    answer = send(client, format=form)
    assert answer.status_code == 200
    assert CANARY in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert CANARY not in str(answer.headers)
    check_nothing_is_kept(site, client, spools, caplog, capfd)
    with site.app_context():
        usage = db.session.scalars(db.select(QuotaUsage)).one()
        assert (usage.tool, usage.used) == ("case2code", 1)


def test_neither_does_one_that_is_refused(
    site: Flask, client: FlaskClient, spools: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    assert send(client, f"{CANARY} " * 40_000).status_code == 422
    assert send(client, f"{CANARY} " * 100_000).status_code == 413
    assert send(client, on=CANARY).status_code == 422
    assert client.post(PAGE, data={"text": TEXT, "csrf_token": "x"}).status_code == 400
    check_nothing_is_kept(site, client, spools, caplog, capfd)


def test_neither_does_one_that_fails(
    site: Flask,
    client: FlaskClient,
    spools: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(given: list[service.Statement], *_: object, **__: object) -> None:
        raise RuntimeError(f"a fault that repeats {given[0].text}")

    monkeypatch.setattr(service, "find", fail)
    answer = send(client)
    assert answer.status_code == 500
    assert CANARY not in answer.text + str(answer.headers)
    assert "failed (RuntimeError)" in caplog.text
    check_nothing_is_kept(site, client, spools, caplog, capfd)


def test_a_guests_second_try_leaves_nothing_behind(
    site: Flask, spools: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    guest = site.test_client()
    assert [send(guest).status_code for _ in range(2)] == [200, 429]
    check_nothing_is_kept(site, guest, spools, caplog, capfd)
