"""What pages show of two codes from the publishers' own files, where these lie beside the project."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from tests.codes import given_rows
from webapp.codes.datasets import loading
from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.document import Reference
from webapp.codes.facts import addons, information, modifiers, rvus
from webapp.codes.facts.subject import Subject
from webapp.codes.importers import aoc, asc, mpfs, mpfs_places, opps
from webapp.codes.importers.files import SourceFile, open_source
from webapp.extensions import transaction

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="the publishers' files are not beside this project"),
]
DAY = date(2026, 5, 1)
CODES = {"45397", "49327"}


Read = list[tuple[SourceFile, Parsed]]


@pytest.fixture(scope="module")
def _read() -> Read:
    """What the files say of two codes, and all localities."""
    return [
        (file, read_file(file, Given()))
        for read_file, file in (
            (mpfs.read, open_source(SHARED / "mpfs/PPRRVU2025_Oct.nodesc.csv")),
            (mpfs_places.read_gpci, open_source(SHARED / "mpfs/GPCI2025.csv")),
            (opps.read, open_source(SHARED / "opps/addendum_b_2026-04.nodesc.csv")),
            (asc.read, open_source(SHARED / "asc/asc_2020_07_addendum_AA.nodesc.csv")),
            (asc.read, open_source(SHARED / "asc/asc_2020_07_addendum_EE.nodesc.csv")),
            (aoc.read, open_source(SHARED / "ncci/AOC_V2026Q2-MCR.xlsx")),
        )
    ]


@pytest.fixture
def published(_read: Read, app: Flask) -> Iterator[Flask]:
    """An application with these rows of the files."""
    with app.app_context():
        for file, parsed in _read:
            tables = [
                Table(table.dataset, {key: row for key, row in table.rows.items() if wanted(table, key[0])})
                for table in parsed.tables
                if not table.licensed
            ]
            with transaction():
                loading.load(file, Parsed(parsed.release, parsed.valid_from, parsed.valid_to, tables))
        yield app


def wanted(table: Table, code: str) -> bool:
    return code in CODES or table.dataset == "gpci"


def subject(code: str) -> Subject:
    return given_rows.subject(code, "cpt", DAY)


def test_the_page_of_45397_shows_its_indicators(published: Flask) -> None:
    rows = [row for block in information.blocks(subject("45397")) for row in given_rows.texts(block)]
    assert [(field, value) for field, value, _ in rows] == [
        ("Status Code", "A"),
        ("Global Days", "090"),
        ("PC/TC (26, TC)", "0"),
        ("Multiple Procedures (51)", "2"),
        ("Bilateral Surgery (50)", "0"),
        ("Physician Supervision", "09"),
        ("Assistant Surgeon (80, 82)", "2"),
        ("Co-Surgeons (62)", "1"),
        ("Team Surgery (66)", "0"),
        ("Diagnostic Imaging Family", "99"),
        ("APC Status Indicator", "C"),
        ("ASC Payment Indicator", "excluded"),
    ]
    assert all(meaning for _, _, meaning in rows)


def test_the_page_of_45397_shows_its_add_on_code(published: Flask) -> None:
    [block] = addons.blocks(subject("45397"))
    assert block.rows[0][:4] == [Reference("cpt", "49327"), "A", "N", "N1"]
    assert len(block.rows) == 1


def test_45397_is_among_the_primary_codes_of_49327(published: Flask) -> None:
    tables = [block for block in addons.blocks(subject("49327")) if block.columns]
    row = next(row for row in tables[0].rows if str(row[0]) == "45397")
    assert row[1:4] == ["A", "C", "excluded"]


def test_the_page_of_45397_shows_its_prices(published: Flask) -> None:
    _, national, local = rvus.blocks(subject("45397"))
    assert national.rows[2][:2] == ["Facility price", "$2,044.30"]
    assert len(local.rows) == 109
    assert ["ALABAMA", "AL", "NA", "$1,873.53"] in local.rows


def test_the_page_of_45397_shows_its_modifiers(published: Flask) -> None:
    [block] = modifiers.blocks(subject("45397"))
    allowed = [row[0] for row in block.rows]
    assert allowed == ["22", "51", "54", "55", "56", "58", "62", "78", "79", "80", "81", "82", "AS"]
