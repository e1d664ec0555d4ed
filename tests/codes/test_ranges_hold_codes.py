"""Look-ups beside a code's own rows: the range that a code is in, and licensed texts of several codes."""

from __future__ import annotations

from datetime import date

from flask import Flask

from tests.codes import given_rows
from webapp.codes.datasets import licences, loading, reading
from webapp.codes.datasets.parsed import Parsed, Table
from webapp.codes.importers.files import SourceFile
from webapp.extensions import transaction

DAY = given_rows.DAY
RANGES = (
    ("00100", "00199", "numbers"),
    ("01060", "01080", "numbers with letters among them"),
    ("0100T", "0110T", "third category"),
    ("12300", "12300", "a single code"),
    ("C9000", "C9999", "level two"),
)

FOUND = {
    "00100": "numbers",
    "00150": "numbers",
    "00199": "numbers",
    "00200": None,
    "00099": None,
    "01072": "numbers with letters among them",
    "0105T": "third category",
    "0111T": None,
    "0105U": None,
    "12300": "a single code",
    "12301": None,
    "C9500": "level two",
    "E9500": None,
    "1230": None,
}
"""Codes, and the range that each is in."""


def load_ranges(*ranges: tuple[str, str, str], first: date = DAY, name: str = "2026") -> None:
    rows = {(low, ""): {"last": high, "category": "1", "label": label} for low, high, label in ranges}
    given_rows.load({"ccs": rows}, first=first, name=name)


def test_a_code_is_in_the_range_of_its_kind(empty: Flask) -> None:
    load_ranges(*RANGES)
    found = {code: reading.in_range("ccs", code, DAY) for code in FOUND}
    assert {code: row["label"] if row else None for code, row in found.items()} == FOUND


def test_a_range_holds_on_its_days(empty: Flask) -> None:
    load_ranges(("00100", "00199", "old"), ("00150", "00150", "within, for a year"))
    load_ranges(("00100", "00199", "new"), first=date(2027, 1, 1), name="2027")
    days = (date(2025, 12, 31), date(2026, 6, 1), date(2027, 1, 1))
    found = [reading.in_range("ccs", "00150", day) for day in days]
    assert [row["label"] if row else None for row in found] == [None, "within, for a year", "new"]


def test_ranges_of_another_dataset_do_not_count(empty: Flask) -> None:
    load_ranges(("00100", "00199", "numbers"))
    given_rows.load({"opps": {("00149", ""): {"status": "N"}}})
    row = reading.in_range("ccs", "00150", DAY)
    assert row
    assert row.code == "00100"


def test_licensed_texts_of_several_codes_are_one_question(empty: Flask) -> None:
    rows = {("51", ""): ("Made-up text one",), ("62", ""): ("Made-up text two",), ("66", ""): ("Made-up text three",)}
    with transaction():
        licences.install("cpt", "A holder", "A line", None)
        table = Table("cpt-modifiers", rows, licensed=True)
        loading.load(SourceFile("MODUL.txt", b"one"), Parsed("2026", DAY, None, [table]))
    texts = {"51": "Made-up text one", "62": "Made-up text two"}
    assert reading.licensed_many(["51", "62", "99"], "cpt-modifiers", DAY) == texts
    assert reading.licensed_many(["51"], "cpt-medium", DAY) == {}
    assert reading.licensed_many(["51"], "cpt-modifiers", date(2025, 12, 31)) == {}
    assert reading.licensed_many([], "cpt-modifiers", DAY) == {}


def test_the_first_of_several_licensed_texts_counts(empty: Flask) -> None:
    rows = {("12345", "0001"): ("Made-up text one",), ("12345", "0002"): ("Made-up text two",)}
    with transaction():
        licences.install("cpt", "A holder", "A line", None)
        table = Table("cpt-clinician", rows, licensed=True)
        loading.load(SourceFile("ClinicianDescriptor.txt", b"one"), Parsed("2026", DAY, None, [table]))
    assert reading.licensed_many(["12345"], "cpt-clinician", DAY) == {"12345": "Made-up text one"}
