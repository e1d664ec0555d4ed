"""The pages of the data tools: who may use them, what they answer, and that nothing sent to them is kept."""

from __future__ import annotations

import csv
import io
import logging
import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.codes import given_rows, ptp_files, tabular
from tests.codes.test_diagnoses_have_a_risk_score import FACTORS, MAPPINGS, NAMES
from tests.codes.test_prices_of_lines_by_locality import HERE, MPFS, THERE
from tests.codes.test_prices_of_lines_by_locality import TABLES as FEES
from tests.support import people
from tests.support.buying import post, token, words
from webapp.codes import loader
from webapp.codes.claims.lines import MOST_LINES
from webapp.codes.datasets import ptp
from webapp.codes.datasets.parsed import Given
from webapp.codes.worksheets import fields, price_form
from webapp.codes.worksheets.sheets import SHEETS, Sheet
from webapp.extensions import db, transaction

CLAIM, PRICES, RAF = (sheet.path for sheet in SHEETS)
GOOGLEBOT = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
EDITS = {
    "mue-practitioner": {("36000", ""): {"value": "2", "indicator": "3 Date of Service Edit", "rationale": "Made up"}},
    "mpfs": MPFS | {(code, ""): MPFS["10001", ""] for code in ("45378", "36000")},
    "hcpcs": {("G0105", ""): {"long": "Made-up text one"}},
}
CLAIM_FIELDS = {"lines": "45378\n36000, 3\n99998,2\n10001", "setting": "practitioner", "day": "2026-08-03"}
PRICE_FIELDS = {"lines": "10001, 2\n10002", "places": "national", "day": "2026-08-03"}
RAF_FIELDS = {"codes": "E11.21, E11.9 I509, B99", "day": "2026-08-03"}
ASKED = {CLAIM: CLAIM_FIELDS, PRICES: PRICE_FIELDS, RAF: RAF_FIELDS}

OFFERS = {
    CLAIM: "The claim check is part of Pro.",
    PRICES: "Medicare prices by locality are part of Pro.",
    RAF: "Risk adjustment factors are part of Pro.",
}

paths = pytest.mark.parametrize("path", ASKED)


@pytest.fixture
def loaded(database: Flask, tmp_path: Path) -> Flask:
    """A site with a made-up release of everything that the tools work with."""
    with database.app_context():
        with transaction():
            loader.load(tabular.listing())
        given_rows.load({**FEES, **EDITS, **MAPPINGS, **NAMES, **FACTORS})
        with transaction():
            ptp.load([ptp_files.write(tmp_path)], Given())
    return database


@pytest.fixture
def subscriber(loaded: Flask) -> FlaskClient:
    return people.client_for(loaded, people.add_reader(loaded, "alice@example.org", "pro"))


def hidden(page: TestResponse) -> str:
    """The CSRF token of a page with a form."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert found
    return unescape(found[1])


def typed(page: TestResponse, name: str) -> str:
    """What a field for several lines holds."""
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\r?\n(.*?)</textarea>', page.text, re.DOTALL)
    assert found
    return unescape(found[1])


def rows(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


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
        refused = client.post(sheet.path, data={**ASKED[sheet.path], "csrf_token": hidden(form_page)})
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


def test_findings_stand_with_their_lines(subscriber: FlaskClient) -> None:
    page = words(post(subscriber, CLAIM, **CLAIM_FIELDS))
    assert "3 errors. " in page
    first, second, third = (page.index(f"Line {number}: ") for number in (1, 2, 3))
    assert first < page.index("Error NCCI procedure pair: 45378 , 36000 (lines 1 and 2)") < second
    assert second < page.index("Error Medically unlikely units: 36000 3 units of 36000") < third
    assert second < page.index("told with line 1: NCCI procedure pair, 45378 and 36000") < third
    assert "What would resolve it: Leave out 36000, or, if the record shows a separate service" in page
    assert "99998 is unknown and is not in force on 2026-08-03." in page
    assert "Nothing was found on line 4." in page
    assert "Medically unlikely edits, practitioner services, January 2026" in page


def test_findings_link_to_code_pages(subscriber: FlaskClient) -> None:
    page = post(subscriber, CLAIM, **CLAIM_FIELDS, diagnoses="A00")
    assert '<a class="code" href="/codes/icd-10-cm/A00">A00</a>' in page.text
    assert "A00 is a heading, not billable by itself" in words(page)
    page = post(subscriber, CLAIM, **{**CLAIM_FIELDS, "lines": "G0105, 1, , 2025-01-01"})
    assert '<a class="code" href="/codes/hcpcs/G0105">G0105</a>' in page.text


def test_a_claim_in_order_says_what_that_does_not_mean(subscriber: FlaskClient) -> None:
    page = words(post(subscriber, CLAIM, **{**CLAIM_FIELDS, "lines": "45378"}))
    assert "Nothing was found on 1 line and 0 diagnoses. This says nothing of what was not checked." in page


def test_findings_as_a_file(subscriber: FlaskClient) -> None:
    found = rows(post(subscriber, CLAIM, **CLAIM_FIELDS, format="csv"))
    assert [(row["Severity"], row["Lines"]) for row in found] == [("error", "1 2"), ("error", "2"), ("error", "3")]
    assert found[0]["Source"] == "NCCI procedure-to-procedure edits, practitioner services"


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"lines": "45378\n4537\n45378, x"}, "Line 2: '4537' is no procedure code"),
        ({"lines": "45378\n4537\n45378, x"}, "Line 3: 'x' is no number of units"),
        ({"lines": "45378", "day": ""}, "Line 1: The date of service is missing"),
        ({"lines": "45378\n" * (MOST_LINES + 1)}, f"At most {MOST_LINES} lines are checked at once."),
        ({"lines": "4\n" * 50}, "And 30 more like these."),
        ({"lines": " ", "diagnoses": " "}, "Write one line or more, or one diagnosis or more."),
        ({"diagnoses": "E11.9, sugar"}, "SUGAR has not the shape of an ICD-10-CM code."),
        ({"age": "131"}, "An age is 0 to 130 whole years."),
        ({"age": "x"}, "Not a valid integer value."),
        ({"setting": "hotel"}, "Not a valid choice."),
        ({"day": "2026-02-30"}, "Not a valid date value."),
        ({"lines": '"' * (fields.LONGEST_TEXT + 1)}, f"Send {fields.LONGEST_TEXT:,} characters at most."),
    ],
)
def test_a_claim_that_cannot_be_read_keeps_its_text(
    subscriber: FlaskClient, changed: dict[str, str], complaint: str
) -> None:
    page = post(subscriber, CLAIM, **{**CLAIM_FIELDS, **changed})
    assert page.status_code == 422
    assert complaint in words(page)
    assert 'id="result"' not in page.text
    assert typed(page, "lines") == changed.get("lines", CLAIM_FIELDS["lines"])
    assert typed(page, "diagnoses") == changed.get("diagnoses", "")
    assert 'aria-invalid="true"' in page.text


def test_text_is_shown_as_text(subscriber: FlaskClient) -> None:
    page = post(subscriber, CLAIM, **{**CLAIM_FIELDS, "lines": "</textarea><script>alert(1)</script>"})
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    assert "&lt;/textarea&gt;&lt;script&gt;" in page.text


def test_diagnoses_alone_are_checked(subscriber: FlaskClient) -> None:
    page = post(subscriber, CLAIM, diagnoses="A00.0 A00", setting="dme", day="", lines="", sex="female", age="3")
    assert page.status_code == 200
    assert "A00 is a heading" in words(page)


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
        ({"places": ()}, "Choose one locality or more, or national."),
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


def test_categories_are_kept_or_dropped(subscriber: FlaskClient) -> None:
    page = words(post(subscriber, RAF, **RAF_FIELDS))
    assert "HCC37 Made-up sweetness E11.21 Kept" in page
    assert "HCC38 Name not loaded E11.9 Dropped by HCC37" in page
    assert "CMS-HCC V24" in page
    assert "There is no sum without a segment: one of CNA, INS." in page
    assert "Without a category: B99" in page


def test_factors_are_summed_in_one_model_and_segment(subscriber: FlaskClient) -> None:
    sent = {**RAF_FIELDS, "model": "hcc-v28", "segment": "CNA", "variables": "F65_69, X"}
    page = words(post(subscriber, RAF, **sent))
    assert "Sum in segment CNA 0.856" in page
    assert "left out of the sum: X." in page
    assert "CMS-HCC V24 Release" not in page
    found = rows(post(subscriber, RAF, **sent, format="csv"))
    assert {row["Model"] for row in found} == {"CMS-HCC V28"}
    assert found[-1]["Factor"] == "0.856"


def test_what_is_no_diagnosis_is_told_and_left_out(subscriber: FlaskClient) -> None:
    page = words(post(subscriber, RAF, **{**RAF_FIELDS, "codes": "E11.9 sugar"}))
    assert "'SUGAR' is no ICD-10-CM code." in page
    assert "HCC38" in page


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"codes": ""}, "Write one ICD-10-CM code or more."),
        ({"codes": "sugar"}, "'SUGAR' is no ICD-10-CM code."),
        ({"model": "hcc-v22"}, "This is not loaded for the day: choose another."),
        ({"segment": "ZZZ"}, "This is not loaded for the day: choose another."),
        ({"variables": " ".join(f"V{number}" for number in range(21))}, "Name 20 variables at most."),
    ],
)
def test_diagnoses_that_cannot_be_counted(subscriber: FlaskClient, changed: dict[str, str], complaint: str) -> None:
    page = post(subscriber, RAF, **{**RAF_FIELDS, **changed})
    assert page.status_code == 422
    assert complaint in words(page)


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


def test_today_is_the_day_where_none_is_given(subscriber: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.core.clock.today", lambda: date(2026, 8, 3))
    assert "3 August 2026" in words(post(subscriber, PRICES, **{**PRICE_FIELDS, "day": ""}))
