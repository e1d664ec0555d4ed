"""HCPCS Level II files become codes, modifiers and their details, whichever of the two layouts they come in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.codes import level_two
from tests.codes.level_two import CODES, Code, text_file
from tests.codes.workbooks import table
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import hcpcs
from webapp.codes.importers.files import SourceFile, open_source
from webapp.codes.listing import Entry, Listing

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "hcpcs"
LAYOUTS = pytest.mark.parametrize("file", [text_file(), level_two.book()], ids=["text", "workbook"])
LIST = [
    ["Code", "Description", "Group_Code", "Category_name"],
    ["A0001", "Made-up cart", "A", "Carts"],
    ["V0001", "Made-up eye, left", "V", "Eyes"],
    ["V0002", "Made-up eye, right Terminated March 31, 2024.", "V", "Eyes"],
    ["V0003", "Made-up lens Terminated Smarch 32, 2024.", "V", "Eyes"],
]


def listing_of(parsed: Parsed) -> Listing:
    assert parsed.listing is not None
    return parsed.listing


def entries(parsed: Parsed) -> dict[str, Entry]:
    return {entry.key: entry for entry in listing_of(parsed).entries}


def row(parsed: Parsed, code: str, dataset: str = "hcpcs") -> dict[str, str]:
    """A code's values that are not empty, by column."""
    rows = next(table.rows for table in parsed.tables if table.dataset == dataset)
    return {name: text for name, text in zip(DATASETS[dataset].columns, rows[code, ""], strict=True) if text}


@LAYOUTS
def test_every_field_has_its_column(file: SourceFile) -> None:
    assert row(hcpcs.read(file, Given()), "A0001") == {
        "short": "Dragon cart",
        "long": level_two.LONG_TEXT,
        "pricing": "00",
        "multiple_pricing": "9",
        "cim": "60-9",
        "mcm": "2130A 2049",
        "statute": "1862 SSA",
        "lab_certification": "140 220",
        "coverage": "C",
        "betos": "Z2",
        "tos": "1 P",
        "anesthesia_units": "0",
        "added": "19860101",
        "action_date": "20261001",
        "action": "A",
    }


def test_both_layouts_give_the_same() -> None:
    text, book = hcpcs.read(text_file(), Given()), hcpcs.read(level_two.book(), Given())
    assert [table.rows for table in text.tables] == [table.rows for table in book.tables]
    assert [entry.digest() for entry in listing_of(text).entries] == [
        entry.digest() for entry in listing_of(book).entries
    ]


@LAYOUTS
def test_modifiers_are_a_table_of_their_own(file: SourceFile) -> None:
    parsed = hcpcs.read(file, Given())
    assert [table.dataset for table in parsed.tables] == ["hcpcs", "hcpcs-modifiers"]
    assert row(parsed, "A1", "hcpcs-modifiers")["long"] == "Made-up wing, left"
    assert "A1" not in entries(parsed)


@LAYOUTS
def test_codes_stand_below_their_letter_in_the_publishers_order(file: SourceFile) -> None:
    found = entries(hcpcs.read(file, Given()))
    assert list(found) == ["a-codes", "A0000-A0099", "A0001", "A0002", "A0004", "v-codes", "V0000-V0099", "V0001"]
    assert (found["a-codes"].kind, found["a-codes"].billable) == ("block", False)
    assert found["a-codes"].title == "A codes: ambulance, supplies, radiopharmaceuticals"
    assert (found["V0001"].kind, found["V0001"].billable, found["V0001"].parent) == ("code", True, found["V0000-V0099"])
    assert found["V0001"].title == "Made-up eye of a basilisk"
    assert [child.key for child in found["A0000-A0099"].children] == ["A0001", "A0002", "A0004"]


@LAYOUTS
def test_a_code_that_ended_before_the_release_is_told_of_but_not_listed(file: SourceFile) -> None:
    parsed = hcpcs.read(file, Given())
    assert "A0003" not in entries(parsed)
    assert row(parsed, "A0003")["termination"] == "20260930"
    assert entries(parsed)["A0004"].billable, "it ends within the quarter"


def test_pieces_of_a_description_are_joined_by_one_blank() -> None:
    text = "Made-up " + "wagon " * 40 + "ride"
    parsed = hcpcs.read(text_file([*CODES, Code("V0002", text, "Ride")]), Given())
    assert len(level_two.lines([Code("V0002", text, "Ride")])) == 4
    assert entries(parsed)["V0002"].title == text


def test_a_line_that_only_goes_on_may_be_some_blanks_short() -> None:
    records = level_two.lines()
    at = next(number for number, line in enumerate(records) if line[10] == "4")
    records[at] = records[at][:316]
    assert entries(hcpcs.read(level_two.of_lines(records), Given()))["A0001"].title == level_two.LONG_TEXT


def test_a_sheet_may_go_on_in_a_second_row() -> None:
    rows = level_two.rows()
    going_on = ["V0001", "0020", "4", "that looks away", *[""] * 44]
    parsed = hcpcs.read(level_two.workbooks.workbook([*rows, going_on], level_two.BOOK_NAME), Given())
    assert entries(parsed)["V0001"].title == "Made-up eye of a basilisk that looks away"


def test_codes_that_are_not_level_two_are_left_out_with_their_texts() -> None:
    others = [Code("D0001", "Made-up text one", "One"), Code("0001F", "Made-up text two", "Two")]
    parsed = hcpcs.read(text_file([*CODES, *others]), Given())
    assert parsed.refused == [
        "line 15: D0001 is no Level II code, left out",
        "line 16: 0001F is no Level II code, left out",
    ]
    assert "Made-up text" not in repr([parsed.tables, listing_of(parsed).entries])


def test_every_record_counts_as_read() -> None:
    assert hcpcs.read(text_file(), Given()).read == 9
    assert hcpcs.read(level_two.book(), Given()).read == 7


def test_a_list_of_codes_and_descriptions_leaves_the_details_open() -> None:
    parsed = hcpcs.read(table(LIST, "codes_2025-11.csv"), Given())
    assert (parsed.release, parsed.valid_from, parsed.valid_to) == (
        "November 2025",
        date(2025, 11, 1),
        date(2025, 12, 31),
    )
    assert [each.dataset for each in parsed.tables] == ["hcpcs"]
    assert row(parsed, "V0001") == {"long": "Made-up eye, left"}
    assert row(parsed, "V0002") == {"long": "Made-up eye, right", "termination": "20240331"}
    assert list(entries(parsed)) == ["a-codes", "A0000-A0099", "A0001", "v-codes", "V0000-V0099", "V0001", "V0003"]
    assert parsed.read == 4


@pytest.mark.parametrize(
    ("name", "given", "release", "first", "last"),
    [
        ("HCPC2026_OCT_ANWEB.txt", Given(), "October 2026", date(2026, 10, 1), date(2026, 12, 31)),
        ("HCPC2026_OCT_ANWEB_v2.txt", Given(), "October 2026", date(2026, 10, 1), date(2026, 12, 31)),
        ("hcpc2026_oct_anweb_09232026.txt", Given(), "October 2026", date(2026, 10, 1), date(2026, 12, 31)),
        ("HCPC2026_CONTR_ANWEB.txt", Given(), "January 2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("hcpcs.txt", Given("Autumn", date(2026, 11, 5)), "Autumn", date(2026, 11, 5), date(2026, 12, 31)),
        ("anweb.txt", Given(effective=date(2026, 10, 1)), "October 2026", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_release_is_named_after_its_first_day(name: str, given: Given, release: str, first: date, last: date) -> None:
    parsed = hcpcs.read(text_file(name=name), given)
    listing = listing_of(parsed)
    assert (parsed.release, parsed.valid_from, parsed.valid_to) == (release, first, last)
    assert (listing.release, listing.valid_from, listing.valid_to) == (release, first, last)
    assert (listing.system, listing.source, listing.file_name) == ("hcpcs", "hcpcs", name)


@pytest.mark.skipif(not SHARED.exists(), reason="the publishers' files are not beside this project")
@pytest.mark.parametrize(
    ("name", "read", "counts", "listed"),
    [
        ("2019/HCPC2019_CONTR_ANWEB.txt", 11_622, {"hcpcs": 6_440, "hcpcs-modifiers": 360}, 6_440 - 506),
        ("2020/HCPC2020_OCT_ANWEB.xlsx", 7_197, {"hcpcs": 6_825, "hcpcs-modifiers": 371}, 6_825 - 619),
        ("2025/hcpcs_level2_long_2025-11.csv", 8_463, {"hcpcs": 8_463}, 8_463 - 1_205),
    ],
)
def test_the_publishers_own_file_is_read_whole(name: str, read: int, counts: dict[str, int], listed: int) -> None:
    parsed = hcpcs.read(open_source(SHARED / name), Given())
    assert parsed.read == read
    assert {table.dataset: len(table.rows) for table in parsed.tables} == counts
    assert sum(entry.billable for entry in listing_of(parsed).entries) == listed
    assert parsed.refused == []
    assert entries(parsed)["G0105"].title.startswith("Colorectal cancer screening; colonoscopy")
