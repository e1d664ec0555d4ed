"""NCCI's add-on code edits, from CMS's text and workbook."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from tests.codes import garbling, ncci_files
from webapp.codes.datasets import loading, reading
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import aoc
from webapp.codes.importers.files import SourceFile, open_source
from webapp.extensions import transaction

REAL = garbling.SHARED / "ncci" / "AOC_V2026Q2-MCR.xlsx"
BOOK = ncci_files.aoc_workbook().data


def parsed(file: SourceFile | None = None, given: Given | None = None) -> Parsed:
    return aoc.read(file or ncci_files.aoc(), given or Given())


def test_the_quarter_is_in_the_name() -> None:
    done = parsed()
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("Q2 2026", "2026-04-01", "2026-06-30")
    last = parsed(ncci_files.aoc(name="AOC_V2026Q4-MCR.txt"))
    assert str(last.valid_to) == "2026-12-31"


def test_an_edit_stands_under_its_add_on_and_under_its_primary_code() -> None:
    addons, primaries = parsed().tables
    assert addons.rows["49327", "45397 1 20130401"] == ("1", "45397", "20130401", "", "", "", "")
    assert primaries.rows["45397", "49327 1 20130401"] == ("1", "49327", "20130401", "", "", "", "")


def test_days_of_the_year_become_dates() -> None:
    row = parsed().tables[0].rows["49327", "44970 1 20130401"]
    assert row == ("1", "44970", "20130401", "20201231", "", "20201231", "A made-up manual, chapter 1")
    assert parsed().tables[0].rows["G0289", "29880 3 20130401"][3:5] == ("20241231", "20241231")


def test_an_edit_that_was_deleted_and_made_anew_is_two_rows() -> None:
    assert [part for code, part in parsed().tables[1].rows if code == "44970"] == [
        "49327 1 20130401",
        "49327 1 20220101",
    ]


def test_codes_that_the_contractor_names_stand_under_the_add_on_only() -> None:
    addons, primaries = parsed().tables
    assert addons.rows["0054T", "CCCCC 2 20130401"][1] == "CCCCC"
    assert len(addons.rows) == parsed().read == 5
    assert len(primaries.rows) == 4


def test_workbook_and_text_say_the_same() -> None:
    book, text = parsed(ncci_files.aoc_workbook()), parsed()
    assert [table.rows for table in book.tables] == [table.rows for table in text.tables]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("\tPrimary_Code\t", "\tPrimary\t", "row 2: column 4 is 'Primary', and 'Primary_Code' is wanted"),
        ("\t45397\t", "\t4539\t", "row 4: '4539' is no code"),
        ("1\t49327\t\t45397", "4\t49327\t\t45397", "row 4: '4' is no edit type"),
        ("2022001", "2022366", "row 6: '2022366' is no date"),
        ("2022001", "2013091", "row 6: 49327 44970 1 20130401 stands in the file twice"),
        ("2022001", "", "row 6: the edit has no first day"),
        ("\tA note\r\n", "\tA no", "last line has no end"),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole(old: str, new: str, told: str) -> None:
    changed = ncci_files.AOC.replace(old, new, 1)
    assert told in garbling.refusal(aoc.read, ncci_files.aoc(changed))


def test_a_file_without_rows_is_refused() -> None:
    alone = "\r\n".join((ncci_files.AOC_HEADER, ""))
    assert "no row" in garbling.refusal(aoc.read, ncci_files.aoc(alone))
    assert "empty" in garbling.refusal(aoc.read, ncci_files.aoc(""))


def test_a_day_outside_of_the_quarter_in_the_name_is_refused() -> None:
    told = garbling.refusal(aoc.read, ncci_files.aoc(), Given(effective=date(2026, 7, 1)))
    assert "is of Q2 2026, in which 2026-07-01 does not lie" in told


def test_a_name_without_a_quarter_needs_a_day() -> None:
    file = ncci_files.aoc(name="addons.txt")
    assert "--effective" in garbling.refusal(aoc.read, file)
    done = parsed(file, Given("Spring", date(2026, 4, 10)))
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("Spring", "2026-04-10", "2026-06-30")


@over(garbling.garbled(ncci_files.AOC.encode(), b"\t"))
@settings(max_examples=50, deadline=None)
def test_a_garbled_text_does_no_harm(data: bytes) -> None:
    garbling.is_refused_or_fit_to_store(aoc.read, SourceFile("AOC_V2026Q2-MCR.txt", data), Given())


@over(st.data())
@settings(max_examples=50, deadline=None)
def test_a_garbled_workbook_does_no_harm(data: st.DataObject) -> None:
    broken = data.draw(garbling.garbled(BOOK))
    garbling.is_refused_or_fit_to_store(aoc.read, SourceFile("AOC_V2026Q2-MCR.xlsx", broken), Given())


def test_the_add_ons_of_a_primary_code_are_found(empty: Flask) -> None:
    file = ncci_files.aoc()
    with transaction():
        loading.load(file, parsed(file))
    facts = reading.facts("45397", date(2026, 5, 1))
    assert [row["other"] for row in facts.rows("aoc-primary")] == ["49327"]
    assert reading.facts("45397", date(2026, 3, 31)).rows("aoc-primary") == []
    assert len(reading.facts("49327", date(2026, 5, 1)).rows("aoc")) == 3


@pytest.mark.skipif(not REAL.exists(), reason=garbling.ABSENT)
def test_the_publishers_file_is_read_whole() -> None:
    done = aoc.read(open_source(REAL), Given())
    addons, primaries = done.tables
    assert (done.read, len(addons.rows), done.refused) == (9_000, 9_000, [])
    assert len({code for code, _ in addons.rows}) == 830
    assert sum(bool(row[3]) for row in addons.rows.values()) == 1_260
    assert len(primaries.rows) == 9_000 - 55
    assert [row[1] for (code, _), row in primaries.rows.items() if code == "45397"] == ["49327"]
