"""OPPS Addendum B as CMS publish it, and its conversion."""

from __future__ import annotations

from datetime import date

import pytest

from tests.codes import fee_files
from tests.codes.workbooks import workbook
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import opps
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused

GIVEN = Given()
COLUMNS = DATASETS["opps"].columns


def row(parsed: Parsed, code: str) -> dict[str, str]:
    """The values that are not empty."""
    values = zip(COLUMNS, parsed.tables[0].rows[code, ""], strict=True)
    return {name: value for name, value in values if value}


def changed(old: str, new: str, file: SourceFile | None = None) -> SourceFile:
    file = file or fee_files.addendum_b()
    assert file.data.count(old.encode())
    return SourceFile(file.name, file.data.replace(old.encode(), new.encode(), 1))


def test_values_stand_in_their_columns() -> None:
    parsed = opps.read(fee_files.addendum_b(), GIVEN)
    assert row(parsed, "10001") == {
        "status": "J1",
        "apc": "5302",
        "weight": "29.2310",
        "rate": "2672.15",
        "minimum_copayment": "534.43",
    }
    assert row(parsed, "10004") == {"status": "N", "changed": "*"}
    assert row(parsed, "D0001") == {
        "status": "S",
        "apc": "0701",
        "weight": "0.5000",
        "rate": "9.10",
        "minimum_copayment": "1.90",
    }
    assert row(parsed, "J0001") == {
        "status": "K",
        "apc": "9001",
        "rate": "12.345",
        "minimum_copayment": "2.469",
        "coinsurance": "18%",
        "adjusted_copayment": "2.20",
        "pass_through_end": "12/31/2026",
        "note": "aware",
    }
    assert (parsed.read, parsed.release, parsed.valid_to) == (4, "July 2026", date(2026, 9, 30))


def test_a_workbook_and_tabbed_text_give_the_same_as_csv() -> None:
    csv = opps.read(fee_files.addendum_b(), GIVEN)
    cells = [
        [float(cell) if cell in {"5302", "701", "29.2310"} else cell for cell in row] for row in fee_files.ADDENDUM_B
    ]
    book = workbook(cells, "2026 July Web Addendum B.06.30.26.xlsx")
    text = fee_files.addendum_b("2026 July Web Addendum B.06.30.26.txt", delimiter="\t")
    assert opps.read(book, GIVEN) == opps.read(text, GIVEN) == csv


def test_licensed_texts_stand_apart() -> None:
    for file in (fee_files.addendum_b(), fee_files.converted()):
        records, texts = opps.read(file, GIVEN).tables
        assert texts.licensed
        assert texts.rows["10001", ""] == ("Made-up text one",)
        assert fee_files.SECRET not in str(records)
        assert fee_files.PUBLIC not in str(records) + str(texts)


def test_columns_that_come_and_go_may_be_in_any_order() -> None:
    rows = [[*row[:8], *reversed(row[8:])] if len(row) > 8 else row for row in fee_files.ADDENDUM_B]
    assert opps.read(fee_files.addendum_b(rows=rows), GIVEN) == opps.read(fee_files.addendum_b(), GIVEN)
    fewer = [row[:8] for row in fee_files.ADDENDUM_B]
    assert row(opps.read(fee_files.addendum_b(rows=fewer), GIVEN), "10004") == {"status": "N"}


def test_the_conversion_is_read() -> None:
    parsed = opps.read(fee_files.converted(), GIVEN)
    assert row(parsed, "10001") == {"status": "J1", "rate": "2672.15"}
    assert row(parsed, "A0001") == {"status": "N", "changed": "*"}
    assert (parsed.release, parsed.valid_from, parsed.read) == ("April 2026", date(2026, 4, 1), 2)


def test_a_conversion_of_two_quarters_is_refused() -> None:
    with pytest.raises(FileRefused, match="more than one quarter: 2026-01, 2026-04"):
        opps.read(fee_files.converted(rows=['"10005","","N",,false,"2026-01"']), GIVEN)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ('"10005","","N",,maybe,"2026-04"', "row 4: 'maybe' stands under Changed"),
        ('"10005","","N",,false,"spring"', "row 4: 'spring' stands under Source"),
        ('"10005","","N",,false', "row 4: 5 cells, and not 6"),
        ('"10001","","N",,false,"2026-04"', "row 4: 10001 stands in the file twice"),
    ],
)
def test_what_is_wrong_with_a_conversion_is_named(cells: str, told: str) -> None:
    with pytest.raises(FileRefused, match=told):
        opps.read(fee_files.converted(rows=[cells]), GIVEN)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("SI,APC", "APC,SI", "row 4: column 3 is 'APC', and 'SI' is wanted there"),
        ("Payment  Rate", "Price", "row 4: column 6 is 'Price', and 'Payment Rate' is wanted there"),
        ("IRA Coinsurance", "Other", "column 9 is 'Other Percentage', and none is wanted there"),
        ("HCPCS Code,", "Code,", "no row of captions, which begins with 'HCPCS Code'"),
        (",J1,5302", ",J1,53020", "row 5: '53020' stands under APC"),
        (",J1,", ",JJ1,", "row 5: 'JJ1' stands under SI"),
        ("$2,672.15", "free", "row 5: 'free' is no amount"),
        ("10004,", "1004,", "row 6: '1004' is no code"),
        ("10004,", "10001,", "row 6: 10001 stands in the file twice"),
        ("-Final", "-Proposed", "is a proposed rule's"),
        ("CY 2026", "CY 2025", "the file name says 2026, and the title line says 2025"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, told: str) -> None:
    with pytest.raises(FileRefused, match=told):
        opps.read(changed(old, new), GIVEN)


def test_only_the_title_tells_the_quarter() -> None:
    rows = [fee_files.ADDENDUM_B[0], ["Addendum B of April 2025 is replaced."], *fee_files.ADDENDUM_B[1:]]
    assert opps.read(fee_files.addendum_b(rows=rows), GIVEN).release == "July 2026"


def test_a_year_alone_is_not_enough() -> None:
    with pytest.raises(FileRefused, match="does not tell its quarter"):
        opps.read(fee_files.addendum_b("addendum b.csv"), GIVEN)
    assert opps.read(fee_files.addendum_b("b.csv"), Given(effective=date(2026, 1, 1))).release == "January 2026"


def test_a_file_that_breaks_off_is_refused() -> None:
    file = fee_files.addendum_b()
    with pytest.raises(FileRefused, match="breaks off"):
        opps.read(SourceFile(file.name, file.data[:-2]), GIVEN)


def test_a_file_without_rows_is_refused() -> None:
    with pytest.raises(FileRefused, match="holds no row"):
        opps.read(fee_files.addendum_b(rows=fee_files.ADDENDUM_B[:4]), GIVEN)
