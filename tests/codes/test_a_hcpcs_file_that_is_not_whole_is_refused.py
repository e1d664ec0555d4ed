"""A HCPCS Level II file that is broken off, garbled, re-ordered or of another quarter changes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.codes import level_two
from tests.codes.level_two import CODES, Code, text_file
from tests.codes.test_hcpcs_files_become_codes import LIST
from tests.codes.workbooks import table, workbook
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import hcpcs
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused

TEXT = text_file()
BOOK = level_two.book()
NAME = level_two.TEXT_NAME


def complaint_of(file: SourceFile, about: Given | None = None) -> str:
    with pytest.raises(FileRefused) as refusal:
        hcpcs.read(file, about or Given())
    return refusal.value.message


def changed(change: Callable[[str], str]) -> SourceFile:
    return SourceFile(NAME, change(TEXT.data.decode("latin-1")).encode("latin-1"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: "", "holds no code"),
        (lambda text: text[: text.index("   A1")], "holds no code"),
        (lambda text: text[:-60], "line 14 breaks off: 262 characters, and not 320"),
        (lambda text: text[: text.index("A0001002004") + 60], "line 9 breaks off: 60 characters"),
        (lambda text: text.replace("A000100100", "A00010010", 1), "line 8: no record of the HCPCS file begins"),
        (lambda text: text.replace("A0002", "A0OO2", 1), "line 11: 'A0OO2' is no code of HCPCS Level II"),
        (lambda text: text.replace("   A1", "   A?", 1), "line 6: no record of the HCPCS file begins"),
        (lambda text: text.replace("   ZZ", "   Z?", 1), "line 7: no record of the HCPCS file begins"),
        (lambda text: text.replace("A0002", "A0001", 1), "line 11: A0001 stands in the file twice"),
        (lambda text: text.replace("A0001002004", "A0002002004"), "the description of 'A0002' goes on"),
        (lambda text: text.replace("A0001002004", "A0001002008"), "the description of 'A0001' goes on"),
        (lambda text: text.replace("A0001003004", "A0001004004"), "line 10: the description of 'A0001' goes on"),
        (lambda text: text.replace("Made-up saddle  ", " " * 16, 1), "line 11: A0002 has no description"),
        (lambda text: text.replace("20261001", "20261301"), "line 8: ACT EFF DT (position 277) cannot be '20261301'"),
        (lambda text: text.replace("20081231", "2008    "), "TERM DT (position 285) cannot be '2008'"),
        (lambda text: text.replace("00      9", "0       9", 1), "PRICE1 (position 120) cannot be '0'"),
        (lambda text: text.replace("Saddle ", "Saddle", 1), "line 11"),
        (lambda text: text.replace("\r\nA0003", "x\r\nA0003"), "line 11: 321 characters, and not 320"),
    ],
)
def test_a_text_file_is_refused_by_line(change: Callable[[str], str], complaint: str) -> None:
    message = complaint_of(changed(change))
    assert complaint in message
    assert NAME in message


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda rows: rows[10].__setitem__(30, "COVERAGE"), "row 11: column 31 is 'COVERAGE', and 'COV' is wanted"),
        (lambda rows: rows[10].pop(7), "row 11: column 8 is 'PRICE4', and 'PRICE3' is wanted"),
        (lambda rows: rows[12].__setitem__(2, "5"), "row 13: RECID cannot be '5'"),
        (lambda rows: rows[12].__setitem__(1, ""), "row 13: SEQNUM cannot be ''"),
        (lambda rows: rows[13].__setitem__(0, "1"), "line 14: '1' is no code of HCPCS Level II"),
        (lambda rows: rows[13].append("more"), "row 14: 49 cells, and not 48"),
        (lambda rows: rows[13].__setitem__(46, "soon"), "row 14: TERM DT (position 285) cannot be 'soon'"),
        (lambda rows: rows.pop(10), "and 'HCPC' is wanted there"),
    ],
)
def test_a_workbook_is_refused_by_row_and_column(change: Callable[[list[list[str]]], object], complaint: str) -> None:
    rows = level_two.rows()
    change(rows)
    assert complaint in complaint_of(workbook(rows, level_two.BOOK_NAME))


@pytest.mark.parametrize(
    ("column", "text", "complaint"),
    [
        (1, "Text", "column 2 is 'Text', and 'Description' is wanted there"),
        (2, "Group", "column 3 is 'Group', and 'Group_Code' is wanted there"),
    ],
)
def test_a_list_whose_columns_are_in_doubt_is_refused(column: int, text: str, complaint: str) -> None:
    heading = [*LIST[0]]
    heading[column] = text
    assert complaint in complaint_of(table([heading, *LIST[1:]], "codes_2025-11.csv"))


def test_a_list_that_puts_a_code_below_another_letter_is_refused() -> None:
    message = complaint_of(table([*LIST, ["E0001", "Made-up bed", "V", "Eyes"]], "codes_2025-11.csv"))
    assert message == "codes_2025-11.csv, row 6: E0001 is none of the group 'V'."


@pytest.mark.parametrize(
    ("name", "about", "complaint"),
    [
        ("codes.txt", Given(), "codes.txt does not tell its first day; give it with --effective"),
        (NAME, Given(effective=date(2026, 9, 30)), "is valid from 2026-10-01 to 2026-12-31; 2026-09-30 is none of it"),
        ("HCPC2027_OCT_ANWEB.txt", Given(), "ends with changes of 20261001: it is of an earlier release"),
        ("HCPC2027_JAN_ANWEB.txt", Given(), "ends with changes of 20261001: it is of an earlier release"),
        ("HCPC2026_JUL_ANWEB.txt", Given(), "tells of changes on 20261001: it is of a later release"),
        ("codes.txt", Given(effective=date(2025, 10, 1)), "tells of changes on 20261001: it is of a later release"),
    ],
)
def test_a_file_of_another_quarter_is_refused(name: str, about: Given, complaint: str) -> None:
    assert complaint in complaint_of(text_file(name=name), about)


def test_a_title_of_another_year_is_refused() -> None:
    assert "is titled 2025, and not 2026" in complaint_of(level_two.book(year=2025))


def test_one_change_of_a_later_day_among_many_is_no_other_quarter() -> None:
    many = [Code(f"E{number:04}", "Made-up bed", "Bed") for number in range(300)]
    later = CODES[-1].but(ACT_EFF_DT="20270101")
    assert hcpcs.read(text_file([*CODES[:-1], *many, later]), Given()).read == 309


def read_or_refuse(data: bytes, name: str) -> None:
    with contextlib.suppress(FileRefused):
        assert hcpcs.read(SourceFile(name, data), Given()).tables


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(TEXT.data)), st.integers(0, 700), st.binary(max_size=20))
def test_a_garbled_text_file_is_read_or_refused(place: int, gone: int, garbage: bytes) -> None:
    read_or_refuse(TEXT.data[:place] + garbage + TEXT.data[place + gone :], NAME)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_csv_with_columns_changed_about_is_read_or_refused(data: st.DataObject) -> None:
    rows = level_two.rows()[10:]
    order = data.draw(st.permutations(range(48))) if data.draw(st.booleans()) else range(48)
    cells = [[row[at] for at in order] for row in rows]
    row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 47))
    cells[row][column] = data.draw(st.text(st.characters(codec="utf-8"), max_size=12))
    read_or_refuse(table(cells).data, "HCPC2026_OCT_ANWEB.csv")


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 300), st.binary(max_size=20))
def test_a_garbled_workbook_is_read_or_refused(place: int, gone: int, garbage: bytes) -> None:
    read_or_refuse(BOOK.data[:place] + garbage + BOOK.data[place + gone :], level_two.BOOK_NAME)
