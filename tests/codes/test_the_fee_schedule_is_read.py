"""The relative value file of the physician fee schedule, as csv and as fixed text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.codes import fee_files
from tests.codes.workbooks import workbook
from webapp.codes.datasets.catalogue import MPFS
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import mpfs
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused

GIVEN = Given()


def value(parsed: Parsed, code: str, column: str, modifier: str = "") -> str:
    return parsed.tables[0].rows[code, modifier][MPFS.index(column)]


def changed(old: str, new: str, file: SourceFile | None = None) -> SourceFile:
    file = file or fee_files.fees()
    assert file.data.count(old.encode())
    return SourceFile(file.name, file.data.replace(old.encode(), new.encode(), 1))


def test_every_row_stands_under_code_and_modifier() -> None:
    parsed = mpfs.read(fee_files.fees(), GIVEN)
    assert parsed.read == 6
    assert set(parsed.tables[0].rows) == {
        *(("10001", ""), ("70001", ""), ("70001", "26"), ("70001", "TC"), ("D0001", ""), ("G0001", ""))
    }
    assert {len(values) for values in parsed.tables[0].rows.values()} == {len(MPFS)}


def test_values_stand_in_their_columns() -> None:
    parsed = mpfs.read(fee_files.fees(), GIVEN)
    expected = {
        "status": "A",
        "work": "36.50",
        "non_facility_na": "NA",
        "facility_total": "63.20",
        "global_days": "090",
    }
    expected |= {"pre_op": "0.09", "team": "0", "pricing": "", "endoscopic_base": "10004", "factor": "32.3465"}
    expected |= {"supervision": "09", "imaging_family": "99", "opps_mp": "0.00", "not_used": ""}
    assert {column: value(parsed, "10001", column) for column in expected} == expected
    assert value(parsed, "70001", "not_used", "TC") == "+"


def test_fixed_text_gives_the_same_as_csv() -> None:
    csv, fixed = mpfs.read(fee_files.fees(), GIVEN), mpfs.read(fee_files.fixed_fees(), GIVEN)
    assert fixed.tables == csv.tables
    assert (fixed.release, fixed.valid_to, fixed.read) == (csv.release, csv.valid_to, csv.read)


def test_2026_has_a_column_more() -> None:
    parsed = mpfs.read(fee_files.fees_2026(), GIVEN)
    assert value(parsed, "10001", "pricing") == "7"
    assert value(parsed, "10001", "team") == "0"
    assert value(parsed, "10001", "endoscopic_base") == "10004"
    assert (parsed.release, parsed.tables[0].dataset) == ("July 2026", "mpfs")


def test_the_file_of_qualifying_participants_is_a_dataset_of_its_own() -> None:
    parsed = mpfs.read(fee_files.fees_2026("PPRRVU2026_Jul_QPP.csv"), GIVEN)
    assert [table.dataset for table in parsed.tables] == ["mpfs-qpp"]


@pytest.mark.parametrize("make", [fee_files.fees, fee_files.fixed_fees])
def test_licensed_texts_stand_apart(make: Callable[[], SourceFile]) -> None:
    records, texts = mpfs.read(make(), GIVEN).tables
    assert texts.licensed
    assert texts.rows == {
        ("10001", ""): ("Made-up text one",),
        ("70001", ""): ("Made-up text two",),
        ("D0001", ""): ("Made-up text three",),
    }
    assert fee_files.SECRET not in str(records)
    assert fee_files.PUBLIC not in str(records) + str(texts)


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("PPRRVU2025_Oct.csv", 10),
        ("PPRRVU25_OCT.csv", 10),
        ("PPRRVU25_Oct_v2.csv", 10),
        ("RVU25D.csv", 10),
    ],
)
def test_names_of_a_quarter(name: str, month: int) -> None:
    parsed = mpfs.read(fee_files.fees(name), GIVEN)
    assert (parsed.release, parsed.valid_from) == ("October 2025", date(2025, month, 1))
    assert parsed.valid_to == date(2025, 12, 31)


@pytest.mark.parametrize(("letter", "month"), [("A", 1), ("AR", 1), ("B", 4), ("C", 7), ("D", 10)])
def test_letters_of_a_quarter(letter: str, month: int) -> None:
    assert mpfs.read(fee_files.fixed_fees(f"RVU20{letter}.txt"), GIVEN).valid_from == date(2020, month, 1)


def test_a_title_alone_tells_the_quarter() -> None:
    assert mpfs.read(fee_files.fees("fees.csv"), GIVEN).valid_from == date(2025, 10, 1)


def test_a_title_of_another_release_is_refused() -> None:
    with pytest.raises(FileRefused, match="the file name says 2025, and the title line says 2024"):
        mpfs.read(fee_files.fees(title="2024 {} October Release"), GIVEN)
    with pytest.raises(FileRefused, match="the file name says October, and the title line says July"):
        mpfs.read(fee_files.fees(title="2025 {} July Release"), GIVEN)
    with pytest.raises(FileRefused, match="--effective says 2026"):
        mpfs.read(fee_files.fees(), Given(effective=date(2026, 10, 1)))


def test_fixed_text_without_a_date_asks_for_one() -> None:
    with pytest.raises(FileRefused, match="--effective"):
        mpfs.read(fee_files.fixed_fees("fees.txt"), GIVEN)
    assert mpfs.read(fee_files.fixed_fees("fees.txt"), Given(effective=date(2025, 4, 1))).release == "April 2025"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("STATUS", "STATE", "row 8: column 4 is 'STATE CODE', and 'STATUS CODE' is wanted there"),
        ("INTRA,POST", "POST,INTRA", "column 17 is 'POST OP', and 'INTRA OP' is wanted there"),
        (",AMOUNT\r\n", ",AMOUNT,MORE\r\n", "column 32 is 'MORE', and none is wanted there"),
        ("MOD,DESCRIPTION", "MODIFIER,DESCRIPTION", "no row that begins with HCPCS, MOD, DESCRIPTION"),
        ("10001,,", "1001,,", "row 9: '1001' stands under HCPCS"),
        (",36.50,", ",many,", "row 9: 'many' stands under WORK RVU"),
        (",090,", ",90,", "'90' stands under GLOB DAYS"),
        (",63.20,63.20,", ",63.20,", "row 9: 30 cells, and not 31"),
        ("one,A,", "one,Made-up text of some length,", "a text of 27 characters stands under STATUS CODE"),
        ("70001,26", "70001,TC", "70001 TC stands in the file twice"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, told: str) -> None:
    with pytest.raises(FileRefused, match=told):
        mpfs.read(changed(old, new), GIVEN)


def test_a_file_that_breaks_off_is_refused() -> None:
    for file in (fee_files.fees(), fee_files.fixed_fees()):
        with pytest.raises(FileRefused, match="breaks off"):
            mpfs.read(SourceFile(file.name, file.data[:-3]), GIVEN)


def test_fixed_text_of_another_layout_is_refused() -> None:
    rows = fee_files.fixed_fees()
    with pytest.raises(FileRefused, match="line 3: 172 characters, and not 171"):
        mpfs.read(changed("0.00\r\n", "0.00X\r\n", rows), GIVEN)
    filled = bytearray(rows.data)
    filled[2 * 52 + 120] = ord("7")
    with pytest.raises(FileRefused, match="line 3: position 121 is no blank"):
        mpfs.read(SourceFile(rows.name, bytes(filled)), GIVEN)


def test_a_file_without_rows_is_refused() -> None:
    for file in (fee_files.fees(), fee_files.fixed_fees()):
        head = file.data[: file.data.index(b"10001")]
        with pytest.raises(FileRefused, match="holds no row"):
            mpfs.read(SourceFile(file.name, head), GIVEN)
    with pytest.raises(FileRefused, match="empty"):
        mpfs.read(SourceFile("PPRRVU2025_Oct.csv", b""), GIVEN)


def test_a_workbook_is_refused() -> None:
    with pytest.raises(FileRefused, match="take the csv"):
        mpfs.read(workbook([["HCPCS"]], "PPRRVU2025_Oct.xlsx"), GIVEN)
