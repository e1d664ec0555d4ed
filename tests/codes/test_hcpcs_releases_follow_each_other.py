"""HCPCS releases are loaded one after the other: pages and details hold for the days that the files say."""

from __future__ import annotations

from datetime import date

from flask import Flask

from tests.codes import level_two
from tests.codes.level_two import CODES, Code, text_file
from webapp.codes import browse
from webapp.codes.datasets import loading, reading
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import hcpcs
from webapp.codes.importers.files import SourceFile
from webapp.extensions import transaction

NEXT = [*CODES, Code("E0001", "Made-up bed", "Bed", {"ADD DT": "20270101", "ACT EFF DT": "20270101", "ACTION CD": "A"})]


def load(file: SourceFile) -> loading.Report:
    with transaction():
        return loading.load(file, hcpcs.read(file, Given()))


def test_a_file_makes_pages_and_details(empty: Flask) -> None:
    report = load(text_file())
    assert [(table.dataset, table.added) for table in report.tables] == [
        ("hcpcs", 8),
        ("hcpcs", 5),
        ("hcpcs-modifiers", 2),
    ]
    assert [link.title for link in browse.chapters("hcpcs")] == [
        "A codes: ambulance, supplies, radiopharmaceuticals",
        "V codes: vision, hearing, speech",
    ]
    facts = reading.facts("A0001", date(2026, 11, 1))
    assert facts.value("hcpcs", "tos") == "1 P"
    assert reading.facts("A1", date(2026, 11, 1)).value("hcpcs-modifiers", "short") == "Left wing"


def test_a_file_is_loaded_once_in_either_layout(empty: Flask) -> None:
    load(text_file())
    assert load(text_file()).unchanged
    again = load(level_two.book())
    assert [(table.added, table.changed, table.ended) for table in again.tables][1:] == [(5, 0, 0), (2, 0, 0)]
    assert reading.facts("A0001", date(2026, 11, 1)).value("hcpcs", "short") == "Dragon cart"


def test_the_next_quarter_adds_changes_and_ends(empty: Flask) -> None:
    load(text_file())
    report = load(text_file(NEXT, "HCPC2027_JAN_ANWEB.txt"))
    codes, details, modifiers = report.tables
    assert (codes.added, codes.ended) == (3, 1), "a letter, a range and a code; the code that ended in October"
    assert (details.added, details.changed, details.ended) == (1, 0, 0)
    assert (modifiers.added, modifiers.changed, modifiers.ended) == (0, 0, 0)
    assert reading.facts("E0001", date(2026, 12, 31)).rows("hcpcs") == []
    assert reading.facts("E0001", date(2027, 1, 1)).value("hcpcs", "long") == "Made-up bed"
