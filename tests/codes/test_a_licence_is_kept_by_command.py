"""`flask codes licence install`, `show` and `empty`, as the operator uses them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask

from tests.codes import given_rows, licensed
from webapp.codes import service
from webapp.codes.datasets import licences, loading
from webapp.codes.datasets.parsed import Parsed, Table
from webapp.codes.importers.files import SourceFile
from webapp.codes.licence_cli import licence_cli
from webapp.core import clock
from webapp.extensions import db, transaction

INSTALL = ("install", "cpt", "--holder", "Shelf  & Sons", "--line", licensed.LINE)


def run(app: Flask, *arguments: str, typed: str | None = None) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(licence_cli, list(arguments), input=typed)


def load_long(*codes: str) -> None:
    table = Table("cpt-long", {(code, ""): ("Made-up text",) for code in codes}, licensed=True)
    with transaction():
        loading.load(SourceFile("LONGULT.txt", b""), Parsed("2026", clock.today(), None, [table]))


def test_a_licence_is_installed_and_shown(empty: Flask) -> None:
    last = clock.today() + timedelta(days=30)
    told = run(empty, *INSTALL, "--until", last.isoformat()).output
    assert told.startswith(f"cpt: held by Shelf & Sons, until {last}. Files with its texts may be loaded now")
    given_rows.load({"mpfs": {(code, ""): {} for code in ("10001", "10002", "D0001")}}, first=clock.today())
    load_long("10001", "10003")
    assert run(empty, "show").output.splitlines() == [
        f"cpt: held by Shelf & Sons, until {last}",
        f"  shown with every text: {licensed.LINE}",
        "        2 in CPT long descriptors (cpt-long)",
        "        1 of 3 codes have no text",
        "cdt: no licence of the American Dental Association is installed",
        "        0 of 0 codes have no text",
    ]


def test_an_ended_licence_is_shown_as_one(empty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    last = clock.today()
    run(empty, *INSTALL, "--until", last.isoformat())
    monkeypatch.setattr(clock, "offset", lambda: timedelta(days=1))
    assert f"cpt: held by Shelf & Sons, ended on {last}" in run(empty, "show").output


def test_what_cannot_be_installed_is_told_in_one_line(empty: Flask) -> None:
    result = run(empty, *INSTALL, "--until", "2020-02-02")
    assert (result.exit_code, result.output) == (1, "Error: A licence that ended on 2020-02-02 covers nothing.\n")
    assert run(empty, "install", "icd", "--holder", "Us", "--line", "©").exit_code == 2
    assert licences.installed("cpt") is None


def test_emptying_asks_first(empty: Flask) -> None:
    run(empty, *INSTALL)
    licensed.load()
    result = run(empty, "empty", "cpt", typed="n\n")
    assert result.exit_code == 1
    assert "Delete 10 texts and the licence cpt? Readers lose them at once [y/N]: n" in result.output
    assert licences.count("cpt") == 10
    db.session.rollback()
    result = run(empty, "empty", "cpt", typed="y\n")
    assert result.exit_code == 0
    assert (
        "10 texts are deleted, and the licence cpt.\nThe database's files hold none of them any more." in result.output
    )
    assert (licences.count("cpt"), licences.installed("cpt")) == (0, None)


def test_emptying_what_is_empty_is_no_error(empty: Flask) -> None:
    assert run(empty, "empty", "cdt", "--yes").output.startswith("0 texts are deleted, and the licence cdt.\n")


def test_readers_see_a_licence_and_its_end_at_once(empty: Flask) -> None:
    stamps = [service.catalogue_stamp()]
    for arguments in (INSTALL, ("empty", "cpt", "--yes")):
        run(empty, *arguments)
        db.session.rollback()
        stamps.append(service.catalogue_stamp())
    assert len(set(stamps)) == 3
