"""The page of the claim check: findings beside their lines, a file of them, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.codes import given_rows, tool_pages
from tests.codes.tool_pages import CLAIM, CLAIM_FIELDS, rows, typed
from tests.support import people, shelf
from tests.support.buying import post, words
from webapp.codes.claims.lines import MOST_LINES
from webapp.codes.worksheets import fields


@pytest.fixture
def subscriber(database: Flask, tmp_path: Path) -> FlaskClient:
    return tool_pages.subscriber(database, tmp_path)


@pytest.fixture
def reader(app: Flask) -> FlaskClient:
    """A subscriber of a site with nothing loaded."""
    return people.client_for(app, people.add_reader(app, "alice@example.org", "pro"))


def test_findings_stand_with_their_lines(subscriber: FlaskClient) -> None:
    page = words(post(subscriber, CLAIM, **CLAIM_FIELDS))
    assert "3 errors. " in page
    first, second, third = (page.index(f"Line {number}: ") for number in (1, 2, 3))
    assert first < page.index("Error NCCI procedure pair : 45378 , 36000 (lines 1 and 2)") < second
    assert second < page.index("Error Medically unlikely units : 36000 3 units of 36000") < third
    assert second < page.index("told with line 1: NCCI procedure pair, 45378 and 36000") < third
    assert "What would resolve it: Leave out 36000, or, if the record shows a separate service" in page
    assert "99998 is unknown and is not in force on 2026-08-03." in page
    assert "Nothing was found on line 4." in page
    assert "Medically unlikely edits, practitioner services, January 2026" in page


def test_findings_link_to_code_pages(subscriber: FlaskClient) -> None:
    page = post(subscriber, CLAIM, **CLAIM_FIELDS, diagnoses="A00")
    assert '<a class="code" href="/codes/icd-10-cm/A00">A00</a>' in page.text
    assert "A00 is a heading, not billable by itself" in words(page)


def test_procedures_link_to_their_pages_too(app: Flask, tmp_path: Path) -> None:
    shelf.fill(app, tmp_path)
    with app.app_context():
        given_rows.load({"hcpcs": {("G0105", ""): {"long": "Made-up text one", "termination": "20260131"}}})
    client = people.client_for(app, people.add_reader(app, "alice@example.org", "pro"))
    page = post(client, CLAIM, **{**CLAIM_FIELDS, "lines": "G0105"})
    assert "G0105 ended on 2026-01-31" in words(page)
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
    reader: FlaskClient, changed: dict[str, str], complaint: str
) -> None:
    page = post(reader, CLAIM, **{**CLAIM_FIELDS, **changed})
    assert page.status_code == 422
    assert complaint in words(page)
    assert 'id="result"' not in page.text
    assert typed(page, "lines") == changed.get("lines", CLAIM_FIELDS["lines"])
    assert typed(page, "diagnoses") == changed.get("diagnoses", "")
    assert 'aria-invalid="true"' in page.text


def test_text_is_shown_as_text(reader: FlaskClient) -> None:
    page = post(reader, CLAIM, **{**CLAIM_FIELDS, "lines": "</textarea><script>alert(1)</script>"})
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    assert "&lt;/textarea&gt;&lt;script&gt;" in page.text


def test_diagnoses_alone_are_checked(subscriber: FlaskClient) -> None:
    page = post(subscriber, CLAIM, diagnoses="A00.0 A00", setting="dme", day="", lines="", sex="female", age="3")
    assert page.status_code == 200
    assert "A00 is a heading" in words(page)
