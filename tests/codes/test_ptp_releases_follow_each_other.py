"""NCCI's edits in the database: a release stores what it changed, can be taken back, and is found by code and day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text

from tests.codes import ptp_files
from webapp.codes import service
from webapp.codes.datasets import loading, ptp, ptp_edits, releases
from webapp.codes.datasets.models import DatasetRelease, PtpEdit, PtpRationale
from webapp.codes.datasets.parsed import Given
from webapp.codes.listing import FileRefused
from webapp.extensions import db, transaction

DATASET = "ptp-practitioner"
DAY = date(2026, 8, 1)
Stored = set[tuple[str, str, int, int, str]]


def load(*paths: Path, said: Given | None = None) -> loading.Report:
    with transaction():
        return ptp.load(paths, said or Given())


@pytest.fixture
def loaded(empty: Flask, tmp_path: Path) -> Path:
    """A folder; the first release is loaded from there."""
    load(ptp_files.write(tmp_path))
    return tmp_path


def later(folder: Path, rows: Iterable[str] = ptp_files.LATER) -> Path:
    return ptp_files.write(folder, rows, ptp_files.LATER_NAME)


def standing(service: str = "p") -> Stored:
    rows = select(PtpEdit.column1, PtpEdit.column2, PtpEdit.effective, PtpEdit.deletion, PtpEdit.modifier)
    found = db.session.execute(rows.where(PtpEdit.service == service, PtpEdit.until_release == 0))
    return {(row[0], row[1], row[2], row[3], row[4]) for row in found}


def rows_of(lines: Iterable[str]) -> Stored:
    cells = [line.split("\t") for line in lines]
    return {(row[0], row[1], int(row[3]), int(row[4].replace("*", "0")), row[5]) for row in cells}


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(PtpEdit)) or 0


def told(report: loading.Report) -> tuple[int, int, int, int, bool]:
    (table,) = report.tables
    return table.rows, table.added, table.changed, table.ended, table.unchanged


def latest() -> DatasetRelease:
    return releases.of(DATASET)[0]


def test_a_first_release_adds_every_row(loaded: Path) -> None:
    assert standing() == rows_of(ptp_files.ROWS)
    release = latest()
    assert (release.name, release.rows_read, release.rows_added) == ("Q3 2026", 6, 6)
    assert (release.valid_from, release.valid_to) == (date(2026, 7, 1), date(2026, 9, 30))
    assert set(db.session.scalars(select(PtpRationale.text))) == {ptp_files.OFTEN, ptp_files.SELDOM}


def test_the_same_files_again_do_nothing(loaded: Path) -> None:
    stamp = service.catalogue_stamp()
    assert told(load(loaded / ptp_files.NAME)) == (6, 0, 0, 0, True)
    assert service.catalogue_stamp() == stamp


def test_a_later_release_stores_only_what_it_changed(loaded: Path) -> None:
    stamp = service.catalogue_stamp()
    report = load(later(loaded))
    assert (report.release, report.read, report.refused) == ("Q4 2026", 6, [])
    assert told(report) == (6, 1, 1, 1, False)
    assert standing() == rows_of(ptp_files.LATER)
    assert stored() == 6 + 2
    assert [release.name for release in releases.of(DATASET)] == ["Q4 2026", "Q3 2026"]
    assert service.catalogue_stamp() != stamp


def test_rationales_keep_their_ids(loaded: Path) -> None:
    before = {row.text: row.id for row in db.session.scalars(select(PtpRationale))}
    load(later(loaded))
    after = {row.text: row.id for row in db.session.scalars(select(PtpRationale))}
    assert after.items() > before.items()
    assert len(set(after.values())) == 3


def test_taking_a_release_back_brings_back_what_stood_before(loaded: Path) -> None:
    load(later(loaded))
    with transaction():
        ptp.take_back(latest())
    assert standing() == rows_of(ptp_files.ROWS)
    assert stored() == 6
    assert latest().name == "Q3 2026"
    assert told(load(later(loaded))) == (6, 1, 1, 1, False)


def test_the_first_release_can_be_taken_back_too(loaded: Path) -> None:
    with transaction():
        ptp.take_back(latest())
    assert stored() == 0
    assert releases.of(DATASET) == []


def test_only_the_last_release_can_be_taken_back(loaded: Path) -> None:
    load(later(loaded))
    first = releases.of(DATASET)[1]
    with pytest.raises(FileRefused, match="not the latest"), transaction():
        ptp.take_back(first)


def test_what_an_earlier_release_took_away_is_not_kept(loaded: Path) -> None:
    load(later(loaded))
    load(ptp_files.write(loaded, ptp_files.LATER[1:], "ccipra-v330r0-f1.txt"))
    assert stored() == 6
    with transaction():
        ptp.take_back(latest())
    assert standing() == rows_of(ptp_files.LATER)
    with pytest.raises(FileRefused, match="kept no more"), transaction():
        ptp.take_back(latest())


def test_a_release_published_again_replaces_itself(loaded: Path) -> None:
    load(later(loaded))
    again = ptp_files.write(loaded, ptp_files.LATER[1:], "ccipra-v323r1-f1.txt")
    assert told(load(again)) == (5, 1, 1, 2, False)
    assert [release.name for release in releases.of(DATASET)] == ["Q4 2026 r1", "Q3 2026"]
    with transaction():
        ptp.take_back(latest())
    assert standing() == rows_of(ptp_files.ROWS)


def test_a_release_whose_losses_are_forgotten_can_still_be_replaced(loaded: Path) -> None:
    load(later(loaded))
    load(ptp_files.write(loaded, ptp_files.LATER[1:], "ccipra-v330r0-f1.txt"))
    with transaction():
        ptp.take_back(latest())
    load(ptp_files.write(loaded, ptp_files.LATER[2:], "ccipra-v323r1-f1.txt"))
    assert standing() == rows_of(ptp_files.LATER[2:])
    assert [release.name for release in releases.of(DATASET)] == ["Q4 2026 r1", "Q3 2026"]


def test_an_older_release_is_refused(loaded: Path) -> None:
    with pytest.raises(FileRefused, match="Q2 2026 is older than Q3 2026"):
        load(ptp_files.write(loaded, name="ccipra-v321r0-f1.txt"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (ptp_files.ROWS[4], "45380 and 45378 stands in the table twice"),
        ("45380\t4537", "line 13"),
    ],
)
def test_a_refused_file_changes_nothing(loaded: Path, line: str, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        load(later(loaded, (*ptp_files.LATER, line)))
    assert standing() == rows_of(ptp_files.ROWS)
    assert latest().name == "Q3 2026"
    load(later(loaded))


def test_a_release_that_ends_most_edits_is_refused(loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ptp, "FEW", 2)
    with pytest.raises(FileRefused, match="lack 4 of 6 standing edits: is a part missing"):
        load(later(loaded, ptp_files.ROWS[:2]))
    assert standing() == rows_of(ptp_files.ROWS)


def test_hospital_edits_stand_apart(loaded: Path) -> None:
    load(ptp_files.write(loaded, ptp_files.LATER, "ccioph-v323r0-f1.txt"))
    assert standing("p") == rows_of(ptp_files.ROWS)
    assert standing("h") == rows_of(ptp_files.LATER)
    assert [edit.column2 for edit in ptp_edits.pairs(["G0105", "45330", "45378"], "h", date(2026, 11, 1))] == ["45330"]
    with transaction():
        ptp.take_back(releases.of("ptp-hospital")[0])
    assert standing("p") == rows_of(ptp_files.ROWS)


def test_progress_is_told_to_the_end(empty: Flask, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    with transaction():
        ptp.load([ptp_files.write(tmp_path)], Given(), lambda *step: told.append(step))
    assert list(dict.fromkeys(label for label, _, _ in told))[:2] == ["Reading", "Comparing"]
    assert told[-1][1] == told[-1][2]


def test_nothing_of_the_loading_is_left_behind(loaded: Path) -> None:
    with pytest.raises(Exception, match="ptp_stage"):
        db.session.execute(text("SELECT * FROM ptp_stage"))
    db.session.rollback()


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(1995, 12, 31), []),
        (date(1996, 1, 1), [("45378", "45330")]),
        (date(2010, 1, 1), [("45378", "45330")]),
        (date(2011, 4, 1), [("45378", "45330"), ("45380", "45378")]),
        (date(2026, 6, 30), [("45378", "45330"), ("45380", "45378"), ("G0105", "45378")]),
        (date(2026, 7, 1), [("45378", "45330"), ("45380", "45378")]),
    ],
)
def test_pairs_are_those_in_force_on_the_day(loaded: Path, day: date, found: list[tuple[str, str]]) -> None:
    edits = ptp_edits.pairs(["45330", "45378", "45380", "G0105"], "p", day)
    assert [(edit.column1, edit.column2) for edit in edits] == found


def test_pairs_of_several_days_are_one_query(loaded: Path) -> None:
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    edits = ptp_edits.pairs(["45378", "36000", "G0105"], "p", date(2026, 6, 30), date(2026, 7, 1))
    assert [(edit.column1, edit.column2, edit.modifier) for edit in edits] == [
        ("45378", "36000", "1"),
        ("G0105", "45378", "1"),
    ]
    assert [edit.holds(date(2026, 7, 1)) for edit in edits] == [True, False]
    assert sum(statement.startswith("SELECT") for statement in statements) == 1


def test_a_pair_tells_all_that_the_publisher_says(loaded: Path) -> None:
    (edit,) = ptp_edits.pairs(["45378", "45330"], "p", DAY)
    assert edit == ptp_edits.Edit("45378", "45330", date(1996, 1, 1), None, "0", ptp_files.OFTEN)
    assert ptp_edits.pairs([], "p", DAY) == []


def test_a_code_has_edits_both_ways(loaded: Path) -> None:
    found = ptp_edits.of_code("45378", "p", DAY, limit=1)
    assert (found.column1.count, [edit.column2 for edit in found.column1.edits]) == (2, ["36000"])
    assert (found.column2.count, [edit.column1 for edit in found.column2.edits]) == (1, ["45380"])
    assert ptp_edits.of_code("99999", "p", DAY).column1 == ptp_edits.Side(0, [])


def test_a_day_of_a_later_release_sees_its_edits(loaded: Path) -> None:
    load(later(loaded))
    assert ptp_edits.of_code("45330", "p", date(2026, 9, 30)).column2.count == 1
    assert [edit.column1 for edit in ptp_edits.of_code("45330", "p", date(2026, 10, 1)).column2.edits] == ["G0105"]
