"""A claim as text: lines and diagnoses are read, what cannot be read is told by line, and findings become rows."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.codes.claims import lines
from webapp.codes.claims.model import Finding, Line, Report, Source

DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("45378, 1, 59, 2026-03-01", Line(1, "45378", 1, ("59",), DAY)),
        ("g0105,2,,3/1/2026", Line(1, "G0105", 2, (), DAY)),
        ("45378, 3, 59 lt, 2026-03-01", Line(1, "45378", 3, ("59", "LT"), DAY)),
        ("45378, , 59, XS, 2026-03-01", Line(1, "45378", 1, ("59", "XS"), DAY)),
        ("45378\t1\t59:59\t2026-03-01", Line(1, "45378", 1, ("59",), DAY)),
        ('45378,1,"59,LT",2026-03-01', Line(1, "45378", 1, ("59", "LT"), DAY)),
        ("45378, 1, 2026-03-01", Line(1, "45378", 1, (), DAY)),
    ],
)
def test_a_line_is_code_units_modifiers_and_day(text: str, line: Line) -> None:
    assert lines.parse(text) == lines.Lines((line,), ())


def test_what_is_left_out_has_a_default() -> None:
    assert lines.parse("45378", DAY).lines == (Line(1, "45378", 1, (), DAY),)


def test_lines_keep_their_numbers_in_the_text() -> None:
    text = "Code, Units, Modifiers, Date\n\n45378,1,,2026-03-01\r\n  \n45380,1,59,2026-03-01\n"
    assert [(line.number, line.code) for line in lines.parse(text).lines] == [(3, "45378"), (5, "45380")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("4537, 1, , 2026-03-01", "'4537' is no procedure code"),
        ("=cmd(), 1, , 2026-03-01", "is no procedure code"),
        ("45378, 0, , 2026-03-01", "'0' is no number of units"),
        ("45378, 1.5, , 2026-03-01", "'1.5' is no number of units"),
        ("45378, 100000, , 2026-03-01", "'100000' is no number of units"),
        ("45378, 1, 590, 2026-03-01", "'590' is no modifier"),
        ("45378, 1, 25 26 59 LT RT, 2026-03-01", "5 modifiers are given"),
        ("45378, 1, 59, 2026-02-30", "2026-02-30 is no date"),
        ("45378, 1, 59, 1899-02-03", "1899-02-03 lies before"),
        ("45378, 1, 59, 2026-03-01, 2026-03-02", "Two dates of service"),
        ("45378, 1, 59", "The date of service is missing"),
    ],
)
def test_a_line_that_cannot_be_read_is_told(text: str, words: str) -> None:
    found = lines.parse(f"45380, 1, , 2026-03-01\n{text}")
    assert [line.code for line in found.lines] == ["45380"]
    (error,) = found.errors
    assert (error.number, error.text) == (2, text)
    assert words in error.message


def test_no_more_lines_are_read_than_can_be_checked() -> None:
    found = lines.parse("45378,1,,2026-03-01\n" * (lines.MOST_LINES + 50))
    assert len(found.lines) == lines.MOST_LINES
    assert [error.number for error in found.errors] == [lines.MOST_LINES + 1]


@given(st.text(string.printable + "ÄΩ\0\x85\u2028", max_size=200))
def test_any_text_is_read_or_told(text: str) -> None:
    found = lines.parse(text, DAY)
    assert len(found.lines) + len(found.errors) <= len(text.splitlines())
    lines.parse_diagnoses(text)


def test_diagnoses_are_parted_by_anything() -> None:
    codes, errors = lines.parse_diagnoses("E11.9, e119;\nS52.501A E10.9 X")
    assert codes == ("E119", "S52501A", "E109")
    assert errors == ("X has not the shape of an ICD-10-CM code.",)


def test_findings_become_rows() -> None:
    source = Source("mue-practitioner", "Units", "Q3 2026", DAY)
    finding = Finding("mue", "error", (1, 3), ("45378",), "Too many.", "Fewer.", source)
    rows = list(lines.csv_rows(Report([finding, Finding("code", "note", (), ("E119",), "Well.")])))
    assert rows == [
        list(lines.COLUMNS),
        ["error", "Medically unlikely units", "1 3", "45378", "Too many.", "Fewer.", "Units", "Q3 2026"],
        ["note", "Valid code", "", "E119", "Well.", "", "", ""],
    ]
