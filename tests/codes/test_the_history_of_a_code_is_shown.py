"""The section “History”: what changed in a code and its rows, by release, the newest first."""

from __future__ import annotations

from datetime import date

from flask import Flask
from sqlalchemy import event, select

from tests.codes import given_rows, tabular
from tests.codes.given_rows import DAY, texts
from webapp.codes import loader
from webapp.codes.facts import history
from webapp.codes.models import Code
from webapp.extensions import db, transaction

APRIL, JULY, OCTOBER = date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)
LATE = date(2026, 12, 31)


def of(key: str, system: str = "cpt", day: date = LATE) -> list[list[str]]:
    code_id = db.session.scalar(select(Code.id).where(Code.key == key)) or 0
    blocks = history.blocks(given_rows.subject(key, system, day, code_id))
    return texts(blocks[0]) if blocks else []


def fee(**changed: str) -> dict[str, str]:
    return {"status": "A", "work": "1.00", "non_facility_pe": "2.00", "facility_pe": "1.00", "mp": "0.10", **changed}


def test_what_a_release_changed_is_told_with_old_and_new(empty: Flask) -> None:
    given_rows.load({"mpfs": {("10001", ""): fee(factor="32"), ("10001", "26"): fee()}})
    given_rows.load(
        {"mpfs": {("10001", ""): fee(factor="33"), ("10001", "26"): fee(work="1.10", mp="")}}, APRIL, name="April 2026"
    )
    given_rows.load(
        {"mpfs": {("10001", ""): fee(status="N"), ("10001", "26"): fee(work="1.10", mp="")}}, JULY, name="July 2026"
    )
    name = "Medicare Physician Fee Schedule"
    assert of("10001") == [
        ["1 July 2026", f"{name}, July 2026", "Status A → N"],
        ["1 April 2026", f"{name}, April 2026", "Row 26: work RVU 1.00 → 1.10; malpractice RVU 0.10 → none"],
    ]


def test_what_is_there_from_the_first_release_on_is_no_change(empty: Flask) -> None:
    given_rows.load({"opps": {("10001", ""): {"status": "S"}}})
    assert of("10001") == []


def test_rows_that_come_and_go_are_told(empty: Flask) -> None:
    unlikely = {"value": "1", "indicator": "2"}
    given_rows.load({"mue-practitioner": {("10009", ""): unlikely}})
    given_rows.load({"mue-practitioner": {("10001", ""): unlikely, ("10009", ""): unlikely}}, APRIL, name="April 2026")
    given_rows.load({"mue-practitioner": {("10009", ""): unlikely}}, JULY, name="July 2026")
    given_rows.load(
        {"mue-practitioner": {("10001", ""): unlikely, ("10009", ""): unlikely}}, OCTOBER, name="October 2026"
    )
    assert [(row[0], row[2]) for row in of("10001")] == [
        ("1 October 2026", "Listed again."),
        ("1 July 2026", "Listed no more."),
        ("1 April 2026", "Added."),
    ]


def test_a_day_knows_nothing_of_later_changes(empty: Flask) -> None:
    given_rows.load({"opps": {("10001", ""): {"status": "S", "rate": "10.00"}}})
    given_rows.load({"opps": {("10001", ""): {"status": "S", "rate": "11.00"}}}, APRIL, name="April 2026")
    given_rows.load({"opps": {}}, JULY, name="July 2026")
    assert of("10001", day=DAY) == []
    assert [row[2] for row in of("10001", day=APRIL)] == ["Payment rate 10.00 → 11.00"]
    assert [row[2] for row in of("10001", day=JULY)] == ["Listed no more.", "Payment rate 10.00 → 11.00"]


def test_level_two_codes_have_the_publishers_dates(empty: Flask) -> None:
    first = {"added": "20200101", "action_date": "20250401", "action": "C"}
    given_rows.load({"hcpcs": {("G0001", ""): first}})
    last = {**first, "action_date": "20260401", "action": "D", "termination": "20260331"}
    given_rows.load(
        {
            "hcpcs": {
                ("G0001", ""): last,
                ("G0002", ""): {"added": "20260401", "action_date": "20260401", "action": "A"},
            }
        },
        APRIL,
        name="April 2026",
    )
    given_rows.load({"hcpcs": {("G0001", ""): {**last, "action": "N"}}}, JULY, name="July 2026")
    assert of("G0001", "hcpcs") == [
        ["1 April 2026", "HCPCS Level II, April 2026", "Action D: Code or modifier discontinued."],
        ["31 March 2026", "HCPCS Level II, April 2026", "Last usable day of the code."],
        ["1 April 2025", "HCPCS Level II, January 2026", "Action C: Long description changed."],
        ["1 January 2020", "HCPCS Level II, January 2026", "Code added."],
    ]
    assert [row[2] for row in of("G0002", "hcpcs")] == ["Code added."]
    assert of("G00.02", "icd-10-cm") == []  # a diagnosis with the same characters


def test_versions_of_a_code_tell_titles_notes_and_ends(catalogue: Flask) -> None:
    with transaction():
        loader.load(tabular.later_listing())
    later = date(2027, 1, 1)
    changed = {key: of(key, "icd-10-cm", later) for key in db.session.scalars(select(Code.key))}
    told = {key: rows for key, rows in changed.items() if rows}
    assert ["1 October 2026", "Title: Dragon fever, unspecified → Dragon fever NOS"] in [
        [row[0], row[2]] for row in told["A00.9"]
    ]
    assert told["A00.9"][0][1].startswith("icd-10-cm, ")
    said = [row[2] for rows in told.values() for row in rows]
    assert said.count("Code added.") == 1
    assert said.count("Code ended; its last valid day was 30 September 2026.") == 2
    added = next(key for key, rows in told.items() if "Code added." in [row[2] for row in rows])
    given_rows.load({"hcpcs": {("G0002", ""): {"added": "20200101"}}})  # a publisher's own day counts instead
    subject = given_rows.subject(
        "G0002", "hcpcs", later, db.session.scalar(select(Code.id).where(Code.key == added)) or 0
    )
    rows = texts(history.blocks(subject)[0])
    assert [row[0] for row in rows if row[2] == "Code added."] == ["1 January 2020"]


def test_a_history_takes_three_queries(catalogue: Flask) -> None:
    given_rows.load({"opps": {("10001", ""): {"status": "S"}}})
    subject = given_rows.subject("10001", "cpt", LATE, 1)
    statements: list[str] = []
    listen = (db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(*listen)
    try:
        history.blocks(subject)
    finally:
        event.remove(*listen)
    assert len(statements) == 3
