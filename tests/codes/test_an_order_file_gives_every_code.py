"""The ICD-10-CM order file and the list of billable codes, line by line; what is not whole is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import icd10cm_order
from webapp.codes.importers.files import SourceFile, open_source
from webapp.codes.listing import FileRefused

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "icd10cm"
CODES = [
    ("A00", "0", "Dragon fever", "Dragon fever"),
    ("A000", "1", "Dragon fever w smoke", "Dragon fever with smoke, and no fire that anybody has seen from nearby"),
    ("S520XXA", "1", "Broken wing tip, 1st flight", "Broken wing tip, first flight"),
    ("QA00101", "1", "Late scale", "Late scale"),
]
ORDER = "".join(
    f"{number:05} {code:7} {valid} {short:60} {long}\r\n" for number, (code, valid, short, long) in enumerate(CODES, 1)
)
LIST = "".join(f"{code:7} {long}\n" for code, valid, _, long in CODES if valid == "1")
ORDER_NAME, LIST_NAME = "icd10cm-order-2026.txt", "icd10cm-codes-2026.txt"


def order(text: str = ORDER, name: str = ORDER_NAME) -> SourceFile:
    return SourceFile(name, text.encode())


def test_an_order_file_tells_headers_from_billable_codes() -> None:
    parsed = icd10cm_order.read_order(order(), Given())
    assert [table.dataset for table in parsed.tables] == ["icd10cm-order"]
    assert parsed.tables[0].rows == {
        (code, ""): (f"{number:05}", valid, short, long) for number, (code, valid, short, long) in enumerate(CODES, 1)
    }
    assert (parsed.read, parsed.refused, parsed.listing) == (4, [], None)


def test_a_list_of_codes_gives_their_descriptions() -> None:
    parsed = icd10cm_order.read_codes(SourceFile(LIST_NAME, LIST.encode()), Given())
    assert [table.dataset for table in parsed.tables] == ["icd10cm-codes"]
    assert parsed.tables[0].rows == {(code, ""): (long,) for code, valid, _, long in CODES if valid == "1"}
    assert parsed.read == 3


def test_either_kind_of_line_end_and_of_letters_will_do() -> None:
    expected = icd10cm_order.read_order(order(), Given()).tables[0].rows
    assert icd10cm_order.read_order(order(ORDER.replace("\r\n", "\n")), Given()).tables[0].rows == expected
    foreign = SourceFile(LIST_NAME, "A000    Dragon’s fièvre\r\n\r\n".encode("cp1252"))
    assert icd10cm_order.read_codes(foreign, Given()).tables[0].rows == {("A000", ""): ("Dragon’s fièvre",)}


@pytest.mark.parametrize(
    ("name", "about", "release", "first"),
    [
        ("icd10cm-order-2026.txt", Given(), "October 2025", date(2025, 10, 1)),
        ("icd10cm_order_2026.txt", Given(), "October 2025", date(2025, 10, 1)),
        ("icd10cm-order-April-2026.txt", Given(), "April 2026", date(2026, 4, 1)),
        ("icd10cm-order-Apr-1-2026.txt", Given(), "April 2026", date(2026, 4, 1)),
        ("icd10cm_order_Jan_2026.txt", Given(), "January 2026", date(2026, 1, 1)),
        ("icd10cm-order-October-1-2025.txt", Given(), "October 2025", date(2025, 10, 1)),
        ("order.txt", Given(effective=date(2025, 10, 1)), "October 2025", date(2025, 10, 1)),
        ("icd10cm-order-2026.txt", Given("Spring", date(2026, 5, 1)), "Spring", date(2026, 5, 1)),
    ],
)
def test_a_release_ends_with_its_fiscal_year(name: str, about: Given, release: str, first: date) -> None:
    parsed = icd10cm_order.read_order(order(name=name), about)
    assert (parsed.release, parsed.valid_from, parsed.valid_to) == (release, first, date(2026, 9, 30))


@pytest.mark.parametrize(
    ("name", "about", "complaint"),
    [
        ("order.txt", Given(), "order.txt does not tell its fiscal year; give its first day with --effective"),
        ("icd10cm-order-2026-2025.txt", Given(), "does not tell its fiscal year"),
        ("icd10cm-order-April-31-2026.txt", Given(), "names no day there is: april 31, 2026"),
        (ORDER_NAME, Given(effective=date(2026, 10, 1)), "of fiscal year 2026, in which 2026-10-01 does not lie"),
    ],
)
def test_a_file_that_names_no_year_or_another_is_refused(name: str, about: Given, complaint: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        icd10cm_order.read_order(order(name=name), about)
    assert complaint in refusal.value.message


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: "", "holds no code"),
        (lambda text: text[:-2], "line 4: the file breaks off, this line has no end"),
        (lambda text: text[: text.index("smoke,")], "line 2: the file breaks off"),
        (
            lambda text: text.replace("00002 A000    1", "00002 A000   1"),
            "line 2: '00002 A000   1 Drago' begins no line of an order file",
        ),
        (
            lambda text: text.replace("00002 A000    1", "00002 A000    2"),
            "line 2: '00002 A000    2 Drag' begins no line",
        ),
        (lambda text: text.replace("00003", "00002"), "line 3: order number 00002 does not follow 00002"),
        (lambda text: "".join(reversed(text.splitlines(True))), "order number 00003 does not follow 00004"),
        (lambda text: text.replace("QA00101", "q_00101"), "line 4: 'q_00101' is no code"),
        (lambda text: text.replace("QA00101", "A000   "), "line 4: A000 stands in the file twice"),
        (lambda text: text.replace("Broken wing tip, 1st flight", " " * 27), "line 3: the description '' is none"),
        (lambda text: text.replace("Broken wing tip, first", "Broken\x00wing tip, first"), "line 3: the description"),
    ],
)
def test_an_order_file_that_is_not_whole_is_refused_by_line(change: Callable[[str], str], complaint: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        icd10cm_order.read_order(order(change(ORDER)), Given())
    assert complaint in refusal.value.message
    assert refusal.value.message.startswith(ORDER_NAME)


def test_one_kind_of_file_is_not_taken_for_the_other() -> None:
    with pytest.raises(FileRefused, match=r"line 1: '00001 A00     0 Drag' begins no line of a list"):
        icd10cm_order.read_codes(order(), Given())
    with pytest.raises(FileRefused, match="line 1: 'A000    Dragon fever' begins no line of an order file"):
        icd10cm_order.read_order(SourceFile(LIST_NAME, LIST.encode()), Given())


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(ORDER)), st.integers(0, 200), st.binary(max_size=12))
def test_a_garbled_file_is_read_or_refused(place: int, gone: int, garbage: bytes) -> None:
    data = ORDER.encode()
    file = SourceFile(ORDER_NAME, data[:place] + garbage + data[place + gone :])
    for read in (icd10cm_order.read_order, icd10cm_order.read_codes):
        with contextlib.suppress(FileRefused):
            assert read(file, Given()).read


@pytest.mark.skipif(not SHARED.exists(), reason="the publishers' files are not beside this project")
def test_the_publishers_own_files_are_read_whole() -> None:
    parsed = icd10cm_order.read_order(open_source(SHARED / "icd10cm-order-Jan-2021.txt"), Given())
    assert (parsed.read, parsed.release) == (95_358, "January 2021")
    assert sum(values[1] == "1" for values in parsed.tables[0].rows.values()) == 72_621
    codes = icd10cm_order.read_codes(open_source(SHARED / "icd10cm-codes-2026.rebuilt.txt"), Given())
    assert (codes.read, codes.release) == (74_719, "October 2025")
