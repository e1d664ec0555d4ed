"""NCCI's edits are read row by row, from text, workbooks and zips, and what is not whole is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.codes import garbling, ptp_files
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import ptp
from webapp.codes.importers.ptp import Edition, Row
from webapp.codes.listing import FileRefused

WANTED: list[Row] = [
    ("0001T", "36000", 20021001, 20041231, "1", ptp_files.SELDOM),
    ("45378", "36000", 20021001, 0, "1", ptp_files.OFTEN),
    ("45378", "45330", 19960101, 0, "0", ptp_files.OFTEN),
    ("45380", "45378", 20100101, 20100101, "9", ptp_files.OFTEN),
    ("45380", "45378", 20110401, 0, "1", ptp_files.OFTEN),
    ("G0105", "45378", 20200101, 20260630, "1", ptp_files.SELDOM),
]


def read(*paths: Path, said: Given | None = None) -> tuple[Edition, list[Row]]:
    edition = ptp.find(paths, said or Given())
    return edition, list(edition.rows())


def refusal(*paths: Path, said: Given | None = None) -> str:
    with pytest.raises(FileRefused) as refused:
        read(*paths, said=said)
    return str(refused.value)


def outcome(path: Path) -> tuple[str, list[Row]]:
    """Return the words in which a file is refused, or its rows."""
    try:
        return "", read(path)[1]
    except FileRefused as refused:
        return str(refused), []


def with_line(folder: Path, line: str, name: str = ptp_files.NAME) -> Path:
    return ptp_files.write(folder, (*ptp_files.ROWS[:1], line, *ptp_files.ROWS[1:]), name)


def test_every_row_is_read_with_its_dates(tmp_path: Path) -> None:
    edition, rows = read(ptp_files.write(tmp_path))
    assert rows == WANTED
    assert (edition.dataset, edition.service, edition.read, edition.refused) == ("ptp-practitioner", "p", 6, [])


@pytest.mark.parametrize(
    ("name", "dataset", "release", "first", "last"),
    [
        ("ccipra-v320r0-f1.txt", "ptp-practitioner", "Q1 2026", date(2026, 1, 1), date(2026, 3, 31)),
        ("ccipra-v322r0-f1.txt", "ptp-practitioner", "Q3 2026", date(2026, 7, 1), date(2026, 9, 30)),
        ("CCIOPH-v323r1-f1.TXT", "ptp-hospital", "Q4 2026 r1", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_the_name_tells_whose_edits_and_of_which_quarter(
    tmp_path: Path, name: str, dataset: str, release: str, first: date, last: date
) -> None:
    edition = ptp.find([ptp_files.write(tmp_path, name=name)], Given())
    assert (edition.dataset, edition.release, edition.valid_from, edition.valid_to) == (dataset, release, first, last)


def test_the_operator_may_say_what_the_name_does_not(tmp_path: Path) -> None:
    path = ptp_files.write(tmp_path, name="ccipra.txt")
    assert "--effective" in refusal(path)
    edition = ptp.find([path], Given("Summer", date(2026, 7, 1)))
    assert (edition.release, edition.valid_to) == ("Summer", date(2026, 9, 30))


def test_the_operator_cannot_say_another_quarter(tmp_path: Path) -> None:
    assert "Q3 2026" in refusal(ptp_files.write(tmp_path), said=Given(effective=date(2025, 7, 1)))


def test_a_workbook_holds_the_same_rows(tmp_path: Path) -> None:
    assert read(ptp_files.write_workbook(tmp_path))[1] == WANTED


def test_a_zip_is_read_as_what_it_holds(tmp_path: Path) -> None:
    bare, _ = read(ptp_files.write(tmp_path))
    book = ptp_files.write_workbook(tmp_path)
    packed, rows = read(ptp_files.zipped(tmp_path, tmp_path / ptp_files.NAME, book))
    assert rows == WANTED
    assert packed.sha256 == bare.sha256
    assert packed.file_name == ptp_files.NAME


def test_a_workbook_in_a_zip_is_read(tmp_path: Path) -> None:
    assert read(ptp_files.zipped(tmp_path, ptp_files.write_workbook(tmp_path)))[1] == WANTED


def test_parts_are_one_table_in_their_order(tmp_path: Path) -> None:
    parts = [
        ptp_files.write(tmp_path, ptp_files.ROWS[at : at + 3], f"ccipra-v322r0-f{at // 3 + 1}.txt") for at in (0, 3)
    ]
    edition, rows = read(*reversed(parts))
    assert rows == WANTED
    assert edition.file_name == "ccipra-v322r0-f1.txt, ccipra-v322r0-f2.txt"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("ccipra-v322r0-f1.txt", "ccipra-v322r0-f2.txt", "ccipra-v322r0-f4.txt"), "part 3 of the table is missing"),
        (("ccipra-v322r0-f2.txt",), "part 1 of the table is missing"),
        (("ccipra-v322r0-f1.txt", "ccipra-v322r0-f01.txt"), "is given twice"),
        (("ccipra-v322r0-f1.txt", "ccioph-v322r0-f2.txt"), "no parts of one table"),
        (("ccipra-v322r0-f1.txt", "ccipra-v323r0-f2.txt"), "no parts of one table"),
        (("edits.txt",), "is not named like"),
        (("ccipra-v327r0-f1.txt",), "is of no quarter"),
    ],
)
def test_parts_that_are_not_one_table_are_refused(tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    assert words in refusal(*(ptp_files.write(tmp_path, name=name) for name in names))


def test_a_table_without_the_last_parts_is_told(tmp_path: Path) -> None:
    edition, _ = read(ptp_files.write(tmp_path, ptp_files.ROWS[:5]))
    assert "parts after the last one may be missing" in edition.refused[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("45378\t36000\t\t20021001\t*\t1", "line 8: 6 columns, and not 7"),
        ("45378\t36000\t\t20021001\t*\t1\tWhy\tMore", "line 8: 8 columns, and not 7"),
        ("4537\t36000\t\t20021001\t*\t1\tWhy", "line 8: column Column 1 is '4537'"),
        ("45378\t36000\tx\t20021001\t*\t1\tWhy", "line 8: column *=in existence prior to 1996 is 'x'"),
        ("45378\t36000\t\t20021301\t*\t1\tWhy", "line 8: 20021301 is no date"),
        ("45378\t36000\t\t20021001\t\t1\tWhy", "line 8: column Deletion Date is ''"),
        ("45378\t36000\t\t20021001\t*\t2\tWhy", "line 8: column Modifier is '2'"),
        ("45378\t36000\t\t20021001\t*\t1\t", "line 8: column PTP Edit Rationale is ''"),
        ("45378\t36000\t\t20261001\t*\t1\tWhy", "after the release's last day"),
    ],
)
def test_a_line_that_cannot_be_is_refused_by_its_column(tmp_path: Path, line: str, words: str) -> None:
    assert words in refusal(with_line(tmp_path, line))


def test_blanks_around_cells_do_not_matter(tmp_path: Path) -> None:
    _, rows = read(with_line(tmp_path, " 45378\t99999 \t \t20021001\t* \t1\tWhy  \t"))
    assert rows[1] == ("45378", "99999", 20021001, 0, "1", "Why")


def test_a_row_that_ends_before_it_begins_is_left_out_and_told(tmp_path: Path) -> None:
    edition, rows = read(with_line(tmp_path, "45378\t99999\t\t20021001\t20011231\t1\tWhy"))
    assert rows == WANTED
    assert edition.refused == ["ccipra-v322r0-f1.txt, line 8: the edit ends on 20011231, before it begins, left out"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Column 1\tColumn 2", "Column 2\tColumn 1", "column 1 is 'Column 2', and 'Column 1' is wanted"),
        ("Column1/Column2 Edits", "Mutually Exclusive Edits", "is no title of this table"),
        ("copyright 2025", "copyright 2019", "of 2019, and the file is of 2026"),
        ("copyright 2025", "made in 2025", "the copyright line of CPT is wanted"),
        ("9=not applicable", "", "column 6 is 'Modifier 0=not allowed 1=allowed'"),
    ],
)
def test_another_heading_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = ptp_files.write(tmp_path)
    path.write_text(path.read_text().replace(old, new))
    assert words in refusal(path)


def test_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = ptp_files.write(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    assert "breaks off in 'Another made-up" in refusal(path)
    path.write_bytes(path.read_bytes()[:-40])
    assert "line 12" in refusal(path)


def test_a_last_line_without_its_end_is_whole_if_its_rationale_is_known(tmp_path: Path) -> None:
    path = ptp_files.write(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    assert read(path)[1] == WANTED


@pytest.mark.parametrize("content", [b"", ptp_files.text(()).encode(), b"\x00" * 500, b"PK\x03\x04broken"])
def test_a_file_without_edits_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ptp_files.NAME
    path.write_bytes(content)
    assert ptp_files.NAME in refusal(path)


def test_a_zip_without_edits_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "readme.txt"
    other.write_text("Nothing")
    assert "holds no file named like" in refusal(ptp_files.zipped(tmp_path, other))


def test_a_broken_zip_is_refused(tmp_path: Path) -> None:
    path = ptp_files.zipped(tmp_path, ptp_files.write(tmp_path))
    data = bytearray(path.read_bytes())
    data[60:80] = bytes(20)
    path.write_bytes(bytes(data))
    assert "edits.zip" in refusal(path)


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    path = ptp_files.write_workbook(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    assert "no whole workbook" in refusal(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / ptp_files.NAME)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_garbled_file_is_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / ptp_files.NAME
    path.write_bytes(data.draw(garbling.garbled(ptp_files.text().encode(), b"\t")))
    told, rows = outcome(path)
    assert ptp_files.NAME in told or len(rows) in range(1, len(WANTED) + 1)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook, written once: its bytes hold the time."""
    return ptp_files.write_workbook(tmp_path_factory.mktemp("book"))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_garbled_workbook_is_refused_or_read(tmp_path: Path, book: Path, data: st.DataObject) -> None:
    path = tmp_path / book.name
    path.write_bytes(data.draw(garbling.garbled(book.read_bytes(), b"\t")))
    told, rows = outcome(path)
    assert path.name in told or rows


@pytest.mark.skipif(not garbling.SHARED.exists(), reason=garbling.ABSENT)
def test_an_excerpt_of_the_publishers_file_is_read() -> None:
    edition, rows = read(garbling.SHARED / "excerpts" / "ccipra-v322r0-f1.excerpt.txt")
    assert (edition.release, edition.read, len(rows)) == ("Q3 2026", 9, 9)
    assert [row[4] for row in rows].count("9") == 2
