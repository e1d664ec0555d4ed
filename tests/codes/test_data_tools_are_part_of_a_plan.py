"""The data tools: who may use them, what they say of what is loaded, and that nothing sent to them is kept."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.codes import tool_pages
from tests.codes.tool_pages import ASKED, CLAIM, PRICES, RAF, token_of
from tests.support import people
from tests.support.buying import post, token, words
from webapp.codes.worksheets.sheets import SHEETS, Sheet
from webapp.extensions import db

GOOGLEBOT = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
OFFERS = {
    CLAIM: "The claim check is part of Pro.",
    PRICES: "Medicare prices by locality are part of Pro.",
    RAF: "Risk adjustment factors are part of Pro.",
}
paths = pytest.mark.parametrize("path", ASKED)


@pytest.fixture
def subscriber(database: Flask, tmp_path: Path) -> FlaskClient:
    return tool_pages.subscriber(database, tmp_path)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.feature)
def test_readers_without_the_plan_see_what_a_tool_does_and_the_offer(app: Flask, sheet: Sheet) -> None:
    guest = app.test_client()
    bob = people.client_for(app, people.add_reader(app, "bob@example.org"))
    for client in (guest, bob):
        page = client.get(f"{sheet.path}?example&code=G0105")
        assert page.status_code == 200
        assert OFFERS[sheet.path] in words(page)
        assert "Upgrade to Pro" in words(page)
        assert f"/pricing?next={sheet.path}" in page.text
        assert "<textarea" not in page.text
        form_page = client.get("/login" if client is guest else "/logout")
        refused = client.post(sheet.path, data={**ASKED[sheet.path], "csrf_token": token_of(form_page)})
        assert refused.status_code == 402
        assert OFFERS[sheet.path] in words(refused)


@paths
def test_machines_read_what_a_tool_does(app: Flask, path: str) -> None:
    page = app.test_client().get(path, headers=GOOGLEBOT)
    assert page.status_code == 200
    assert 'class="wall"' not in page.text
    assert "Set-Cookie" not in page.headers


@paths
def test_staff_may_use_the_tools(app: Flask, path: str) -> None:
    client = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    page = client.get(path)
    assert "<textarea" in page.text
    assert "/staff/catalogue/?source=" in page.text


def test_the_tools_are_listed(app: Flask) -> None:
    client = app.test_client()
    assert '<a href="/tools/">' in client.get("/").text
    page = client.get("/tools/")
    assert all(f'href="{sheet.path}"' in page.text and client.get(sheet.path).status_code == 200 for sheet in SHEETS)


@paths
def test_an_empty_form_names_the_releases_and_shows_no_result(subscriber: FlaskClient, path: str) -> None:
    page = subscriber.get(path)
    assert page.status_code == 200
    assert 'id="result"' not in page.text
    assert "January 2026" in words(page)
    assert "1 January 2026 to the next release" in words(page)


@paths
def test_what_is_not_loaded_is_said(app: Flask, path: str) -> None:
    client = people.client_for(app, people.add_reader(app, "alice@example.org", "pro"))
    assert "Not loaded The operator of this site can load it." in words(client.get(path))
    answer = post(client, path, **ASKED[path])
    assert answer.status_code == 200
    told = {CLAIM: "is loaded, so this was not checked", PRICES: "no file of this day is loaded", RAF: "is loaded for"}
    assert told[path] in words(answer)


@paths
def test_a_form_without_its_token_is_refused(subscriber: FlaskClient, path: str) -> None:
    assert subscriber.post(path, data=ASKED[path]).status_code == 400


@paths
def test_the_example_and_a_code_of_the_address_are_answered(subscriber: FlaskClient, path: str) -> None:
    example = subscriber.get(f"{path}?example")
    assert example.status_code == 200
    assert 'id="result"' in example.text
    code = "E11.9" if path == RAF else "g0105"
    page = subscriber.get(f"{path}?code={code}")
    assert page.status_code == 200
    assert 'id="result"' in page.text
    assert f"{code.replace('.', '').upper()}</textarea>" in page.text
    assert 'id="result"' not in subscriber.get(f"{path}?code=%3Cscript%3E").text


@paths
@pytest.mark.parametrize("secret", ["ZQX1", "Q0QX7"])
def test_nothing_that_is_sent_is_kept(
    subscriber: FlaskClient, caplog: pytest.LogCaptureFixture, path: str, secret: str
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = {name: f"{value}\n{secret}" if name in ("lines", "codes") else value for name, value in ASKED[path].items()}
    answer = post(subscriber, path, **sent)
    assert secret in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert secret not in caplog.text
    with subscriber.application.app_context():
        tables = db.metadata.tables
        kept = [name for name in tables if secret in str(db.session.execute(text(f'SELECT * FROM "{name}"')).all())]
    assert kept == []


@paths
def test_days_far_away_are_answered(subscriber: FlaskClient, path: str) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        assert post(subscriber, path, **{**ASKED[path], "day": day}).status_code in (200, 422)


@paths
@pytest.mark.parametrize(
    "text", ["\0", "\ud800", "'; --", '"', "٣٣٣٣٣", "E11.9\u2028", "=1+1", "😀" * 10, "1" * 40_000]
)
def test_hostile_text_is_answered(subscriber: FlaskClient, path: str, text: str) -> None:
    names = ("lines", "codes", "diagnoses", "places", "setting", "model", "segment", "variables", "age", "sex", "day")
    sent = text.encode("utf-8", "surrogatepass")
    form = {"csrf_token": token(subscriber)}
    for name in names:
        page = subscriber.post(path, data={**ASKED[path], **form, name: sent})
        assert page.status_code in (200, 422), name
