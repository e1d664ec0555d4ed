"""The section “Edits”: pairs both ways, with words and counts, and medically unlikely units."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.codes import given_rows
from tests.codes.given_rows import DAY, texts
from webapp.codes.datasets.models import DatasetRelease, PtpEdit, PtpRationale
from webapp.codes.document import Block, Reference
from webapp.codes.facts import edits
from webapp.core import clock
from webapp.extensions import db, transaction

FOREVER = 0


def give_pairs(service: str, dataset: str, *pairs: tuple[str, str, int, int, str]) -> None:
    """Store edits: columns 1 and 2, first and last day as numbers, modifier indicator."""
    with transaction():
        release = DatasetRelease(
            dataset=dataset,
            name="2026 Q1",
            valid_from=DAY,
            file_name="pairs.txt",
            sha256="0" * 64,
            format=1,
            loaded_at=clock.now(),
        )
        db.session.add(release)
        db.session.merge(PtpRationale(id=1, text="Made-up rationale"))
        db.session.flush()
        for column1, column2, effective, deletion, modifier in pairs:
            db.session.add(
                PtpEdit(
                    column1=column1,
                    column2=column2,
                    service=service,
                    effective=effective,
                    since_release=release.id,
                    until_release=0,
                    deletion=deletion,
                    modifier=modifier,
                    rationale=1,
                )
            )


def of(key: str, system: str = "cpt") -> list[Block]:
    return edits.blocks(given_rows.subject(key, system))


def test_pairs_are_shown_both_ways(empty: Flask) -> None:
    give_pairs(
        "p",
        "ptp-practitioner",
        ("10001", "10002", 20200101, 20261231, "1"),
        ("10003", "10001", 20210401, FOREVER, "0"),
        ("10001", "G0001", 20200101, 20250101, "1"),
    )
    said, beside, said_of, below = of("10001")
    assert said.html == "<p>Practitioner services: not paid beside 10001 – 1 edit.</p>"
    assert beside.columns[0] == "Column 2"
    assert beside.rows[0][0] == Reference("cpt", "10002")
    assert texts(beside)[0][1:] == [
        "1",
        "An NCCI modifier may bypass the edit where it is true.",
        "Made-up rationale",
        "1 January 2020",
        "31 December 2026",
    ]
    assert said_of.html == "<p>Practitioner services: 10001 is not paid beside – 1 edit.</p>"
    assert texts(below) == [["10003", "0", "No modifier bypasses the edit.", "Made-up rationale", "1 April 2021", ""]]
    assert below.source == "NCCI procedure-to-procedure edits, practitioner services, 2026 Q1"


def test_the_services_have_tables_of_their_own(empty: Flask) -> None:
    give_pairs("h", "ptp-hospital", ("10001", "10002", 20200101, FOREVER, "1"))
    said, table = of("10002")
    assert said.html.startswith("<p>Outpatient hospital: 10002 is not paid beside")
    assert texts(table)[0][0] == "10001"


def test_more_pairs_than_are_shown_are_counted(empty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "SHOWN", 2)
    give_pairs("p", "ptp-practitioner", *(("10001", f"2000{at}", 20200101, FOREVER, "1") for at in range(5)))
    said, table = of("10001")
    assert said.html.endswith("– 5 edits, the first 2 by code.</p>")
    assert [row[0] for row in texts(table)] == ["20000", "20001"]


def test_a_medically_unlikely_edit_has_its_words(empty: Flask) -> None:
    given_rows.load(
        {
            "mue-practitioner": {("10001", ""): {"value": "2", "indicator": "3", "rationale": "Made-up reason"}},
            "mue-dme": {("10001", ""): {"value": "0", "indicator": "2", "rationale": "Another one"}},
        },
        last=date(2026, 3, 31),
    )
    [table] = of("10001")
    assert texts(table) == [
        [
            "Practitioner services",
            "2",
            "3",
            "Counted by day, from clinical data: more may be paid on review.",
            "Made-up reason",
        ],
        [
            "DME suppliers",
            "0",
            "2",
            "Counted by day, by policy: follows from law, regulation or the code itself, and is absolute.",
            "Another one",
        ],
    ]
    assert table.source.startswith("Medically unlikely edits, practitioner services, January 2026; Medically unlikely")


def test_a_code_without_edits_and_a_diagnosis_have_none(empty: Flask) -> None:
    give_pairs("p", "ptp-practitioner", ("10001", "10002", 20200101, FOREVER, "1"))
    assert of("10009") == []
    assert of("E11.9", "icd-10-cm") == []
