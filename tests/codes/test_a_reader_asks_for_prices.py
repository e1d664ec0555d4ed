"""The page of Medicare prices: sums with their figures, localities of the day, and what cannot be shown."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.codes import given_rows, tool_pages
from tests.codes.tool_pages import HERE, PRICE_FIELDS, PRICES, THERE, rows
from tests.support import people
from tests.support.buying import post, token, words
from webapp.codes.worksheets import price_form


@pytest.fixture
def subscriber(database: Flask, tmp_path: Path) -> FlaskClient:
    return tool_pages.subscriber(database, tmp_path)


def test_prices_show_their_sums(subscriber: FlaskClient) -> None:
    page = words(post(subscriber, PRICES, **PRICE_FIELDS))
    assert "(2 × 1 + 3 × 1 + 0.5 × 1) × 10 = 55.00" in page
    assert "2 × 55.00 = 110.00" in page
    assert "Non-facility $110.00" in page
    assert "Line 2: 10002 1 unit, 3 August 2026 Not paid by relative value units: status N" in page
    assert "National $110.00 and 1 line without a price $70.00 and 1 line without a price" in page
    assert "Priced with Medicare Physician Fee Schedule, January 2026" in page


def test_prices_in_every_locality(subscriber: FlaskClient) -> None:
    sent = {**PRICE_FIELDS, "places": ["all", "national"], "csrf_token": token(subscriber)}
    found = rows(subscriber.post(PRICES, data={**sent, "format": "csv"}))
    assert [(row["Line"], row["Locality"]) for row in found] == [
        *(("1", name) for name in ("National", "National", "There", "There", "Here", "Here")),
        ("2", ""),
    ]
    page = subscriber.post(PRICES, data=sent)
    assert page.text.count("checked") == 2


def test_localities_are_those_of_the_day(subscriber: FlaskClient) -> None:
    page = post(subscriber, PRICES, **{**PRICE_FIELDS, "places": HERE})
    assert f'value="{HERE}" checked' in page.text
    assert f'value="{THERE}">' in page.text
    page = post(subscriber, PRICES, **{**PRICE_FIELDS, "places": HERE, "day": "2020-01-01"})
    assert page.status_code == 200
    assert "Localities of this day are not loaded: only national prices can be shown." in words(page)
    assert "Medicare Physician Fee Schedule: no file of this day is loaded." in words(page)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"lines": ""}, "Write one line or more."),
        ({"lines": "10001, 0"}, "Line 1: units must be 1 or more."),
        ({"places": []}, "Choose one locality or more, or national."),
        ({"lines": "10001\n" * 3, "places": ["all"]}, "3 lines in 2 localities are 6 prices, and at most 5 are shown"),
    ],
)
def test_prices_that_cannot_be_shown(
    subscriber: FlaskClient, monkeypatch: pytest.MonkeyPatch, changed: dict[str, object], complaint: str
) -> None:
    monkeypatch.setattr(price_form, "MOST_PRICES", 5)
    page = subscriber.post(PRICES, data={**PRICE_FIELDS, **changed, "csrf_token": token(subscriber)})
    assert page.status_code == 422
    assert complaint in words(page)


def test_today_is_the_day_where_none_is_given(subscriber: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.core.clock.today", lambda: date(2026, 8, 3))
    assert "3 August 2026" in words(post(subscriber, PRICES, **{**PRICE_FIELDS, "day": ""}))


def test_prices_of_an_ended_release_say_so(app: Flask) -> None:
    with app.app_context():
        given_rows.load(tool_pages.TABLES, last=date(2026, 3, 31))
    reader = people.client_for(app, people.add_reader(app, "alice@example.org", "pro"))
    told = "Medicare Physician Fee Schedule, January 2026 ended on 31 March 2026, and no later release is loaded"
    assert told in words(post(reader, PRICES, **PRICE_FIELDS))
    assert told not in words(post(reader, PRICES, **{**PRICE_FIELDS, "day": "2026-03-31"}))
