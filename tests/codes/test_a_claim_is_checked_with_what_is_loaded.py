"""The claim check over loaded datasets: what is in force on each day is what counts, in a few queries."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from tests.codes import given_rows, ptp_files, tabular
from webapp.codes import loader
from webapp.codes.claims import service
from webapp.codes.claims.model import Claim, Line, Report, Setting
from webapp.codes.datasets import ptp
from webapp.codes.datasets.parsed import Given
from webapp.core import clock
from webapp.extensions import db, transaction

DAY, AUTUMN = date(2026, 8, 3), date(2026, 11, 2)
UNITS = {"value": "2", "indicator": "3 Date of Service Edit: Clinical", "rationale": "Made up"}
ADDON = {"type": "1", "other": "45397", "effective": "20130401"}
TABLES: dict[str, given_rows.Given] = {
    "mue-practitioner": {("36000", ""): UNITS},
    "mue-hospital": {("36000", ""): {**UNITS, "value": "5"}},
    "mue-dme": {("E0100", ""): {**UNITS, "value": "1", "indicator": "1 Line Edit"}},
    "aoc": {
        ("49327", "45397 1 20130401"): ADDON,
        ("49327", "44970 1 20130401"): {**ADDON, "other": "44970", "deletion": "20201231"},
        ("0054T", "CCCCC 2 20130401"): {**ADDON, "type": "2", "other": "CCCCC"},
    },
    "mpfs": {(code, ""): {"status": "A"} for code in ("45378", "45380", "45330", "36000", "45397", "49327", "44970")},
    "hcpcs": {
        ("G0105", ""): {"long": "Made-up text one", "added": "19980101"},
        ("G0106", ""): {"long": "Made-up text two", "added": "19980101", "termination": "20260731"},
        ("E0100", ""): {"long": "Made-up text three"},
    },
}


@pytest.fixture
def loaded(catalogue: Flask, tmp_path: Path) -> Flask:
    """The made-up tabular list and one release of all that the check reads, the third quarter of 2026."""
    with transaction():
        ptp.load([ptp_files.write(tmp_path)], Given())
        ptp_hospital = ptp_files.write(tmp_path, ptp_files.ROWS[-1:], "ccioph-v322r0-f1.txt")
    with transaction():
        ptp.load([ptp_hospital], Given())
    given_rows.load(TABLES, date(2026, 7, 1), date(2026, 9, 30), "Q3 2026")
    return catalogue


def check(*lines: tuple[str, int, str], day: date = DAY, setting: Setting = "practitioner") -> Report:
    """Check lines of code, units and modifiers."""
    return service.check(
        Claim(
            tuple(
                Line(number, code, units, tuple(modifiers.split()), day)
                for number, (code, units, modifiers) in enumerate(lines, 1)
            ),
            setting=setting,
        )
    )


def found(report: Report) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(finding.rule, finding.severity, finding.lines) for finding in report.findings]


def test_a_claim_in_order_has_no_findings(loaded: Flask) -> None:
    report = check(("45378", 1, ""), ("45397", 1, ""), ("49327", 1, ""), ("G0105", 1, ""))
    assert found(report) == []
    assert report.notes == []
    assert [(source.dataset, source.release) for source in report.sources] == [
        (dataset, "Q3 2026") for dataset in ("ptp-practitioner", "mue-practitioner", "aoc", "mpfs", "hcpcs")
    ]


def test_everything_that_is_wrong_is_found(loaded: Flask) -> None:
    report = check(("45378", 1, ""), ("36000", 3, ""), ("45330", 1, "59"), ("49327", 1, ""), ("99998", 1, ""))
    assert found(report) == [
        ("ptp", "error", (1, 2)),
        ("ptp", "error", (1, 3)),
        ("mue", "error", (2,)),
        ("add-on", "error", (4,)),
        ("code", "error", (5,)),
    ]
    assert {str(finding.source) for finding in report.findings} == {
        "NCCI procedure-to-procedure edits, practitioner services, Q3 2026",
        "Medically unlikely edits, practitioner services, Q3 2026",
        "NCCI add-on code edits, Q3 2026",
        "Medicare Physician Fee Schedule, Q3 2026",
    }
    assert "(Made-up rationale)" in report.findings[0].sentence


def test_a_modifier_resolves_a_pair(loaded: Flask) -> None:
    report = check(("45378", 1, ""), ("36000", 2, "XU"))
    assert found(report) == [("ptp", "resolved", (1, 2))]


def test_each_setting_has_edits_of_its_own(loaded: Flask) -> None:
    lines = ("45378", 1, ""), ("36000", 3, "")
    assert found(check(*lines, setting="hospital")) == []
    assert found(check(("E0100", 2, ""), setting="dme")) == [("mue", "error", (1,))]
    assert found(check(("E0100", 2, ""))) == []


def test_an_edit_counts_on_the_days_it_is_in_force(loaded: Flask) -> None:
    lines = (
        Line(1, "G0105", 1, (), date(2026, 6, 30)),
        Line(2, "45378", 1, (), date(2026, 6, 30)),
        Line(3, "G0105", 1, (), DAY),
        Line(4, "45378", 1, (), DAY),
    )
    assert ("ptp", "error", (1, 2)) in found(service.check(Claim(lines)))
    assert ("ptp", "error", (3, 4)) not in found(service.check(Claim(lines)))


def test_a_deleted_primary_code_is_none(loaded: Flask) -> None:
    report = check(("49327", 1, ""), ("44970", 1, ""))
    assert found(report) == [("add-on", "error", (1,))]
    assert report.findings[0].resolves == "Report it with a primary code: 45397."


def test_the_contractor_decides_on_others(loaded: Flask) -> None:
    given_rows.load({"opps": {("0054T", ""): {"status": "N"}}}, date(2026, 7, 1), date(2026, 9, 30), "Q3 2026")
    assert found(check(("0054T", 1, ""), ("45378", 1, ""))) == [("add-on", "note", (1,))]


def test_a_terminated_code_is_told(loaded: Flask) -> None:
    report = check(("G0106", 1, ""))
    assert found(report) == [("code", "error", (1,))]
    assert report.findings[0].sentence == "G0106 ended on 2026-07-31 and is not in force on 2026-08-03."


def test_a_code_that_a_later_release_left_out_has_ended(loaded: Flask) -> None:
    fees = {key: row for key, row in TABLES["mpfs"].items() if key[0] != "45378"}
    given_rows.load({"mpfs": fees}, date(2026, 10, 1), date(2026, 12, 31), "Q4 2026")
    assert found(check(("45378", 1, ""))) == []
    (finding,) = check(("45378", 1, ""), day=AUTUMN).findings
    assert finding.sentence == "45378 ended on 2026-09-30 and is not in force on 2026-11-02."
    assert finding.source
    assert finding.source.release == "Q4 2026"


def test_later_days_are_checked_with_releases_that_have_ended(loaded: Flask) -> None:
    report = check(("36000", 3, ""), day=AUTUMN)
    assert found(report) == [("mue", "error", (1,))]
    assert len(report.notes) == 3
    assert all("ended on 2026-09-30, before 2026-11-02" in note for note in report.notes)


def test_days_before_the_first_release_cannot_be_checked(loaded: Flask) -> None:
    report = check(("36000", 3, ""), day=date(2026, 1, 5))
    assert found(report) == []
    assert len(report.notes) == 4


def test_diagnoses_are_read_with_their_headings(loaded: Flask) -> None:
    claim = Claim(diagnoses=("A000", "B10", "A00", "A0099"), day=DAY)
    assert [(finding.rule, finding.codes) for finding in service.check(claim).findings] == [
        ("code", ("A00",)),
        ("code", ("A0099",)),
    ]


def test_an_inherited_excludes1_note_of_the_day_counts(empty: Flask) -> None:
    text = tabular.XML.replace("wyvern fever (A05.-)", "hearth fever (B10)")
    with transaction():
        loader.load(tabular.listing(text))
    claim = Claim((Line(1, "45378", 1, (), DAY),), ("A009", "B10"))
    (finding,) = (each for each in service.check(claim).findings if each.rule == "excludes1")
    assert finding.sentence == "A00.9 excludes B10 by A00’s Excludes1 note: hearth fever (B10)."
    assert str(finding.source) == "ICD-10-CM, April 2026"
    with transaction():
        loader.load(tabular.later_listing())
    assert [each for each in service.check(claim).findings if each.rule == "excludes1"] == [finding]
    later = Claim((Line(1, "45378", 1, (), AUTUMN),), ("A009", "B10"))
    assert [each for each in service.check(later).findings if each.rule == "excludes1"] == []


def test_an_ended_diagnosis_is_told(catalogue: Flask) -> None:
    with transaction():
        loader.load(tabular.later_listing())
    (finding,) = service.check(Claim(diagnoses=("S52502B",), day=AUTUMN)).findings
    assert finding.sentence == "S52.502B ended on 2026-09-30 and is not in force on 2026-11-02."


def test_without_lines_and_day_today_counts(catalogue: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2020, 1, 1))
    report = service.check(Claim(diagnoses=("A000",)))
    assert report.notes == ["ICD-10-CM tabular list: no release for 2020-01-01 is loaded, so this was not checked."]


def test_an_empty_claim_has_nothing_wrong(empty: Flask) -> None:
    assert service.check(Claim()) == Report()


def test_a_long_claim_takes_no_more_queries(loaded: Flask) -> None:
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    lines = tuple(Line(number, f"{45000 + number}", 1, ("59",), DAY) for number in range(1, 200))
    service.check(Claim(lines, ("A000", "B10", "S520XXA"), age=40, sex="female"))
    assert len([statement for statement in statements if statement.startswith("SELECT")]) <= 12
