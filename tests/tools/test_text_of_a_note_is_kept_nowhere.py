"""What readers send to DetectICD10CM is in the answer to them and nowhere else, whatever fails meanwhile."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import redis
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.codes.tool_pages import token_of
from tests.support import applications, people
from tests.support.processes import wait_until
from tests.support.sites import RunningSite, children
from tests.tools import notes
from tests.tools.leftovers import CANARY, Check, files_with, kept_in_redis
from tests.tools.leftovers import everything_is_logged as everything_is_logged
from tests.tools.leftovers import nothing_is_kept as nothing_is_kept
from tests.tools.leftovers import spools as spools
from tests.tools.notes import BATCH, PAGE, send
from webapp.extensions import db
from webapp.metering.models import QuotaReservation, QuotaUsage

NOTE = f"Fever of {CANARY}. Denies {CANARY} pain."
MANY = 500
FILLER = "Sleeps well and walks each day. " * 120
"""With it, so many notes are 2 MB."""
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def check(notes_app: Flask, nothing_is_kept: Check) -> Callable[[FlaskClient], None]:
    """Look everywhere for what was sent."""
    return lambda client: nothing_is_kept(notes_app, client, PAGE, BATCH)


def body(token: str, count: int = MANY, name: str = f"{CANARY}.csv") -> tuple[str, bytes]:
    """A batch as a browser sends it: its content type, and its bytes."""
    rows = "".join(f'{CANARY},"{NOTE} {FILLER}"\n' for _ in range(count))
    file = FileStorage(io.BytesIO(f"id,text\n{rows}".encode()), name)
    boundary, made = encode_multipart({"csrf_token": token, "files": [file]})
    return f"multipart/form-data; boundary={boundary}", made


def batch(client: FlaskClient, *, buffered: bool = True) -> TestResponse:
    kind, made = body(token_of(client.get(BATCH)))
    assert 1_900_000 < len(made) < 2_200_000
    return client.post(BATCH, data=made, content_type=kind, buffered=buffered)


@pytest.mark.parametrize("form", ["", "csv"])
def test_an_answer_leaves_nothing_behind(
    notes_app: Flask, sign_in: SignIn, check: Callable[[FlaskClient], None], form: str
) -> None:
    client = sign_in("pro")
    answer = send(client, NOTE, format=form)
    assert answer.status_code == 200
    assert form or CANARY in answer.text
    assert CANARY not in str(answer.headers)
    check(client)
    with notes_app.app_context():
        usage = db.session.scalars(db.select(QuotaUsage)).one()
        assert (usage.tool, usage.used) == ("detecticd10cm", 1)


def test_neither_does_one_that_is_refused(notes_app: Flask, sign_in: SignIn, check: Callable[..., None]) -> None:
    client, guest = sign_in("pro"), notes_app.test_client()
    assert send(guest, NOTE).status_code == 402
    assert send(client, f"{CANARY} " * 10_000).status_code == 422
    assert send(client, f"{CANARY} " * 100_000).status_code == 413
    assert send(client, NOTE, on=CANARY).status_code == 422
    assert client.post(PAGE, data={"text": NOTE, "csrf_token": "x"}).status_code == 400
    assert client.post(f"{PAGE}/{CANARY[:3]}", data={"text": NOTE}).status_code in (400, 404)
    kind, made = body(token_of(client.get(BATCH)), 1, f"{CANARY}.pdf")
    assert client.post(BATCH, data=made, content_type=kind).status_code == 422
    check(client)
    check(guest)


def test_neither_does_one_that_fails(
    notes_app: Flask, sign_in: SignIn, check: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    client = sign_in("pro")
    damage(notes_app)
    answer = send(client, NOTE)
    assert answer.status_code == 500
    assert CANARY not in answer.text + str(answer.headers)
    assert "failed (" in caplog.text
    check(client)
    with notes_app.app_context():
        assert list(db.session.scalars(db.select(QuotaReservation.state))) == ["released"]


def test_neither_does_a_batch_nor_one_whose_notes_fail(
    notes_app: Flask, sign_in: SignIn, check: Callable[..., None]
) -> None:
    client = sign_in("pro")
    answer = batch(client)
    assert answer.status_code == 200
    assert answer.text.count("R50.9") == MANY
    assert CANARY not in str(answer.headers)
    check(client)
    damage(notes_app)
    answer = batch(client)
    assert answer.text.count("The fault is on our side.") == MANY
    check(client)
    with notes_app.app_context():
        assert db.session.scalar(db.select(QuotaUsage.used)) == MANY


def damage(app: Flask) -> None:
    """Take the texts out of the term store, so that whoever reads it fails."""
    stores = app.extensions["term_stores"]
    [texts] = stores.folder.glob("*/texts")
    texts.write_bytes(b"\xff")
    folder = texts.parent.rename(texts.parent.with_name("store-damaged"))
    (stores.folder / "current").write_text(folder.name)


@pytest.mark.slow
def test_neither_does_a_batch_whose_worker_is_killed(notes_folder: Path, tmp_path: Path) -> None:
    data, spools = tmp_path / "site", tmp_path / "spools"
    spools.mkdir()
    notes.copy(notes_folder, data)
    app = applications.create_app(applications.settings(DATA=data))
    cookie = people.session_cookie(app, people.add_reader(app, "alice@example.org", "pro"))
    applications.close(app)
    with RunningSite(data, LOG_LEVEL="debug", TMPDIR=spools) as site, requests.Session() as browser:
        browser.cookies.set("session", cookie)
        page = browser.get(site.url + BATCH)
        token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        kind, made = body(token)
        with browser.post(site.url + BATCH, data=made, headers={"Content-Type": kind}, stream=True) as answer:
            assert answer.status_code == 200
            pieces = answer.iter_content(64)
            assert b"note,id,code" in next(pieces)
            for worker in list(children(site.child("granian"))):
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            with pytest.raises(requests.RequestException):
                list(pieces)
        wait_until(site.answers, 30, "the site's new worker")
        assert CANARY not in browser.get(f"{site.url}/metrics").text
        with redis.Redis(unix_socket_path=str(data / "redis.sock")) as client:
            assert kept_in_redis(client) == []
        assert files_with(data) + files_with(spools) == []
        assert CANARY not in site.output
    assert files_with(data) + files_with(spools) == []
