"""The royalty report: distinct readers and openings by month and licence, printed or as CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from flask import Flask

from webapp.codes import royalty
from webapp.codes.datasets.models import LicensedReading
from webapp.codes.licence_cli import royalty_command
from webapp.codes.royalty import Figures
from webapp.extensions import db, transaction

NOVEMBER = Figures("2026-11", "cpt", 3, 2, 1, 16, 6, 3, 7)
DENTAL = Figures("2026-11", "cdt", 1, 1, 0, 1, 1, 0, 0)
OCTOBER = Figures("2026-10", "cpt", 1, 0, 1, 2, 0, 2, 0)


@pytest.fixture
def filled(database: Flask) -> Flask:
    rows = [
        *(("2026-11", "cpt", subject, openings) for subject, openings in (("u1", 5), ("u2", 1), ("gu1", 3), ("", 7))),
        ("2026-11", "cdt", "u1", 1),
        ("2026-10", "cpt", "gsomeone", 2),
    ]
    with database.app_context(), transaction():
        for month, system, subject, openings in rows:
            db.session.add(LicensedReading(month=month, system=system, subject=subject, openings=openings))
    return database


def run(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(royalty_command, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_readers_are_counted_once_and_openings_each(filled: Flask) -> None:
    with filled.app_context():
        assert royalty.report("2026-11") == [DENTAL, NOVEMBER]
        assert royalty.report() == [DENTAL, NOVEMBER, OCTOBER]
        assert royalty.report("2026-09") == []


def test_the_command_prints_a_month_or_all(filled: Flask) -> None:
    header, *rows = run(filled).splitlines()
    assert header.split()[:4] == ["month", "system", "readers", "signed"]
    assert [row.split() for row in rows] == [royalty.cells(each) for each in (DENTAL, NOVEMBER, OCTOBER)]
    assert len(run(filled, "--month", "2026-10").splitlines()) == 2
    assert run(filled, "--month", "2025-01").endswith("No licensed text was opened.\n")


@pytest.mark.parametrize("month", ["november", "2026", "2026-13"])
def test_a_month_that_is_none_is_refused(database: Flask, month: str) -> None:
    result = database.test_cli_runner().invoke(royalty_command, ["--month", month])
    assert (result.exit_code, "Invalid value for '--month'" in result.output) == (2, True)


def test_the_figures_go_into_a_file(filled: Flask, tmp_path: Path) -> None:
    file = tmp_path / "royalty.csv"
    assert run(filled, "--month", "2026-11", "--csv", str(file)) == f"{file}: 2 rows.\n"
    with file.open(newline="") as text:
        assert list(csv.reader(text)) == [list(royalty.COLUMNS), royalty.cells(DENTAL), royalty.cells(NOVEMBER)]


def test_a_file_that_cannot_be_written_is_told(filled: Flask, tmp_path: Path) -> None:
    result = filled.test_cli_runner().invoke(royalty_command, ["--csv", str(tmp_path / "nowhere" / "royalty.csv")])
    assert (result.exit_code, result.output.startswith("Error: ")) == (1, True)
