"""Cost indices, counties, anesthesia factors and imaging caps of the fee schedule's localities."""

from __future__ import annotations

from datetime import date

import pytest

from tests.codes import fee_files
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import mpfs_places, oppscap
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused

GIVEN = Given()
OCTOBER = Given(effective=date(2025, 10, 1))


def row(parsed: Parsed, code: str, part: str = "") -> dict[str, str]:
    table = parsed.tables[0]
    return dict(zip(DATASETS[table.dataset].columns, table.rows[code, part], strict=True))


def changed(file: SourceFile, old: str, new: str) -> SourceFile:
    assert file.data.count(old.encode())
    return SourceFile(file.name, file.data.replace(old.encode(), new.encode(), 1))


def test_cost_indices_stand_under_contractor_and_locality() -> None:
    parsed = mpfs_places.read_gpci(fee_files.gpci(), GIVEN)
    assert [code for code, _ in parsed.tables[0].rows] == ["1011200", "0210201", "0111205"]
    assert row(parsed, "0111205") == {
        "mac": "01112",
        "state": "CA",
        "locality": "05",
        "name": "BAY, WITH TOWNS",
        "work": "1.017",
        "pe": "1.093",
        "mp": "0.662",
    }
    assert (row(parsed, "0210201")["name"], row(parsed, "0210201")["work"]) == ("ICELAND", "1.500")
    assert (parsed.release, parsed.valid_from, parsed.valid_to) == ("2025", date(2025, 1, 1), date(2025, 12, 31))
    assert (parsed.read, parsed.refused) == (3, [])


def test_anesthesia_factors_are_read() -> None:
    parsed = mpfs_places.read_anesthesia(fee_files.anesthesia(), GIVEN)
    assert row(parsed, "0210201") == {"mac": "02102", "locality": "01", "name": "ICELAND", "factor": "27.80"}
    assert (parsed.read, parsed.release) == (2, "2025")


def test_counties_stand_under_their_state() -> None:
    parsed = mpfs_places.read_locality(fee_files.locality(), GIVEN)
    assert row(parsed, "0118218") == {
        "mac": "01182",
        "locality": "18",
        "state": "NEVERLAND",
        "area": "LOST BAY",
        "counties": "HOOK, PAN AND BELL",
    }
    assert row(parsed, "0111209")["state"] == "NEVERLAND"
    assert row(parsed, "0210201")["state"] == "ICELAND"
    assert parsed.valid_from == date(2025, 1, 1)


def test_a_repeated_locality_is_left_out_and_told() -> None:
    parsed = mpfs_places.read_locality(fee_files.locality(), GIVEN)
    assert (parsed.read, len(parsed.tables[0].rows)) == (4, 3)
    assert parsed.refused == ["25LOCCO.csv, row 6: repeats locality 09 of contractor 01112"]


def test_a_locality_with_two_meanings_is_refused() -> None:
    with pytest.raises(FileRefused, match="row 9: 0210201 stands in the file twice"):
        mpfs_places.read_locality(fee_files.locality(rows=[["2102", "1", "", "STATEWIDE", "ONE COUNTY"]]), GIVEN)


def test_counties_without_a_state_are_refused() -> None:
    with pytest.raises(FileRefused, match="row 4: no state stands here or above"):
        mpfs_places.read_locality(changed(fee_files.locality(), "NEVERLAND ", ""), GIVEN)


def test_caps_stand_under_modifier_contractor_and_locality() -> None:
    parsed = oppscap.read(fee_files.caps(), OCTOBER)
    assert row(parsed, "70001", "TC 01112 05") == {
        "status": "A",
        "mac": "01112",
        "locality": "05",
        "facility": "150.69",
        "non_facility": "150.70",
    }
    assert row(parsed, "70001", "01112 05")["facility"] == "1593.97"
    assert (parsed.release, parsed.valid_to, parsed.read) == ("October 2025", date(2025, 12, 31), 2)


def test_the_year_of_the_caps_is_the_operators_to_tell() -> None:
    with pytest.raises(FileRefused, match=r"OPPSCAP_Oct\.csv does not tell its quarter: .*--effective"):
        oppscap.read(fee_files.caps(), GIVEN)
    with pytest.raises(FileRefused, match="the file name says October, and --effective says July"):
        oppscap.read(fee_files.caps(), Given(effective=date(2025, 7, 1)))
    assert oppscap.read(fee_files.caps("OPPSCAP_2026_Jul.csv"), GIVEN).release == "July 2026"


def test_a_year_that_the_file_contradicts_is_refused() -> None:
    with pytest.raises(FileRefused, match="the file name says 2025, and the title line says 2024"):
        mpfs_places.read_gpci(fee_files.gpci(year=2024), GIVEN)
    with pytest.raises(FileRefused, match="the title line says 2025"):
        mpfs_places.read_locality(fee_files.locality("24LOCCO.csv"), GIVEN)
    with pytest.raises(FileRefused, match="--effective says 2026"):
        mpfs_places.read_anesthesia(fee_files.anesthesia(), Given(effective=date(2026, 1, 1)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Locality Number", "Number", "row 3: column 3 is 'Number', and 'Locality Number' is wanted there"),
        (",2025 MP GPCI", ",", "the column '\\*MP GPCI\\*' is missing"),
        ("Medicare Admin", "Admin", "no row of captions"),
        ("10112", "1O112", "row 4: '1O112' is no contractor's number"),
        (",00,", ",000,", "row 4: '000' is no locality's number"),
        ("0.869", "0,869", "row 4: 8 cells, and not 7"),
        ("0.869", "high", "row 4: 'high' is no amount"),
        ("0.869", "", "row 4: a number is missing"),
        ("02102,AK,01", "10112,AK,00", "row 5: 1011200 stands in the file twice"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, told: str) -> None:
    with pytest.raises(FileRefused, match=told):
        mpfs_places.read_gpci(changed(fee_files.gpci(), old, new), GIVEN)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("CARRIER,LOCALITY", "LOCALITY,CARRIER", "column 4 is 'LOCALITY', and 'CARRIER' is wanted there"),
        ("TC,A,01112", "TC,A,O1112", "row 2: 'O1112' is no contractor's number"),
        ("70001,TC", "7001,TC", "row 2: '7001' is no code"),
        ("150.69", "x", "row 2: 'x' is no amount"),
    ],
)
def test_what_is_wrong_with_the_caps_is_named(old: str, new: str, told: str) -> None:
    with pytest.raises(FileRefused, match=told):
        oppscap.read(changed(fee_files.caps(), old, new), OCTOBER)


def test_files_without_rows_are_refused() -> None:
    for read, file, first in (
        (mpfs_places.read_gpci, fee_files.gpci(), b"10112"),
        (mpfs_places.read_anesthesia, fee_files.anesthesia(), b"10112"),
        (mpfs_places.read_locality, fee_files.locality(), b"1182"),
        (oppscap.read, fee_files.caps(), b"70001"),
    ):
        with pytest.raises(FileRefused, match="holds no row"):
            read(SourceFile(file.name, file.data[: file.data.index(first)]), OCTOBER)
