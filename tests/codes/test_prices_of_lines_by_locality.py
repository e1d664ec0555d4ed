"""Prices of lines read from the datasets: rows, caps, localities, anesthesia, and what has no price."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from tests.codes import given_rows
from tests.codes.given_rows import DAY
from webapp.codes.prices import lines, service
from webapp.codes.prices.service import Prices
from webapp.extensions import db

HERE, THERE = "9990001", "9990002"


def mpfs(work: str, outside: str, inside: str, mp: str, **changed: str) -> dict[str, str]:
    totals = [str(Decimal(work) + Decimal(pe) + Decimal(mp)) for pe in (outside, inside)]
    return {
        "status": "A",
        "work": work,
        "non_facility_pe": outside,
        "facility_pe": inside,
        "mp": mp,
        "non_facility_total": totals[0],
        "facility_total": totals[1],
        "pctc": "0",
        "multiple": "0",
        "bilateral": "0",
        "assistant": "0",
        "co_surgeons": "0",
        "team": "0",
        "factor": "10",
        **changed,
    }


def place(name: str, work: str, pe: str, mp: str, state: str = "ZZ") -> dict[str, str]:
    return {"mac": "99900", "state": state, "locality": "01", "name": name, "work": work, "pe": pe, "mp": mp}


MPFS = {
    ("10001", ""): mpfs("2", "3", "1", "0.5"),
    ("10002", ""): mpfs("1", "1", "1", "1", status="N"),
    ("10003", ""): mpfs("0", "0", "0", "0", status="C"),
    ("10004", ""): mpfs("0", "0", "0", "0", status="R"),
    ("10005", ""): mpfs("2", "0", "1", "1", non_facility_na="NA"),
    ("00101", ""): mpfs("0", "0", "0", "0", status="J"),
    ("70001", ""): mpfs("1", "8", "8", "1", pctc="1", facility_na="NA"),
    ("70001", "26"): mpfs("1", "1", "1", "0.5", pctc="1"),
    ("70001", "TC"): mpfs("0", "7", "7", "0.5", pctc="1", facility_na="NA"),
    ("20000", ""): mpfs("4", "2", "1", "1", multiple="2"),
    ("20001", ""): mpfs("6", "2", "1", "1", multiple="3", endoscopic_base="20000"),
    ("20002", ""): mpfs("7", "2", "1", "1", multiple="3", endoscopic_base="20000"),
    ("20002", "53"): mpfs("3", "1", "0.5", "0.5", multiple="3", endoscopic_base="20000"),
}
CAP = {"status": "A", "mac": "99900", "locality": "01"}
TABLES = {
    "mpfs": MPFS,
    "mpfs-qpp": {("10001", ""): mpfs("2", "3", "1", "0.5", factor="11")},
    "gpci": {
        (HERE, ""): place("Here", "1", "1.1", "0.9"),
        (THERE, ""): place("There", "1.5", "1", "1", state="AA"),
    },
    "anesthesia": {(HERE, ""): {"mac": "99900", "locality": "01", "name": "Here", "factor": "20.45"}},
    "oppscap": {
        ("70001", "99900 01"): {**CAP, "facility": "60.00", "non_facility": "60.00"},
        ("70001", "TC 99900 01"): {**CAP, "facility": "900.00", "non_facility": "900.00"},
    },
}


@pytest.fixture
def fees(empty: Flask) -> Flask:
    given_rows.load(TABLES, last=date(2026, 3, 31))
    return empty


def ask(text: str, *places: str, day: date = DAY, qualifying: bool = False) -> Prices:
    read = lines.read(text)
    assert read.problems == []
    return service.prices(read.lines, places or (HERE,), day, qualifying=qualifying)


def amounts(result: Prices) -> list[tuple[str, str]]:
    """The amounts of each line in each place, outside a facility and inside."""
    return [
        (str(quote.non_facility.amount), str(quote.facility.amount))
        for answer in result.answers
        for quote in answer.quotes
    ]


def test_a_line_is_priced_in_each_locality(fees: Flask) -> None:
    result = ask("10001", HERE, THERE, "national")
    assert amounts(result) == [("57.50", "35.50"), ("65.00", "45.00"), ("55.00", "35.00")]
    assert result.answers[0].quotes[0].facility.steps[0].formula == "(2 × 1 + 1 × 1.1 + 0.5 × 0.9) × 10 = 35.50"
    assert [total.facility for total in result.totals] == [Decimal("35.50"), Decimal("45.00"), Decimal("35.00")]


def test_sources_are_named_with_their_end(fees: Flask) -> None:
    assert ask("10001").sources == [
        "Medicare Physician Fee Schedule, January 2026",
        "Geographic practice cost indices, January 2026",
    ]
    assert ask("10001", day=date(2026, 5, 1)).sources[0].endswith("January 2026, ended 2026-03-31")
    assert len(ask("70001\n00101, 5").sources) == 4


def test_qualifying_participants_have_their_own_factor(fees: Flask) -> None:
    assert amounts(ask("10001", "national", qualifying=True)) == [("60.50", "38.50")]


def test_a_day_before_all_files_has_no_prices(fees: Flask) -> None:
    result = ask("10001", day=date(2025, 12, 31))
    assert result.answers == []
    assert result.problems == ["Medicare Physician Fee Schedule: no file of this day is loaded."]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("99999", "The code is unknown to the fee schedule of this day."),
        ("10002", "Not paid by relative value units: status N – Not covered by Medicare."),
        ("10003", "Not paid by relative value units: status C"),
        ("10004", "The fee schedule gives no relative value units"),
        ("10001-26", "Modifier 26 does not go with this code: PC/TC indicator 0"),
        ("70001-26 TC", "Modifiers 26 and TC do not stand on one line"),
        ("10001, 1.5", "Units of this code are whole numbers."),
        ("00101", "Anesthesia is paid by base units and time units together"),
    ],
)
def test_a_line_without_a_price_says_why(fees: Flask, text: str, problem: str) -> None:
    result = ask(text + "\n10001")
    assert result.answers[0].problem.startswith(problem)
    assert result.answers[0].quotes == []
    assert result.answers[1].problem == ""
    assert (result.totals[0].open_facility, result.totals[0].facility) == (1, Decimal("35.50"))


def test_an_unknown_locality_is_named(fees: Flask) -> None:
    result = ask("10001", "0000000", HERE)
    assert result.problems == ["There is no payment locality '0000000' on this day."]
    assert amounts(result) == [("57.50", "35.50")]


def test_what_is_not_done_in_a_setting_has_no_price_there(fees: Flask) -> None:
    result = ask("10005", "national")
    assert amounts(result) == [("None", "40.00")]
    assert result.answers[0].quotes[0].non_facility.steps[0].reason.startswith("NA:")
    assert (result.totals[0].open_non_facility, result.totals[0].open_facility) == (1, 0)


def test_components_have_rows_of_their_own_and_images_a_cap(fees: Flask) -> None:
    result = ask("70001\n70001-26\n70001-TC")
    assert amounts(result) == [("60.00", "None"), ("25.50", "25.50"), ("81.50", "None")]
    assert result.answers[0].quotes[0].non_facility.steps[0].formula.endswith("= 107.00; OPPS cap 60.00 is lower")
    assert [answer.row for answer in result.answers] == ["", "26", "TC"]


def test_a_cap_that_is_not_published_is_reckoned_from_its_units(fees: Flask) -> None:
    units = {"opps_non_facility_pe": "4", "opps_facility_pe": "4", "opps_mp": "0.5"}
    given_rows.load(
        {"mpfs": {("70001", ""): {**MPFS["70001", ""], **units}}}, first=date(2026, 4, 1), name="April 2026"
    )
    assert amounts(ask("70001", HERE, THERE, day=date(2026, 4, 1))) == [("60.00", "None"), ("60.00", "None")]


def test_anesthesia_is_paid_by_units_and_the_place(fees: Flask) -> None:
    result = ask("00101, 12.5", HERE, THERE)
    assert amounts(result) == [("255.63", "255.63"), ("None", "None")]
    assert result.answers[0].quotes[0].facility.steps[0].formula == "12.5 × 20.45 = 255.63"


def test_a_discontinued_procedure_has_its_row(fees: Flask) -> None:
    assert amounts(ask("20002-53", "national")) == [("45.00", "40.00")]


def test_endoscopies_lose_their_base_that_is_not_on_the_claim(fees: Flask) -> None:
    assert amounts(ask("20001\n20002", "national")) == [("20.00", "20.00"), ("100.00", "90.00")]


def test_many_lines_and_places_take_four_queries(fees: Flask) -> None:
    statements: list[str] = []
    listen = (db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(*listen)
    try:
        ask("10001\n20001\n20002\n70001\n00101, 5\n99999", HERE, THERE, "national")
    finally:
        event.remove(*listen)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 4


def test_localities_are_listed_by_state(fees: Flask) -> None:
    assert [(each.key, each.state, each.name) for each in service.localities(DAY)] == [
        (THERE, "AA", "There"),
        (HERE, "ZZ", "Here"),
    ]


def test_an_export_has_a_row_for_each_line_place_and_setting(fees: Flask) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(service.HEADER)
    writer.writerows(service.csv_rows(ask("10001, 2, 59\n99999", HERE, "national")))
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert [(row["Locality"], row["Setting"], row["Amount"]) for row in rows] == [
        ("Here", "Non-facility", "115.00"),
        ("Here", "Facility", "71.00"),
        ("National", "Non-facility", "110.00"),
        ("National", "Facility", "70.00"),
        ("", "", ""),
    ]
    assert rows[0]["Units"] == "2"
    assert "2 × 57.50 = 115.00: Units. | No payment rule is computed for 59." in rows[0]["How it is reckoned"]
    assert rows[4]["Problem"].startswith("The code is unknown")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("45385", ("45385", None, ())),
        (" g0105 , 2 ", ("G0105", Decimal(2), ())),
        ("45385, 1, 51 59", ("45385", Decimal(1), ("51", "59"))),
        ("45385-26", ("45385", None, ("26",))),
        ("45385 26, 2, lt", ("45385", Decimal(2), ("26", "LT"))),
        ("45385,,26", ("45385", None, ("26",))),
        ("0123T, 12.5", ("0123T", Decimal("12.5"), ())),
    ],
)
def test_lines_are_read(text: str, expected: tuple[str, Decimal | None, tuple[str, ...]]) -> None:
    [line] = lines.read(f"\n{text}\n").lines
    assert (line.number, (line.code, line.units, line.modifiers)) == (2, expected)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("E11.9", "Line 1: 'E11.9' is no CPT or HCPCS code."),
        (", 2", "Line 1: '' is no CPT or HCPCS code."),
        ("45385, 0", "Line 1: units must be 1 or more."),
        ("45385, 0.5", "Line 1: units must be 1 or more."),
        ("45385, -1", "Line 1: '-1' is neither units nor a modifier."),
        ("45385, 1, 5", "Line 1: '5' is neither units nor a modifier."),
        ("45385, 1, 51 52 53 54 55", "Line 1: a line has at most 4 modifiers."),
        ("45385, 99999", "Line 1: '99999' is neither units nor a modifier."),
    ],
)
def test_lines_that_cannot_be_read_are_told(text: str, problem: str) -> None:
    assert lines.read(text) == lines.Read([], [problem])


def test_more_lines_than_are_priced_are_told() -> None:
    read = lines.read("45385\n" * 102)
    assert len(read.lines) == 100
    assert read.problems == ["Line 101 and those after it are left out: at most 100 are priced."]


@settings(max_examples=50)
@given(st.text(alphabet="0459AGT-,. \n\t½²", max_size=60))
def test_any_text_is_read_or_told(text: str) -> None:
    read = lines.read(text)
    assert len(read.lines) + len(read.problems) == sum(1 for line in text.splitlines() if line.strip())
