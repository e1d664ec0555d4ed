"""The section “Add-on and primary codes”: both directions, with what Medicare pays the other code by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from tests.codes import fee_rows, given_rows
from webapp.codes.document import Block, Reference
from webapp.codes.facts import addons

DAY = date(2026, 4, 1)
EDIT = {"type": "1", "effective": "20140101"}


@pytest.fixture
def site(app: Flask) -> Iterator[Flask]:
    """An application without any release, on SQLite, with its context."""
    with app.app_context():
        yield app


def both(addon: str, primary: str, **values: str) -> dict[str, given_rows.Given]:
    """Return an edit as the two datasets hold it."""
    edit = {**EDIT, **values}
    part = f"{edit['type']} {edit['effective']}"
    return {
        "aoc": {(addon, f"{primary} {part}"): {**edit, "other": primary}},
        "aoc-primary": {(primary, f"{addon} {part}"): {**edit, "other": addon}},
    }


def shown(key: str, day: date = DAY) -> list[Block]:
    return addons.blocks(given_rows.subject(key, "hcpcs" if key[0].isalpha() else "cpt", day))


def test_a_primary_code_lists_its_add_on_codes_with_their_payment(empty: Flask) -> None:
    given_rows.load(
        {
            **both("12346", "12345", type="3"),
            "mpfs": {("12346", ""): fee_rows.PHYSICIAN},
            "opps": {("12346", ""): {"status": "N"}},
            "asc-aa": {("12346", ""): {"indicator": "N1"}},
        }
    )
    [block] = shown("12345")
    assert block.columns == ["Add-on code", "MPFS status", "APC", "ASC", "Type", "In force since"]
    told = "3: Some primary codes are named; the contractor may allow more."
    assert block.rows == [[Reference("cpt", "12346"), "A", "N", "N1", told, "1 January 2014"]]
    assert block.source.split("; ") == [
        "NCCI add-on code edits, by primary code, January 2026",
        "Medicare Physician Fee Schedule, January 2026",
        "OPPS Addendum B, January 2026",
        "ASC Addendum AA, January 2026",
    ]
    assert [f"{each.dataset}, {each.name}" for each in block.releases] == block.source.split("; ")
    assert {(each.first, each.last) for each in block.releases} == {("2026-01-01", "")}


def test_an_add_on_code_lists_its_primary_codes(site: Flask) -> None:
    given_rows.load({**both("G0513", "12345", notes="Made-up note"), "asc-ee": {("12345", ""): {"excluded": "Y"}}})
    [block] = shown("G0513")
    assert block.columns[0] == "Primary code"
    assert given_rows.texts(block) == [
        ["12345", "", "", "excluded", "1: All its primary codes are named. Made-up note", "1 January 2014"]
    ]
    [of_primary] = shown("12345")
    assert of_primary.rows[0][0] == Reference("hcpcs", "G0513")


@pytest.mark.parametrize(
    ("indicators", "told"),
    [
        ({"asc-aa": "A2", "asc-bb": "Z2"}, "A2"),
        ({"asc-bb": "Z2"}, "Z2"),
    ],
)
def test_the_surgical_center_indicator_is_the_first_addendum_s(
    site: Flask, indicators: dict[str, str], told: str
) -> None:
    given_rows.load(
        {**both("12346", "12345"), **{key: {("12346", ""): {"indicator": each}} for key, each in indicators.items()}}
    )
    assert shown("12345")[0].rows[0][3] == told


@pytest.mark.parametrize("column", ["deletion", "addon_deletion", "primary_deletion"])
def test_what_is_deleted_before_the_day_is_left_out(site: Flask, column: str) -> None:
    given_rows.load(both("12346", "12345", **{column: "20260401"}))
    assert len(shown("12345")) == len(shown("12346")) == 1
    assert shown("12345", date(2026, 4, 2)) == shown("12346", date(2026, 4, 2)) == []


def test_an_edit_is_left_out_before_it_begins(site: Flask) -> None:
    given_rows.load(both("12346", "12345", effective="20260401"))
    assert shown("12345", date(2026, 3, 31)) == []
    assert len(shown("12345")) == 1


def test_an_edit_made_anew_is_shown_once(site: Flask) -> None:
    given_rows.load(
        {
            "aoc-primary": {
                ("12345", "12346 1 20140101"): {**EDIT, "other": "12346", "deletion": "20201231"},
                ("12345", "12346 1 20220101"): {**EDIT, "other": "12346", "effective": "20220101"},
            }
        }
    )
    assert [row[-1] for row in shown("12345")[0].rows] == ["1 January 2022"]


def test_the_contractor_decides_where_no_primary_code_is_named(site: Flask) -> None:
    edit = {**EDIT, "type": "2", "other": "CCCCC", "notes": "Contractor Defined Primary Codes"}
    given_rows.load({"aoc": {("12346", "CCCCC 2 20140101"): edit}})
    [block] = shown("12346")
    assert block.html == "<p>The contractor decides which procedures this add-on code may be billed with.</p>"
    assert block.source == "NCCI add-on code edits, January 2026"


def test_the_contractor_may_add_to_those_that_are_named(site: Flask) -> None:
    given_rows.load(
        {
            "aoc": {
                ("12346", "12345 3 20140101"): {**EDIT, "type": "3", "other": "12345"},
                ("12346", "CCCCC 3 20140101"): {**EDIT, "type": "3", "other": "CCCCC"},
            }
        }
    )
    said, table = shown("12346")
    assert said.html == "<p>The contractor may allow further primary codes.</p>"
    assert [str(row[0]) for row in table.rows] == ["12345"]


def test_a_code_may_be_both(site: Flask) -> None:
    given_rows.load(
        {
            "aoc": {("12346", "12345 1 20140101"): {**EDIT, "other": "12345"}},
            "aoc-primary": {("12346", "12347 1 20140101"): {**EDIT, "other": "12347"}},
        }
    )
    assert [(block.columns[0], str(block.rows[0][0])) for block in shown("12346")] == [
        ("Add-on code", "12347"),
        ("Primary code", "12345"),
    ]


def test_a_diagnosis_has_none(site: Flask) -> None:
    given_rows.load(both("S5001", "S5000"))
    assert addons.blocks(given_rows.subject("S50.00", "icd-10-cm", DAY)) == []
    assert shown("S5000")
