"""The section “Code information”: a table for each dataset, with what the values mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from tests.codes import fee_rows, given_rows
from webapp.codes.document import Block, Reference
from webapp.codes.facts import information


@pytest.fixture
def site(app: Flask) -> Iterator[Flask]:
    """An application without any release, on SQLite, with its context."""
    with app.app_context():
        yield app


def shown(key: str, system: str = "cpt", day: date = given_rows.DAY) -> dict[str, dict[str, tuple[str, str]]]:
    """Return the tables by source, and in them value and meaning by field."""
    blocks = information.blocks(given_rows.subject(key, system, day))
    return {block.source: {row[0]: (row[1], row[2]) for row in given_rows.texts(block)} for block in blocks}


def only(key: str, system: str = "cpt") -> Block:
    [block] = information.blocks(given_rows.subject(key, system))
    return block


def test_the_fee_schedule_gives_ten_fields(empty: Flask) -> None:
    row = {**fee_rows.PHYSICIAN, "global_days": "010", "bilateral": "1", "assistant": "2", "imaging_family": "88"}
    given_rows.load({"mpfs": {("12345", ""): row, ("12345", "53"): fee_rows.PHYSICIAN}})
    fields = shown("12345")["Medicare Physician Fee Schedule, January 2026"]
    assert [(field, value) for field, (value, _) in fields.items()] == [
        ("Status Code", "A"),
        ("Global Days", "010"),
        ("PC/TC (26, TC)", "0"),
        ("Multiple Procedures (51)", "0"),
        ("Bilateral Surgery (50)", "1"),
        ("Physician Supervision", "09"),
        ("Assistant Surgeon (80, 82)", "2"),
        ("Co-Surgeons (62)", "0"),
        ("Team Surgery (66)", "0"),
        ("Diagnostic Imaging Family", "88"),
    ]
    assert fields["Bilateral Surgery (50)"][1] == "Both sides are paid with up to 150 percent of one."
    assert only("12345").columns == ["Field", "Value", "Meaning"]


def test_an_endoscopic_base_leads_to_its_code(site: Flask) -> None:
    given_rows.load({"mpfs": {("12345", ""): {**fee_rows.PHYSICIAN, "multiple": "3", "endoscopic_base": "12300"}}})
    assert only("12345").rows[-1][:2] == ["Endoscopic Base Code", Reference("cpt", "12300")]


def test_a_code_with_modifiers_only_shows_the_first_row(site: Flask) -> None:
    given_rows.load({"mpfs": {("12345", "26"): {**fee_rows.PHYSICIAN, "pctc": "6"}}})
    assert shown("12345")["Medicare Physician Fee Schedule, January 2026"]["PC/TC (26, TC)"][0] == "6"


def test_hospital_payment_is_told_with_its_amounts(site: Flask) -> None:
    row = {"status": "T", "apc": "5311", "weight": "10.9000", "rate": "1950.10", "minimum_copayment": "390.02"}
    given_rows.load({"opps": {("12345", ""): row}})
    assert given_rows.texts(only("12345")) == [
        ["APC Status Indicator", "T", "Procedure, reduced when there are several."],
        ["APC", "5311", "Ambulatory payment classification: the group it is paid in."],
        ["APC Relative Weight", "10.9000", ""],
        ["APC Payment Rate", "$1,950.10", "Hospital outpatient rate, national and unadjusted."],
        ["APC Minimum Copayment", "$390.02", "The least that the patient's share may be."],
    ]


@pytest.mark.parametrize(
    ("addenda", "value", "source"),
    [
        ({"asc-aa": "G2", "asc-bb": "N1"}, "G2", "ASC Addendum AA, January 2026"),
        ({"asc-bb": "Z2"}, "Z2", "ASC Addendum BB, January 2026"),
        ({"asc-aa": "N1", "asc-ee": ""}, "N1", "ASC Addendum AA, January 2026"),
        ({"asc-ee": ""}, "excluded", "ASC Addendum EE, January 2026"),
    ],
)
def test_the_first_addendum_with_the_code_counts(site: Flask, addenda: dict[str, str], value: str, source: str) -> None:
    given_rows.load(
        {
            dataset: {("12345", ""): {"excluded": "Y"} if dataset == "asc-ee" else {"indicator": indicator}}
            for dataset, indicator in addenda.items()
        }
    )
    tables = shown("12345")
    assert list(tables) == [source]
    assert tables[source]["ASC Payment Indicator"][0] == value


def test_a_surgical_center_is_told_rate_and_discount(site: Flask) -> None:
    given_rows.load({"asc-aa": {("12345", ""): {"discount": "Y", "indicator": "A2", "rate": "385.98"}}})
    fields = shown("12345")["ASC Addendum AA, January 2026"]
    assert fields["ASC Payment Rate"] == ("$385.98", "National and unadjusted.")
    assert fields["ASC Multiple Procedure Discount"][0] == "Y"


def test_a_level_two_code_shows_what_its_file_says(site: Flask) -> None:
    row = {
        "short": "Short",
        "long": "Long",
        "tos": "2 F",
        "betos": "P8D",
        "coverage": "D",
        "pricing": "11",
        "multiple_pricing": "A",
        "action": "N",
        "added": "19980101",
        "action_date": "20200101",
        "termination": "20261231",
        "cross_references": "G0106 12345 E02",
        "statute": "1833(t)",
        "cim": "60-9",
        "mcm": "2049 2130",
        "lab_certification": "340",
        "processing_note": "0088",
        "asc_group": "YY",
        "asc_date": "20080101",
        "anesthesia_units": "0",
    }
    given_rows.load({"hcpcs": {("G0105", ""): row}})
    block = only("G0105", "hcpcs")
    assert [row[:2] for row in given_rows.texts(block)] == [
        ["Type of Service (TOS)", "2"],
        ["Type of Service (TOS)", "F"],
        ["BETOS", "P8D"],
        ["Coverage", "D"],
        ["Pricing", "11"],
        ["Multiple Pricing", "A"],
        ["Action", "N"],
        ["Added on", "1 January 1998"],
        ["Action effective on", "1 January 2020"],
        ["Last usable day", "31 December 2026"],
        ["Cross Reference", "G0106"],
        ["Cross Reference", "12345"],
        ["Cross Reference", "E02"],
        ["Statute", "1833(t)"],
        ["Coverage Issues Manual (CIM)", "60-9"],
        ["Medicare Carriers Manual (MCM)", "2049"],
        ["Medicare Carriers Manual (MCM)", "2130"],
        ["Laboratory Certification", "340"],
        ["Processing Note", "0088"],
        ["ASC Group", "YY"],
    ]
    linked = [row[1] for row in block.rows if row[0] == "Cross Reference"]
    assert linked == [Reference("hcpcs", "G0106"), Reference("cpt", "12345"), "E02"]
    assert block.rows[-1][2] == "May be done in an ambulatory surgical center since 1 January 2008."


def test_base_units_of_anesthesia_are_told_where_there_are_any(site: Flask) -> None:
    given_rows.load({"hcpcs": {("G0105", ""): {"long": "Long", "anesthesia_units": "7"}}})
    assert given_rows.texts(only("G0105", "hcpcs")) == [
        ["Anesthesia Base Units", "7", "Units that the time units are added to."]
    ]


def test_groups_of_procedures_are_told(empty: Flask) -> None:
    family = {
        "id": "PX001M",
        "category": "P",
        "category_name": "",
        "subcategory_name": "Made-up part",
        "major": "M",
        "family": "001",
        "family_name": "Made-up family",
    }
    given_rows.load(
        {
            "rbcs": {("12345", ""): family},
            "ccs": {("12300", ""): {"last": "12399", "category": "7", "label": "Made-up class"}},
            "tos": {("12345", ""): {"tos": "2 8"}},
        }
    )
    assert shown("12345") == {
        "Type of service of procedures, January 2026": {
            "Type of Service (TOS)": ("8", "Assistant at surgery"),
        },
        "Restructured BETOS classification, January 2026": {
            "RBCS": ("PX001M", "Procedures: Made-up part"),
            "RBCS Family": ("001", "Made-up family"),
            "RBCS Major Indicator": ("M", "Major procedure"),
        },
        "CCS for services and procedures, January 2026": {"CCS": ("7", "Made-up class")},
    }


def test_a_level_two_code_takes_its_type_of_service_from_its_own_file(site: Flask) -> None:
    given_rows.load({"hcpcs": {("G0105", ""): {"tos": "2"}}, "tos": {("G0105", ""): {"tos": "9"}}})
    assert list(shown("G0105", "hcpcs")) == ["HCPCS Level II, January 2026"]


@pytest.mark.parametrize(("value", "told"), [("0", "Not chronic."), ("1", "Chronic."), ("9", "Not determined.")])
def test_a_diagnosis_is_told_to_be_chronic_or_not(site: Flask, value: str, told: str) -> None:
    given_rows.load({"ccir": {("E119", ""): {"indicator": value}}})
    assert given_rows.texts(only("E11.9", "icd-10-cm")) == [["Chronic Condition", value, told]]


def test_a_diagnosis_is_not_taken_for_a_procedure_of_the_same_letters(site: Flask) -> None:
    given_rows.load({"hcpcs": {("S5000", ""): {"long": "Made-up drug", "tos": "1"}}})
    assert information.blocks(given_rows.subject("S50.00", "icd-10-cm")) == []
    assert information.blocks(given_rows.subject("S5000", "hcpcs"))


def test_a_release_that_has_ended_says_so(site: Flask) -> None:
    given_rows.load({"opps": {("12345", ""): {"status": "N"}}}, last=date(2026, 3, 31))
    tables = shown("12345", day=date(2026, 4, 1))
    assert list(tables) == ["OPPS Addendum B, January 2026, ended 31 March 2026"]


def test_a_code_without_data_has_no_section(site: Flask) -> None:
    given_rows.load({"opps": {("12345", ""): {"status": "N"}}})
    assert information.blocks(given_rows.subject("12346", "cpt")) == []
    assert information.blocks(given_rows.subject("12345", "cpt", date(2025, 12, 31))) == []
