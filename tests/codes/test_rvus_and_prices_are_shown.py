"""The section “RVUs and prices by locality”: units, national prices, and a table of localities."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.codes import fee_rows, given_rows
from webapp.codes.document import Block
from webapp.codes.facts import rvus

IMAGE = {**fee_rows.PHYSICIAN, "pctc": "1"}
READING = {**IMAGE, "non_facility_pe": "0.50", "facility_pe": "0.50", "mp": "0.40", "non_facility_total": "2.90"}
TECHNICAL = {**IMAGE, "work": "0.00", "non_facility_pe": "2.50", "facility_pe": "0.50", "mp": "0.10"}


@pytest.fixture
def site(app: Flask) -> Iterator[Flask]:
    """An application without any release, on SQLite, with its context."""
    with app.app_context():
        yield app


def shown(key: str = "12345") -> list[Block]:
    return rvus.blocks(given_rows.subject(key, "cpt"))


def test_units_prices_and_localities_are_three_tables(empty: Flask) -> None:
    given_rows.load({"mpfs": {("12345", ""): fee_rows.PHYSICIAN}, "gpci": fee_rows.GPCI})
    units, national, local = shown()
    assert units.rows == [["none", "2.00", "3.00", "1.00", "0.50", "5.50", "3.50"]]
    assert given_rows.texts(national) == [
        ["Conversion factor", "$30.0000", "Dollars for one RVU."],
        ["Non-facility price", "$165.00", "National and unadjusted: 5.50 × 30.0000."],
        ["Facility price", "$105.00", "National and unadjusted: 3.50 × 30.0000."],
    ]
    assert local.columns == ["Locality", "State", "Non-facility", "Facility"]
    assert given_rows.texts(local) == [
        ["YPSILON CITY", "YY", "$189.02", "$117.02"],
        ["REST OF ZETALAND", "ZZ", "$148.50", "$94.50"],
    ]
    assert local.source.endswith("Geographic practice cost indices, January 2026")


def test_a_setting_in_which_it_is_not_done_has_no_price(site: Flask) -> None:
    row = {**fee_rows.PHYSICIAN, "non_facility_na": "NA"}
    given_rows.load({"mpfs": {("12345", ""): row}, "gpci": fee_rows.GPCI})
    _, national, local = shown()
    assert national.rows[1] == ["Non-facility price", "NA", "Rarely or never done in this setting."]
    assert local.rows[1][2:] == ["NA", "$94.50"]


def test_each_modifier_has_its_units_and_prices(site: Flask) -> None:
    given_rows.load({"mpfs": {("12345", ""): IMAGE, ("12345", "26"): READING, ("12345", "TC"): TECHNICAL}})
    units, national = shown()
    assert [row[0] for row in units.rows] == ["none", "26", "TC"]
    prices = {row[0]: row[1] for row in given_rows.texts(national)}
    assert (prices["Non-facility price, modifier 26"], prices["Facility price, modifier TC"]) == ("$87.00", "$18.00")


def test_a_code_with_one_modifier_only_is_priced_with_it(site: Flask) -> None:
    given_rows.load({"mpfs": {("12345", "26"): READING}, "gpci": fee_rows.GPCI})
    assert shown()[2].columns[2:] == ["Non-facility, modifier 26", "Facility, modifier 26"]


@pytest.mark.parametrize(("cap", "price"), [("100.00", "$100.00"), ("148.50", "$148.50"), ("500.00", "$148.50")])
def test_a_published_cap_lowers_the_price_of_its_locality(site: Flask, cap: str, price: str) -> None:
    row = {"status": "A", "mac": "00001", "locality": "01", "facility": cap, "non_facility": cap}
    given_rows.load(
        {
            "mpfs": {("12345", ""): fee_rows.PHYSICIAN},
            "gpci": fee_rows.GPCI,
            "oppscap": {("12345", "00001 01"): row},
        }
    )
    _, national, local = shown()
    assert {str(row[0]): row[2] for row in local.rows} == {"YPSILON CITY": "$189.02", "REST OF ZETALAND": price}
    assert local.source.endswith("; OPPS payment caps of imaging services, January 2026")
    assert national.rows[1][1] == "$165.00"


def test_units_of_the_cap_lower_the_price_everywhere(site: Flask) -> None:
    image = {**fee_rows.PHYSICIAN, "opps_non_facility_pe": "1.00", "opps_facility_pe": "1.00", "opps_mp": "0.50"}
    given_rows.load({"mpfs": {("12345", ""): image}, "gpci": fee_rows.GPCI})
    _, national, local = shown()
    assert national.rows[1][1:] == [
        "$105.00",
        "National and unadjusted: 5.50 × 30.0000, which is $165.00; what OPPS pays for such an image is lower.",
    ]
    assert national.rows[2][1:] == ["$105.00", "National and unadjusted: 3.50 × 30.0000."]
    assert local.rows[1][2:] == ["$94.50", "$94.50"]


def test_units_that_medicare_does_not_pay_by_have_no_price(site: Flask) -> None:
    given_rows.load({"mpfs": {("12345", ""): {**fee_rows.PHYSICIAN, "status": "N"}}, "gpci": fee_rows.GPCI})
    units, said = shown()
    assert len(units.rows) == 1
    assert said.html == "<p>No price where the status is N. Not covered by Medicare.</p>"
    assert said.source == "Medicare Physician Fee Schedule, January 2026"


def test_a_part_that_is_paid_is_priced_beside_one_that_is_not(site: Flask) -> None:
    contractor = {**TECHNICAL, "status": "C"}
    given_rows.load({"mpfs": {("12345", "26"): READING, ("12345", "TC"): contractor}, "gpci": fee_rows.GPCI})
    _, said, national, local = shown()
    assert said.html.startswith("<p>No price where the status is C.")
    assert [row[0] for row in national.rows[1:]] == [
        "Non-facility price, modifier 26",
        "Facility price, modifier 26",
    ]
    assert len(local.rows) == 2


@pytest.mark.parametrize("status", ["C", "I", "R", "X"])
def test_a_code_without_units_has_no_section(site: Flask, status: str) -> None:
    row = {**fee_rows.PHYSICIAN, **fee_rows.NOTHING, "status": status}
    given_rows.load({"mpfs": {("12345", ""): row}, "gpci": fee_rows.GPCI})
    assert shown() == []


def test_without_cost_indices_there_are_national_prices(site: Flask) -> None:
    given_rows.load({"mpfs": {("12345", ""): fee_rows.PHYSICIAN}})
    assert [block.columns[0] for block in shown()] == ["Modifier", "Field"]


def test_anesthesia_shows_the_factors_of_the_localities(site: Flask) -> None:
    row = {**fee_rows.PHYSICIAN, **fee_rows.NOTHING, "status": "J"}
    place = {"mac": "00001", "locality": "01", "name": "REST OF ZETALAND", "factor": "20.05"}
    given_rows.load(
        {"mpfs": {("00199", ""): row}, "gpci": fee_rows.GPCI, "anesthesia": {("0000101", ""): place}},
    )
    said, table = shown("00199")
    assert "base units and time units" in said.html
    assert table.columns == ["Locality", "State", "Dollars for one unit"]
    assert table.rows == [["REST OF ZETALAND", "ZZ", "$20.05"]]


def test_anesthesia_without_factors_has_no_section(site: Flask) -> None:
    given_rows.load({"mpfs": {("00199", ""): {**fee_rows.PHYSICIAN, **fee_rows.NOTHING, "status": "J"}}})
    assert shown("00199") == []


def test_a_diagnosis_has_none(site: Flask) -> None:
    given_rows.load({"mpfs": {("S5000", ""): fee_rows.PHYSICIAN}})
    assert rvus.blocks(given_rows.subject("S50.00", "icd-10-cm")) == []
    assert rvus.blocks(given_rows.subject("S5000", "hcpcs"))
