"""The table of place of service codes, as csv or workbook; what is not whole is refused."""

from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.codes.workbooks import table, workbook
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import pos
from webapp.codes.importers.files import SourceFile, open_source
from webapp.codes.listing import FileRefused

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "pos"
HEADING = ["pos_code", "pos_type", "pos_name", "pos_description"]
ROWS = [
    ["01", "Non-Facility", "Cave", "A made-up place, dark, where dragons are seen."],
    ["21", "Facility", "Castle", "A made-up place\nwith towers."],
]
NAME = "pos-2026-01.csv"
WHOLE = table([HEADING, *ROWS], NAME).data


@pytest.mark.parametrize("file", [table([HEADING, *ROWS], NAME), workbook([["Title"], HEADING, *ROWS], NAME)])
def test_a_place_has_a_type_a_name_and_a_description(file: SourceFile) -> None:
    parsed = pos.read(file, Given())
    assert parsed.tables[0].dataset == "pos"
    assert parsed.tables[0].rows == {
        ("01", ""): ("Non-Facility", "Cave", "A made-up place, dark, where dragons are seen."),
        ("21", ""): ("Facility", "Castle", "A made-up place with towers."),
    }
    assert (parsed.read, parsed.refused) == (2, [])


@pytest.mark.parametrize(
    ("name", "about", "release", "first"),
    [
        ("pos-2026-01.csv", Given(), "January 2026", date(2026, 1, 1)),
        ("pos_20260115.csv", Given(), "January 2026", date(2026, 1, 15)),
        ("pos.csv", Given(effective=date(2024, 10, 1)), "October 2024", date(2024, 10, 1)),
        ("pos-2026-01.csv", Given("Winter", date(2026, 2, 1)), "Winter", date(2026, 2, 1)),
    ],
)
def test_a_release_has_a_first_day_and_no_last(name: str, about: Given, release: str, first: date) -> None:
    parsed = pos.read(SourceFile(name, WHOLE), about)
    assert (parsed.release, parsed.valid_from, parsed.valid_to) == (release, first, None)


@pytest.mark.parametrize("name", ["pos.csv", "pos-2026-02-30.csv", "pos-1234567.csv"])
def test_without_a_date_it_is_refused(name: str) -> None:
    with pytest.raises(FileRefused, match="does not tell its first day; give it with --effective"):
        pos.read(SourceFile(name, WHOLE), Given())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("pos_name", "name", "row 1: column 3 is 'name', and 'pos_name' is wanted there"),
        ("pos_type,pos_name", "pos_name,pos_type", "row 1: column 2 is 'pos_name', and 'pos_type' is wanted there"),
        ("01,", "1,", "row 2: '1' is no place of service, which has two digits"),
        ("21,", "01,", "row 3: 01 stands in the file twice"),
        ("21,Facility", "21,Castle", "row 3: pos_type is 'Castle', and neither Facility nor Non-Facility"),
        (",Castle,", ",,", "row 3: 21 has no name"),
        ('with towers."', "with", "line 4: unexpected end of data"),
        ("01,Non-Facility,Cave", "01,Cave", "row 2: 3 cells, and not 4"),
    ],
)
def test_a_table_that_is_not_whole_is_refused_by_row(old: str, new: str, complaint: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        pos.read(SourceFile(NAME, WHOLE.decode().replace(old, new, 1).encode()), Given())
    assert complaint in refusal.value.message


def test_a_heading_alone_is_refused() -> None:
    with pytest.raises(FileRefused, match="holds no place of service"):
        pos.read(table([HEADING], NAME), Given())


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)), st.binary(max_size=12))
def test_a_garbled_table_is_read_or_refused(place: int, gone: int, garbage: bytes) -> None:
    with contextlib.suppress(FileRefused):
        assert pos.read(SourceFile(NAME, WHOLE[:place] + garbage + WHOLE[place + gone :]), Given()).read


@pytest.mark.skipif(not SHARED.exists(), reason="the publishers' files are not beside this project")
def test_the_publishers_own_table_is_read_whole() -> None:
    parsed = pos.read(open_source(SHARED / "place_of_service.csv"), Given(effective=date(2025, 1, 1)))
    assert (parsed.read, len(parsed.tables[0].rows)) == (52, 52)
    assert parsed.tables[0].rows["21", ""][:2] == ("Facility", "Inpatient Hospital")
