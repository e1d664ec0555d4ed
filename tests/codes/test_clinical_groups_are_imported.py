"""AHRQ's groups of diagnoses: the CCSR as published and as copied, its categories, and the chronic conditions."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from tests.codes import garbling
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import ccsr
from webapp.codes.importers.files import SourceFile, open_source

REAL = garbling.SHARED / "ccsr"
PUBLISHED = (
    "'ICD-10-CM CODE','ICD-10-CM CODE DESCRIPTION','Default CCSR CATEGORY IP','Default CCSR CATEGORY DESCRIPTION IP',"
    "'Default CCSR CATEGORY OP','Default CCSR CATEGORY DESCRIPTION OP',"
    + ",".join(f"'CCSR CATEGORY {at}','CCSR CATEGORY {at} DESCRIPTION'" for at in range(1, 7))
    + ",'Rationale for Default Assignment'\n"
    "'A000',\"Made-up fever, first\",'DIG001',Made-up gut,'DIG001',Made-up gut,"
    "'DIG001',Made-up gut,'INF003',Made-up germs,' ',,' ',,' ',,' ',,06 Gut\n"
    "'C8190',Someone's made-up disease,'NEO057',Growths,'XXX000','No, none','NEO057',Growths,"
    "' ',,' ',,' ',,' ',,' ',,02 Growths\n"
).replace("'No, none'", '"No, none"')
COPIED = (
    "I10_DX,I10DX_text,default_CCSR_IP,default_CCSR_OP,CCSR1,CCSR2,CCSR3,CCSR4,CCSR5,CCSR6\n"
    'A000,"Made-up fever, first",DIG001,DIG001,DIG001,INF003,,,,\n'
    "C8190,Someone's made-up disease,NEO057,XXX000,NEO057,,,,,\n"
)
CATEGORIES = (
    "CCSR,CCSR_desc,First3,I10DX_Chapter\n"
    'DIG001,"Made-up gut, first",DIG,Diseases of a made-up gut\n'
    "InvlDX,Nothing known,Inv,NA\n"
)
CHRONIC = (
    '"A title of AHRQ, first",,\nA second title,,\n'
    "'ICD-10-CM CODE','ICD-10-CM CODE DESCRIPTION','CHRONIC INDICATOR'\n"
    "'A000','Made-up fever, first','0'\n"
    "'E119',\"Made-up sugar, second\",'1'\n"
    "'Z9989','Unknown',9\n"
)


def read(text: str, name: str, given: Given | None = None) -> Parsed:
    return ccsr.read(SourceFile(name, text.encode()), given or Given())


def test_a_code_is_in_each_of_its_categories() -> None:
    done = read(PUBLISHED, "DXCCSR_v2026-1.csv")
    (table,) = done.tables
    assert (table.dataset, done.read) == ("ccsr", 2)
    assert table.rows == {
        ("A000", "DIG001"): ("DIG001", "DIG001", "DIG001"),
        ("A000", "INF003"): ("INF003", "DIG001", "DIG001"),
        ("C8190", "NEO057"): ("NEO057", "NEO057", "XXX000"),
    }


def test_a_copy_says_the_same() -> None:
    copied, published = read(COPIED, "DXCCSR_v2022-1.from_rda.csv"), read(PUBLISHED, "DXCCSR_v2022-1.csv")
    assert copied.tables[0].rows == published.tables[0].rows


def test_the_first_version_of_a_year_begins_with_the_fiscal_year() -> None:
    done = read(COPIED, "DXCCSR_v2022-1.csv")
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("v2022-1", "2021-10-01", "2022-09-30")


def test_a_later_version_needs_a_day() -> None:
    file = SourceFile("DXCCSR_v2021-2.csv", COPIED.encode())
    assert "no first version of its year" in garbling.refusal(ccsr.read, file)
    done = ccsr.read(file, Given(effective=date(2021, 4, 1)))
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("v2021-2", "2021-04-01", "2021-09-30")
    assert "does not lie" in garbling.refusal(ccsr.read, file, Given(effective=date(2021, 10, 1)))


def test_categories_have_a_label_and_a_body_system() -> None:
    done = read(CATEGORIES, "CCSR_DX_categories_v2022-1.csv")
    (table,) = done.tables
    assert (table.dataset, done.read) == ("ccsr-categories", 2)
    assert table.rows == {
        ("DIG001", ""): ("Made-up gut, first", "Diseases of a made-up gut"),
        ("INVLDX", ""): ("Nothing known", ""),
    }


def test_the_chronic_indicator_is_read_past_commas_in_single_quotes() -> None:
    done = read(CHRONIC, "CCIR_v2026-1.csv")
    (table,) = done.tables
    assert (table.dataset, done.read, str(done.valid_from)) == ("ccir", 3, "2025-10-01")
    assert table.rows == {("A000", ""): ("0",), ("E119", ""): ("1",), ("Z9989", ""): ("9",)}


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (PUBLISHED.replace("'CCSR CATEGORY 6'", "'SIXTH'"), "DXCCSR_v2026-1.csv", "column 17 is 'SIXTH'"),
        (
            PUBLISHED.replace("'NEO057',Growths,' '", "'NEO57',Growths,' '"),
            "DXCCSR_v2026-1.csv",
            "row 3: 'NEO57' is no",
        ),
        (PUBLISHED.replace("'A000'", "'A00.0'"), "DXCCSR_v2026-1.csv", "row 2: 'A00.0' is no ICD-10-CM code"),
        (COPIED.replace("INF003", "DIG001"), "DXCCSR_v2022-1.csv", "row 2: A000 DIG001 stands in the file twice"),
        (COPIED.replace("DIG001,INF003", ","), "DXCCSR_v2022-1.csv", "row 2: A000 is in no category"),
        (COPIED.replace(",,,,,", ",,"), "DXCCSR_v2022-1.csv", "row 3: 7 cells, and not 10"),
        (COPIED, "groups.csv", "--effective"),
        (CATEGORIES.replace("First3", "First"), "CCSR_v2022-1.csv", "column 3 is 'First', and 'First3' is wanted"),
        (CATEGORIES.replace("DIG001", "DIG1"), "CCSR_v2022-1.csv", "row 2: 'DIG1' is no CCSR category"),
        (CATEGORIES[:-2], "CCSR_v2022-1.csv", "its last line has no end"),
        (CHRONIC.replace("'1'", "'2'"), "CCIR_v2026-1.csv", "row 5: '2' is no indicator (0, 1 or 9)"),
        (CHRONIC.replace("'E119'", "'A000'"), "CCIR_v2026-1.csv", "row 5: A000 stands in the file twice"),
        (PUBLISHED, "CCIR_v2026-1.csv", "column 3 is 'Default CCSR CATEGORY IP'"),
        ("\n\n", "DXCCSR_v2026-1.csv", "is empty"),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole(text: str, name: str, told: str) -> None:
    assert told in garbling.refusal(ccsr.read, SourceFile(name, text.encode()))


@over(st.data())
@settings(max_examples=50, deadline=None)
def test_a_garbled_file_does_no_harm(data: st.DataObject) -> None:
    name, good = data.draw(
        st.sampled_from(
            [
                ("DXCCSR_v2026-1.csv", PUBLISHED),
                ("DXCCSR_v2026-1.csv", COPIED),
                ("CCSR_DX_categories_v2026-1.csv", CATEGORIES),
                ("CCIR_v2026-1.csv", CHRONIC),
            ]
        )
    )
    broken = data.draw(garbling.garbled(good.encode()))
    garbling.is_refused_or_fit_to_store(ccsr.read, SourceFile(name, broken), Given())


@pytest.mark.skipif(not REAL.exists(), reason=garbling.ABSENT)
@pytest.mark.parametrize(
    ("name", "count", "rows"),
    [("DXCCSR_v2022-1.from_rda.csv", 73_370, 83_789), ("CCSR_DX_categories_v2022-1.csv", 544, 544)],
)
def test_the_publishers_files_are_read_whole(name: str, count: int, rows: int) -> None:
    done = ccsr.read(open_source(REAL / name), Given())
    assert (done.read, len(done.tables[0].rows), done.refused) == (count, rows, [])
