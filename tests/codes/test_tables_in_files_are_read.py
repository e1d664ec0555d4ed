"""csv files and workbooks become rows of text, whatever wrote them; what is broken is refused."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.codes.workbooks import table, workbook
from webapp.codes.importers import sheets
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import find_header, records, rows_of
from webapp.codes.listing import FileRefused

ROWS = [["A title"], [], ["Code", "Name"], ["A1", "One"], ["A2", "Two"]]
BOOK = workbook(ROWS)


def repacked(file: SourceFile, change: Callable[[str, bytes], bytes]) -> SourceFile:
    """The workbook with its members changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file.data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, change(member, old.read(member)))
    return SourceFile(file.name, stream.getvalue())


def sheet_xml(body: str) -> SourceFile:
    """A workbook whose only sheet has these rows, as XML."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<worksheet xmlns="{space}"><dimension ref="A1"/><sheetData>{body}</sheetData></worksheet>'
    return repacked(BOOK, lambda name, data: text.encode() if name == "xl/worksheets/sheet1.xml" else data)


def test_rows_of_csv_keep_their_place_and_lose_their_outer_blanks() -> None:
    assert rows_of(table([[" a ", "b"], [], ["", "c,\nd"]])) == [["a", "b"], [], ["", "c,\nd"]]


def test_rows_of_a_workbook_are_as_wide_as_the_widest() -> None:
    assert rows_of(BOOK) == [["A title", ""], ["", ""], ["Code", "Name"], ["A1", "One"], ["A2", "Two"]]


def test_a_workbook_is_known_by_its_content() -> None:
    assert rows_of(SourceFile("named.csv", BOOK.data)) == rows_of(BOOK)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("é,’".encode(), "é"),
        ("\ufeffé,’".encode(), "é"),
        ("é,’".encode("cp1252"), "é"),
        (b"\xe9,\x81", "é"),
    ],
    ids=["utf-8", "utf-8 with its mark", "windows-1252", "latin-1"],
)
def test_every_byte_has_a_letter(data: bytes, text: str) -> None:
    assert rows_of(SourceFile("x.csv", data))[0][0] == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12, "12"),
        (12.0, "12"),
        (32.3465, "32.3465"),
        (0.1 + 0.2, "0.3"),
        (1.5e-7, "0.00000015"),
        (date(2026, 4, 1), "20260401"),
        (datetime(2026, 4, 1, 12), "20260401"),
        (True, "TRUE"),
        ("00100", "00100"),
        (" a_x000D_\nb ", "a\nb"),
        (None, ""),
    ],
)
def test_a_cell_is_text_as_a_spreadsheet_shows_it(value: object, text: str) -> None:
    assert rows_of(workbook([["x", value]]))[0] == (["x", text] if text else ["x"])


def test_a_sheet_is_found_by_its_name() -> None:
    file = workbook({"First": [["1"]], "Addendum BB": [["2"]]})
    assert rows_of(file) == [["1"]]
    assert rows_of(file, "addendum bb") == [["2"]]
    with pytest.raises(FileRefused, match=r"no sheet 'third' among 'first', 'addendum bb'"):
        rows_of(file, "Third")


def test_another_delimiter_may_part_the_cells() -> None:
    assert rows_of(table([["a", "b"]], delimiter="\t"), delimiter="\t") == [["a", "b"]]


def test_what_a_workbook_says_of_its_size_is_not_believed() -> None:
    body = '<row r="2"><c r="B2" t="inlineStr"><is><t>here</t></is></c></row>'
    assert rows_of(sheet_xml(body)) == [["", ""], ["", "here"]]


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        (SourceFile("x.csv", b""), "x.csv is empty"),
        (SourceFile("x.csv", b"\r\n , \r\n"), "x.csv is empty"),
        (workbook([[]]), "table.xlsx is empty"),
        (SourceFile("x.csv", b'a,b\n1,"broken off'), "x.csv, line 2: unexpected end of data"),
        (SourceFile("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1"), "save it as xlsx or csv"),
        (SourceFile("x.xlsx", BOOK.data[:-40]), "x.xlsx is no whole workbook"),
        (SourceFile("x.xlsx", b"PK\x03\x04"), "x.xlsx is no whole workbook"),
        (sheet_xml("<row><c"), "is no whole workbook"),
        (sheet_xml('<row r="99999999"><c r="A99999999"><v>1</v></c></row>'), "more rows or cells"),
        (repacked(BOOK, lambda _, data: b'<!DOCTYPE a [<!ENTITY b "c">]>' + data), "declares a document type"),
    ],
    ids=lambda value: "" if isinstance(value, SourceFile) else value,
)
def test_what_is_no_whole_table_is_refused(file: SourceFile, complaint: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        rows_of(file)
    assert complaint in refusal.value.message


def test_a_workbook_that_unpacks_to_very_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "LARGEST_FILE", 100_000)
    bomb = sheet_xml(f"<!--{' ' * 1_000_000}-->")
    assert len(bomb.data) < 100_000
    with pytest.raises(FileRefused, match="unpacks to more"):
        rows_of(bomb)


def test_a_sheet_of_very_many_empty_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_CELLS", 20_000)
    wide = '<row r="{0}"><c r="XFD{0}"><v>1</v></c></row>'
    with pytest.raises(FileRefused, match="more rows or cells"):
        rows_of(sheet_xml(wide.format(1) + wide.format(2)))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(BOOK.data)), st.integers(0, len(BOOK.data)), st.binary(max_size=20))
@example(0, len(BOOK.data), b"")
def test_a_damaged_workbook_is_read_or_refused(first: int, last: int, garbage: bytes) -> None:
    with contextlib.suppress(FileRefused):
        assert rows_of(SourceFile("x.xlsx", BOOK.data[:first] + garbage + BOOK.data[last:]))


def test_a_heading_is_found_below_its_titles() -> None:
    rows = [["Title"], ["HCPCS Code", "July CY 2020\nPayment  Rate", ""], ["A1", "2", ""]]
    file = SourceFile("x.csv", b"")
    assert find_header(rows, ("hcpcs code", "*payment rate"), file) == 1
    assert find_header(rows, ("HCPCS Code",), file, more=True) == 1


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        (("Code", "Title"), "x.csv, row 3: column 2 is 'Name', and 'Title' is wanted there"),
        (("Code",), "x.csv, row 3: column 2 is 'Name', and the end is wanted there"),
        (("Code", "Name", "Date"), "x.csv, row 3: column 3 is empty, and 'Date' is wanted there"),
        (("Key", "Name"), "x.csv, row 1: column 1 is 'A title', and 'Key' is wanted there"),
    ],
)
def test_another_heading_is_told_by_its_first_column_that_differs(wanted: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        find_header(ROWS, wanted, SourceFile("x.csv", b""))
    assert complaint in refusal.value.message


def test_records_are_the_rows_below_the_heading_that_hold_something() -> None:
    rows = [["Code", "Name"], ["A1", "", ""], [], ["", ""], ["A2", "Two"]]
    assert list(records(rows, 0, 2, SourceFile("x.csv", b""))) == [(2, ["A1", ""]), (5, ["A2", "Two"])]


@pytest.mark.parametrize(("row", "cells"), [(["A1"], 1), (["A1", "", "more"], 3)])
def test_a_record_of_another_width_is_refused(row: list[str], cells: int) -> None:
    with pytest.raises(FileRefused, match=f"x.csv, row 2: {cells} cells, and not 2"):
        list(records([["Code", "Name"], row], 0, 2, SourceFile("x.csv", b"")))
