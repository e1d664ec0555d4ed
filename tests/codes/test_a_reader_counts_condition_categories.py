"""The page of risk adjustment: categories kept and dropped, sums by model and segment, and what is no diagnosis."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.codes import tool_pages
from tests.codes.tool_pages import RAF, RAF_FIELDS, rows
from tests.support import people
from tests.support.buying import post, words


@pytest.fixture
def subscriber(database: Flask, tmp_path: Path) -> FlaskClient:
    return tool_pages.subscriber(database, tmp_path)


@pytest.fixture
def reader(app: Flask) -> FlaskClient:
    """A subscriber of a site with nothing loaded."""
    return people.client_for(app, people.add_reader(app, "alice@example.org", "pro"))


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
def test_diagnoses_that_cannot_be_counted(reader: FlaskClient, changed: dict[str, str], complaint: str) -> None:
    page = post(reader, RAF, **{**RAF_FIELDS, **changed})
    assert page.status_code == 422
    assert complaint in words(page)
