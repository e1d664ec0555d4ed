"""The addenda of ambulatory surgical centers, one by one and as a workbook."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.codes import fee_files
from tests.codes.fee_files import AA, BB, DD1, EE, SECRET, addendum
from tests.codes.workbooks import workbook
from webapp.codes.datasets import licences, loading, reading
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import asc
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused
from webapp.extensions import transaction

GIVEN = Given()
SHEETS = {"AA": AA, "BB": BB, "DD1": DD1, "EE": EE}


def row(parsed: Parsed, code: str) -> dict[str, str]:
    table = parsed.tables[0]
    return dict(zip(DATASETS[table.dataset].columns, table.rows[code, ""], strict=True))


def changed(old: str, new: str) -> SourceFile:
    file = addendum(AA)
    assert file.data.count(old.encode())
    return SourceFile(file.name, file.data.replace(old.encode(), new.encode(), 1))


def test_procedures_have_indicator_weight_and_rate() -> None:
    parsed = asc.read(addendum(AA), GIVEN)
    assert row(parsed, "10004") == {
        "comment": "*",
        "discount": "Y",
        "indicator": "P2",
        "weight": "6.4555",
        "rate": "1308.20",
    }
    assert row(parsed, "G0001") == {
        "comment": "**",
        "discount": "Y",
        "indicator": "A2",
        "weight": "13.8870",
        "rate": "713.00",
    }
    assert (parsed.read, parsed.tables[0].dataset) == (3, "asc-aa")


def test_ancillary_services_are_never_discounted() -> None:
    parsed = asc.read(addendum(BB), GIVEN)
    assert row(parsed, "70001") == {
        "comment": "",
        "discount": "",
        "indicator": "Z2",
        "weight": "5.0964",
        "rate": "238.49",
    }
    assert row(parsed, "J0001")["rate"] == "3.127"


def test_excluded_procedures_are_marked() -> None:
    parsed = asc.read(addendum(EE), GIVEN)
    assert parsed.tables[0].rows == {("10021", ""): ("Y",), ("G0002", ""): ("Y",)}


def test_the_captions_tell_the_quarter() -> None:
    parsed = asc.read(addendum(AA, "aa.csv"), GIVEN)
    assert (parsed.release, parsed.valid_from, parsed.valid_to) == ("July 2020", date(2020, 7, 1), date(2020, 9, 30))


def test_excluded_procedures_need_the_quarter_from_elsewhere() -> None:
    with pytest.raises(FileRefused, match="--effective"):
        asc.read(addendum(EE, "ee.csv"), GIVEN)
    assert asc.read(addendum(EE, "ee.csv"), Given(effective=date(2020, 7, 1))).release == "July 2020"
    assert asc.read(addendum(EE), GIVEN).release == "July 2020"


def test_a_workbook_is_one_release_of_all_addenda() -> None:
    parsed = asc.read(workbook(SHEETS, "asc_addenda.xlsx"), GIVEN)
    single = [asc.read(addendum(rows), GIVEN) for rows in (AA, BB, EE)]
    assert parsed.tables == [table for each in single for table in each.tables]
    assert (parsed.read, parsed.release) == (7, "July 2020")


def test_licensed_texts_stand_apart() -> None:
    for rows in (AA, BB, EE):
        records, texts = asc.read(addendum(rows), GIVEN).tables
        assert texts.licensed
        assert texts.dataset == f"{records.dataset}-text"
        assert texts.rows
        assert SECRET not in str(records)
        assert fee_files.PUBLIC not in str(records) + str(texts)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("July CY 2020 Payment Weight", "July CY 2020 Burden", "column 6 is 'July CY 2020 Burden', and"),
        ("HCPCS Code,,", "HCPCS Code,C,", "row 4: column 2 is 'C', and '' is wanted there"),
        ("Addendum AA", "Addendum DD1", "is none of the addenda AA, BB, EE by its title"),
        ("Addendum AA", "List", "is none of the addenda"),
        ("July CY 2020 Payment Rate", "October CY 2020 Payment Rate", "says July, and the caption .* says October"),
        ("July CY 2020 Payment Rate", "Proposed CY 2020 Payment Rate", "proposed rule's"),
        ("for CY 2020", "for CY 2021", "the file name says 2020, and the title line says 2021"),
        (",Y,P2", ",maybe,P2", "row 5: 'maybe' stands under Subject to Multiple Procedure Discounting"),
        (",P2,", ",P22,", "row 5: 'P22' stands under Payment Indicator"),
        (",6.4555,", ",heavy,", "row 5: 'heavy' is no amount"),
        ("10005,", "10004,", "row 6: 10004 stands in the file twice"),
        ("10005,", "105,", "row 6: '105' is no code"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, told: str) -> None:
    with pytest.raises(FileRefused, match=told):
        asc.read(changed(old, new), GIVEN)


def test_what_is_wrong_in_a_workbook_is_named_with_its_sheet() -> None:
    sheets = {"AA": AA, "BB": [*BB, ["7000", "", "", "N1", "", ""]]}
    with pytest.raises(FileRefused, match=r"asc.xlsx, sheet BB, row 6: '7000' is no code"):
        asc.read(workbook(sheets, "asc.xlsx"), GIVEN)


def test_a_workbook_without_addenda_or_with_one_twice_is_refused() -> None:
    with pytest.raises(FileRefused, match="holds none of the addenda AA, BB, EE"):
        asc.read(workbook({"DD1": DD1}, "asc.xlsx"), GIVEN)
    with pytest.raises(FileRefused, match="holds an addendum twice"):
        asc.read(workbook({"AA": AA, "Addendum AA": AA}, "asc.xlsx"), GIVEN)


def test_a_file_without_rows_is_refused() -> None:
    with pytest.raises(FileRefused, match="holds no row"):
        asc.read(addendum(AA[:4]), GIVEN)


def test_files_of_one_quarter_leave_each_others_texts(empty: Flask) -> None:
    """Each addendum may come in a file of its own: the second takes nothing of the first away."""
    with transaction():
        licences.install("cpt", "A holder", "A made-up line", None)
        for rows in (AA, BB, EE):
            file = addendum(rows)
            loading.load(file, asc.read(file, GIVEN))
    day = date(2020, 8, 1)
    assert reading.licensed("10004", day) == {"asc-aa-text": ["Made-up text one"]}
    assert reading.licensed("70001", day) == {"asc-bb-text": ["Made-up text three"]}
    assert reading.facts("10004", day).value("asc-aa", "indicator") == "P2"
    assert reading.facts("10021", day).value("asc-ee", "excluded") == "Y"
    assert reading.licensed("G0001", day) == {}
