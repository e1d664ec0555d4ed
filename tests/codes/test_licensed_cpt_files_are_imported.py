"""The AMA's files: which is which, what becomes of their lines, and that nothing of them lands in another table."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from flask import Flask
from hypothesis import given as over
from hypothesis import settings
from sqlalchemy import func, select

from tests.codes import garbling
from webapp.codes.datasets import licences, loading, reading
from webapp.codes.datasets.models import LicensedRecord, Record
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import cpt
from webapp.codes.importers.files import SourceFile
from webapp.extensions import db, transaction

NOTICE = "A notice of the publisher, Made-up Street 5,\r\n60600-1234 Made-up Town.\r\n\r\n"
TABBED = f"{NOTICE}00100\tMade-up text one\r\n45397\tMade-up text two, with a comma\r\n0001U\tMade-up text three\r\n"
FIXED = (
    f"{NOTICE}00100 Made-up text that is long\r\n00100 and goes on in the next\r\n00100 and the third line\r\n"
    "45397 Made-up text two\r\n"
)
MODIFIERS = f"{NOTICE}22\tMade-up modifier one\r\n1P\tMade-up modifier two\r\nP1  Made-up three\r\nLT\tMade-up four\r\n"
CONSUMER = "Concept Id\tCPT Code\tConsumer Friendly Descriptor\r\n100\t00100\tMade-up words one\r\n"
CLINICIAN = (
    "Concept Id\tCPT Code\tClinician Descriptor Id\tClinician Descriptor\r\n"
    "100\t00100\t2001\tMade-up words one\r\n100\t00100\t2002\tMade-up words two\r\n"
    "101\t45397\t2003\tMade-up words three\r\n"
)


def read(text: str, name: str, given: Given | None = None) -> Parsed:
    return cpt.read(SourceFile(name, text.encode("cp1252")), given or Given(effective=date(2026, 1, 1)))


def workbook(text: str, name: str) -> SourceFile:
    book = openpyxl.Workbook()
    for line in text.splitlines():
        book.worksheets[0].append([int(cell) if cell.isdigit() else cell for cell in line.split("\t")])
    held = io.BytesIO()
    book.save(held)
    return SourceFile(name, held.getvalue())


@pytest.mark.parametrize(
    ("text", "name", "dataset"),
    [
        (TABBED, "LONGULT.txt", "cpt-long"),
        (TABBED, "LONGUT.TXT", "cpt-long"),
        (FIXED, "LONGULF.txt", "cpt-long"),
        (FIXED, "LONGUF.txt", "cpt-long"),
        (TABBED, "medu.txt", "cpt-medium"),
        (TABBED, "SHORTU.txt", "cpt-short"),
        (MODIFIERS, "MODUL.txt", "cpt-modifiers"),
        (CONSUMER, "ConsumerDescriptor.txt", "cpt-consumer"),
        (CLINICIAN, "ClinicianDescriptor.txt", "cpt-clinician"),
    ],
)
def test_the_name_tells_the_kind_and_all_of_it_is_licensed(text: str, name: str, dataset: str) -> None:
    done = read(text, name)
    assert [(table.dataset, table.licensed) for table in done.tables] == [(dataset, True)]
    assert done.refused == []
    assert done.listing is None


def test_the_notice_before_the_first_code_is_no_text() -> None:
    done = read(TABBED, "LONGULT.txt")
    assert done.read == 3
    assert done.tables[0].rows == {
        ("00100", ""): ("Made-up text one",),
        ("45397", ""): ("Made-up text two, with a comma",),
        ("0001U", ""): ("Made-up text three",),
    }


def test_lines_of_the_same_code_are_joined() -> None:
    assert read(FIXED, "LONGULF.txt").tables[0].rows == {
        ("00100", ""): ("Made-up text that is long and goes on in the next and the third line",),
        ("45397", ""): ("Made-up text two",),
    }


def test_modifiers_have_two_characters() -> None:
    assert {code: row[0] for (code, _), row in read(MODIFIERS, "MODUL.txt").tables[0].rows.items()} == {
        "22": "Made-up modifier one",
        "1P": "Made-up modifier two",
        "P1": "Made-up three",
        "LT": "Made-up four",
    }


def test_a_word_of_two_letters_is_no_modifier() -> None:
    assert len(read(f"TO WHOM IT CONCERNS\r\n{MODIFIERS}", "MODUL.txt").tables[0].rows) == 4


def test_clinicians_have_several_texts_for_a_code_in_the_files_order() -> None:
    rows = read(CLINICIAN, "ClinicianDescriptor.txt").tables[0].rows
    assert rows == {
        ("00100", "0001"): ("Made-up words one",),
        ("00100", "0002"): ("Made-up words two",),
        ("45397", "0001"): ("Made-up words three",),
    }


def test_a_workbook_says_the_same_even_without_the_zeros_of_its_codes() -> None:
    given = Given(effective=date(2026, 1, 1))
    book = cpt.read(workbook(CLINICIAN, "ClinicianDescriptor.xlsx"), given)
    assert book.tables[0].rows == read(CLINICIAN, "ClinicianDescriptor.txt").tables[0].rows


def test_older_letters_and_the_mark_of_utf_8_are_read() -> None:
    text = "00100\tMade-up Ménière text\r\n"
    given = Given(effective=date(2026, 1, 1))
    for data in (text.encode("cp1252"), text.encode("utf-8-sig")):
        done = cpt.read(SourceFile("MEDU.txt", data), given)
        assert done.tables[0].rows == {("00100", ""): ("Made-up Ménière text",)}


def test_the_year_is_in_the_name_or_given() -> None:
    done = read(TABBED, "CPT 2026 LONGULT.txt", Given())
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("2026", "2026-01-01", "2026-12-31")
    assert "--effective" in garbling.refusal(cpt.read, SourceFile("LONGULT.txt", TABBED.encode()))
    other = Given(effective=date(2027, 1, 1))
    assert "does not lie" in garbling.refusal(cpt.read, SourceFile("2026_LONGULT.txt", TABBED.encode()), other)


def test_single_lines_without_a_code_are_told_without_their_text() -> None:
    done = read(TABBED + "a broken line\r\n", "LONGULT.txt")
    assert done.refused == ["LONGULT.txt, line 7: does not begin with a code, left out"]


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (TABBED, "texts_2026.txt", "is named like none of the AMA's files: LONGULT,"),
        (TABBED + "x\r\n" * 4, "LONGULT_2026.txt", "more lines are without a code than with one"),
        (f"{TABBED}00100\tAgain\r\n", "LONGULT_2026.txt", "line 7: 00100 stands in the file twice"),
        (TABBED[:-4], "LONGULT_2026.txt", "its last line has no end"),
        (NOTICE, "LONGULT_2026.txt", "no row"),
        (CONSUMER.replace("CPT Code", "Code"), "ConsumerDescriptor2026.txt", "column 2 is 'Code', and 'CPT Code'"),
        (CONSUMER + "101\t00100\tTwice\r\n", "ConsumerDescriptor2026.txt", "row 3: 00100 stands in the file twice"),
        (CLINICIAN.replace("\t45397", "\tG0105"), "ClinicianDescriptor2026.txt", "row 4: 'G0105' is no CPT code"),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole(text: str, name: str, told: str) -> None:
    assert told in garbling.refusal(cpt.read, SourceFile(name, text.encode()))


@pytest.mark.parametrize(
    ("text", "name"),
    [(TABBED, "LONGULT.txt"), (FIXED, "LONGUF.txt"), (MODIFIERS, "MODUL.txt"), (CLINICIAN, "ClinicianDescriptor.txt")],
)
def test_a_garbled_file_does_no_harm(text: str, name: str) -> None:
    @over(garbling.garbled(text.encode(), b"\t"))
    @settings(max_examples=50, deadline=None)
    def run(data: bytes) -> None:
        garbling.is_refused_or_fit_to_store(cpt.read, SourceFile(name, data), Given(effective=date(2026, 1, 1)))

    run()


def load(text: str, name: str) -> None:
    file = SourceFile(name, text.encode())
    with transaction():
        loading.load(file, cpt.read(file, Given(effective=date(2026, 1, 1))))


def test_without_a_licence_nothing_is_stored(empty: Flask) -> None:
    load(TABBED, "LONGULT.txt")
    assert reading.licensed("00100", date(2026, 6, 1)) == {}
    assert db.session.scalar(select(func.count()).select_from(LicensedRecord)) == 0


def test_with_a_licence_the_texts_lie_in_the_licensed_table_only(empty: Flask) -> None:
    with transaction():
        licences.install(licences.CPT, "Made-up holder", "A copyright line", None)
    load(TABBED, "LONGULT.txt")
    load(CLINICIAN, "ClinicianDescriptor.txt")
    assert reading.licensed("00100", date(2026, 6, 1)) == {
        "cpt-clinician": ["Made-up words one", "Made-up words two"],
        "cpt-long": ["Made-up text one"],
    }
    assert db.session.scalar(select(func.count()).select_from(Record)) == 0
