"""What readers send to Case2Code is in the answer to them and nowhere else, also when something fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.codes.tool_pages import token_of
from tests.support import people, shelf
from tests.tools.leftovers import CANARY, Check
from tests.tools.leftovers import everything_is_logged as everything_is_logged
from tests.tools.leftovers import nothing_is_kept as nothing_is_kept
from tests.tools.leftovers import spools as spools
from webapp.extensions import db
from webapp.metering.models import QuotaUsage
from webapp.tools.case2code import service

PAGE = "/tools/case2code"
TEXT = f"sweet blood of {CANARY}\n{CANARY}"


@pytest.fixture
def site(database: Flask, tmp_path: Path) -> Flask:
    shelf.fill(database, tmp_path)
    return database


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    return people.client_for(site, people.add_reader(site, "alice@example.org", "pro"))


@pytest.fixture
def check(site: Flask, nothing_is_kept: Check) -> Callable[[FlaskClient], None]:
    """Look everywhere for what was sent."""
    return lambda client: nothing_is_kept(site, client, PAGE, "/search?q=sweet")


def send(client: FlaskClient, text: str = TEXT, **fields: str) -> TestResponse:
    return client.post(PAGE, data={"csrf_token": token_of(client.get(PAGE)), "text": text, **fields})


@pytest.mark.parametrize("form", ["", "csv"])
def test_an_answer_leaves_nothing_behind(
    site: Flask, client: FlaskClient, check: Callable[..., None], form: str
) -> None:
    answer = send(client, format=form)
    assert answer.status_code == 200
    assert CANARY in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert CANARY not in str(answer.headers)
    check(client)
    with site.app_context():
        usage = db.session.scalars(db.select(QuotaUsage)).one()
        assert (usage.tool, usage.used) == ("case2code", 1)


def test_neither_does_one_that_is_refused(client: FlaskClient, check: Callable[..., None]) -> None:
    assert send(client, f"{CANARY} " * 40_000).status_code == 422
    assert send(client, f"{CANARY} " * 100_000).status_code == 413
    assert send(client, on=CANARY).status_code == 422
    assert client.post(PAGE, data={"text": TEXT, "csrf_token": "x"}).status_code == 400
    check(client)


def test_neither_does_one_that_fails(
    client: FlaskClient,
    check: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(given: list[service.Statement], *_: object, **__: object) -> None:
        raise RuntimeError(f"a fault that repeats {given[0].text}")

    monkeypatch.setattr(service, "find", fail)
    answer = send(client)
    assert answer.status_code == 500
    assert CANARY not in answer.text + str(answer.headers)
    assert "failed (RuntimeError)" in caplog.text
    check(client)


def test_a_guests_second_try_leaves_nothing_behind(site: Flask, check: Callable[..., None]) -> None:
    guest = site.test_client()
    assert [send(guest).status_code for _ in range(2)] == [200, 429]
    check(guest)
