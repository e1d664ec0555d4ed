"""The general equivalence mappings in both directions and layouts, and the titles of ICD-9-CM."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from hypothesis import given as over
from hypothesis import settings

from tests.codes import garbling
from webapp.codes.datasets import loading, reading
from webapp.codes.datasets.parsed import Given, Rows
from webapp.codes.importers import gem
from webapp.codes.importers.files import SourceFile, open_source
from webapp.extensions import transaction

REAL = garbling.SHARED / "gem"
FROM_TEN = (
    "A000    0010  00000\r\n"
    "A1802   01520 10111\r\n"
    "A1802   01580 10111\r\n"
    "A1802   01580 10121\r\n"
    "R402130 NoDx  11000\r\n"
    "Z9989   V468  10000\r\n"
)
FROM_NINE = "0010  A000    00000\nV9192 O30829  10000\n66602 O720    10111\n66602 O720    10112\n36570 NoDx    11000\n"
CSV_FROM_TEN = (
    '"icd10cm","icd9cm","flags","approximate","no_map","combination","scenario","choice_list"\n'
    '"A000","0010","00000",0,0,0,0,0\n'
    '"A1802","01520","10111",1,0,1,1,1\n'
    '"A1802","01580","10111",1,0,1,1,1\n'
    '"A1802","01580","10121",1,0,1,2,1\n'
    '"R402130","NoDx","11000",1,1,0,0,0\n'
    '"Z9989","V468","10000",1,0,0,0,0\n'
)
CSV_FROM_NINE = (
    '"icd9cm","icd10cm","flags","approximate","no_map","combination","scenario","choice_list"\n'
    '"0010","A000",0,0,0,0,0,0\n'
    '"V9192","O30829","10000",1,0,0,0,0\n'
    '"66602","O720","10111",1,0,1,1,1\n'
    '"66602","O720","10112",1,0,1,1,2\n'
    '"36570","NoDx","11000",1,1,0,0,0\n'
)
TITLES = "0010  A made-up title\nV9192 Friedländer's made-up title \nE0000 Another\n"


def rows(text: str, name: str) -> tuple[str, Rows]:
    (table,) = gem.read(SourceFile(name, text.encode("cp1252")), Given()).tables
    return table.dataset, table.rows


def test_from_icd_10_a_row_stands_under_its_source() -> None:
    assert rows(FROM_TEN, "2018_I10gem.txt") == (
        "gem-10to9",
        {
            ("A000", "0010 0 0"): ("0010", "0", "0", "0", "0", "0"),
            ("A1802", "01520 1 1"): ("01520", "1", "0", "1", "1", "1"),
            ("A1802", "01580 1 1"): ("01580", "1", "0", "1", "1", "1"),
            ("A1802", "01580 2 1"): ("01580", "1", "0", "1", "2", "1"),
            ("R402130", "no map"): ("", "1", "1", "0", "0", "0"),
            ("Z9989", "V468 0 0"): ("V468", "1", "0", "0", "0", "0"),
        },
    )


def test_from_icd_9_a_row_stands_under_its_target() -> None:
    assert rows(FROM_NINE, "2018_I9gem.txt") == (
        "gem-9to10",
        {
            ("A000", "0010 0 0"): ("0010", "0", "0", "0", "0", "0"),
            ("O30829", "V9192 0 0"): ("V9192", "1", "0", "0", "0", "0"),
            ("O720", "66602 1 1"): ("66602", "1", "0", "1", "1", "1"),
            ("O720", "66602 1 2"): ("66602", "1", "0", "1", "1", "2"),
            ("36570", "no map"): ("", "1", "1", "0", "0", "0"),
        },
    )


def test_csv_says_the_same_as_the_fixed_layout() -> None:
    assert rows(CSV_FROM_TEN, "icd10cmtoicd9gem_nber2018.csv") == rows(FROM_TEN, "2018_I10gem.txt")
    assert rows(CSV_FROM_NINE, "icd9toicd10cmgem_nber2018.csv") == rows(FROM_NINE, "2018_I9gem.txt")


def test_a_mapping_holds_from_its_fiscal_year_on() -> None:
    done = gem.read(SourceFile("2018_I9gem.txt", FROM_NINE.encode()), Given())
    assert (done.release, str(done.valid_from), done.valid_to, done.read) == ("FY 2018", "2017-10-01", None, 5)


def test_titles_keep_their_letters() -> None:
    assert rows(TITLES, "CMS32_DESC_LONG_DX.txt") == (
        "icd9-titles",
        {
            ("0010", ""): ("A made-up title",),
            ("V9192", ""): ("Friedländer's made-up title",),
            ("E0000", ""): ("Another",),
        },
    )
    done = gem.read(SourceFile("CMS32_DESC_LONG_DX.txt", TITLES.encode("cp1252")), Given())
    assert (str(done.valid_from), done.valid_to) == ("2014-10-01", None)


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (FROM_TEN, "2018_I9gem.txt", "maps from ICD-10, which is not what its name says"),
        (CSV_FROM_NINE, "icd10cmtoicd9gem_nber2018.csv", "maps from ICD-9, which is not what its name says"),
        (FROM_TEN.replace("A1802   01520", "A1802  01520"), "2018_I10gem.txt", "line 2: 'A1802  01520 10111' is no"),
        (
            FROM_TEN.replace("R402130 NoDx  11000", "R402130 NoDx  10000"),
            "2018_I10gem.txt",
            "does not go with the flags",
        ),
        (FROM_TEN.replace("V468  10000", "V468  11000"), "2018_I10gem.txt", "line 6: the target 'V468' does not go"),
        (FROM_TEN.replace("10121", "10111"), "2018_I10gem.txt", "line 4: A1802 01580 1 1 stands in the file twice"),
        (FROM_TEN.replace("10121", "90121"), "2018_I10gem.txt", "line 4: '90121' is no row of five flags"),
        (FROM_TEN.replace(" 0010 ", " X010 "), "2018_I10gem.txt", "line 1: 'X010' is no target"),
        (FROM_TEN[:-5], "2018_I10gem.txt", "its last line has no end"),
        (CSV_FROM_TEN.replace('"scenario"', '"case"'), "gem2018.csv", "column 7 is 'case', and 'scenario' is wanted"),
        (CSV_FROM_TEN.replace('"00000",0', '"00000",1'), "gem2018.csv", "row 2: the flags are '00000' together"),
        (CSV_FROM_TEN.replace(",1,0,1,2,1", ",1,0,1"), "gem2018.csv", "row 5: 6 cells, and not 8"),
        (FROM_TEN, "I10gem.txt", "--effective"),
        ("0010A title\n", "CMS32_DESC_LONG_DX.txt", "line 1: '0010A title' is no code and title"),
        ("0010  A title\n0010  A title\n", "CMS32_DESC_LONG_DX.txt", "line 2: 0010 stands in the file twice"),
        ("0010  A title\n0011  A ti", "CMS32_DESC_LONG_DX.txt", "its last line has no end"),
        ("", "2018_I10gem.txt", "is empty"),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole(text: str, name: str, told: str) -> None:
    assert told in garbling.refusal(gem.read, SourceFile(name, text.encode()))


def test_a_day_of_another_year_than_the_name_is_refused() -> None:
    file = SourceFile("2018_I10gem.txt", FROM_TEN.encode())
    assert "does not lie" in garbling.refusal(gem.read, file, Given(effective=date(2018, 10, 1)))


@pytest.mark.parametrize("text", [FROM_TEN, FROM_NINE, CSV_FROM_TEN, CSV_FROM_NINE])
def test_a_garbled_mapping_does_no_harm(text: str) -> None:
    @over(garbling.garbled(text.encode()))
    @settings(max_examples=50, deadline=None)
    def run(data: bytes) -> None:
        garbling.is_refused_or_fit_to_store(gem.read, SourceFile("gem2018.txt", data), Given())

    run()


@over(garbling.garbled(TITLES.encode(), b" "))
@settings(max_examples=50, deadline=None)
def test_garbled_titles_do_no_harm(data: bytes) -> None:
    garbling.is_refused_or_fit_to_store(gem.read, SourceFile("CMS32_DESC_LONG_DX.txt", data), Given())


def test_both_directions_are_found_by_the_icd_10_code(empty: Flask) -> None:
    for name, text in {"2018_I10gem.txt": FROM_TEN, "2018_I9gem.txt": FROM_NINE}.items():
        file = SourceFile(name, text.encode())
        with transaction():
            loading.load(file, gem.read(file, Given()))
    facts = reading.facts("A000", date(2026, 1, 1))
    assert [row["other"] for dataset in ("gem-10to9", "gem-9to10") for row in facts.rows(dataset)] == ["0010", "0010"]


@pytest.mark.skipif(not REAL.exists(), reason=garbling.ABSENT)
@pytest.mark.parametrize(
    ("name", "dataset", "count", "unmapped"),
    [
        ("2013_I10gem.txt", "gem-10to9", 78_838, 669),
        ("2013_I9gem.txt", "gem-9to10", 23_912, 425),
        ("icd10cmtoicd9gem_nber2018.csv", "gem-10to9", 78_838, 669),
        ("icd9toicd10cmgem_nber2018.csv", "gem-9to10", 23_912, 425),
        ("CMS32_DESC_LONG_DX.txt", "icd9-titles", 14_567, 0),
    ],
)
def test_the_publishers_files_are_read_whole(name: str, dataset: str, count: int, unmapped: int) -> None:
    done = gem.read(open_source(REAL / name), Given())
    (table,) = done.tables
    assert (table.dataset, done.read, len(table.rows), done.refused) == (dataset, count, count, [])
    assert sum(part == "no map" for _, part in table.rows) == unmapped
