"""Licensed texts stand in one table and nowhere else, without a licence nowhere, and once emptied in no file either."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.codes import licensed
from webapp.codes.datasets import licences, reading, wiping
from webapp.codes.datasets.licences import CDT, CPT
from webapp.codes.datasets.models import DatasetRelease, Licence, LicensedRecord, Record
from webapp.codes.licence_cli import licence_cli
from webapp.core.errors import Unavailable
from webapp.extensions import db, transaction


def stored() -> dict[str, int]:
    query = select(LicensedRecord.dataset, func.count()).group_by(LicensedRecord.dataset)
    return {row[0]: row[1] for row in db.session.execute(query)}


def wiped(app: Flask, system: str) -> str:
    db.session.rollback()
    result = app.test_cli_runner().invoke(licence_cli, ["empty", system, "--yes"])
    assert result.exit_code == 0, result.output
    return result.output


def test_without_a_licence_no_text_is_stored_anywhere(empty: Flask) -> None:
    licensed.load()
    assert licensed.tables_with() == set()
    assert db.session.scalar(select(func.count()).select_from(Record)), "the files were loaded"


def test_with_both_licences_they_stand_in_the_licensed_table_alone(empty: Flask) -> None:
    licensed.install(CPT)
    licensed.install(CDT)
    licensed.load()
    assert licensed.tables_with() == {"licensed_record"}
    assert stored() == {
        "mpfs-text": 3,
        "opps-text": 3,
        "asc-aa-text": 2,
        "asc-bb-text": 1,
        "asc-ee-text": 1,
        "cpt-long": 2,
    }


def test_a_licence_covers_its_own_codes_only(empty: Flask) -> None:
    licensed.install(CDT)
    licensed.load()
    assert stored() == {"mpfs-text": 1, "opps-text": 1}
    assert set(db.session.scalars(select(LicensedRecord.code))) == {"D0001"}


def test_a_licence_of_later_brings_in_texts_of_files_that_were_loaded_before(empty: Flask) -> None:
    licensed.load()
    licensed.install(CDT)
    licensed.load()
    licensed.install(CPT)
    licensed.load()
    assert stored()["mpfs-text"] == 3
    assert stored()["cpt-long"] == 2


def test_changing_a_licence_in_force_loads_nothing_again(empty: Flask) -> None:
    licensed.install(CPT)
    licensed.load()
    licensed.install(CPT)
    known = db.session.scalars(select(DatasetRelease.sha256).where(DatasetRelease.dataset == "cpt-long")).one()
    assert known == licensed.LONG.sha256


def test_once_emptied_a_text_is_in_no_table(database: Flask, empty: Flask) -> None:
    licensed.install(CPT)
    licensed.load()
    assert "5 texts" not in wiped(database, CDT)
    assert licensed.tables_with() == {"licensed_record"}
    assert wiped(database, CPT).startswith("10 texts are deleted, and the licence cpt.\n")
    assert licensed.tables_with() == set()
    assert db.session.get(Licence, CPT) is None
    left = set(db.session.scalars(select(DatasetRelease.dataset)))
    assert left == {"mpfs", "opps", "asc-aa", "asc-bb", "asc-ee"}


def test_emptying_one_licence_leaves_the_texts_of_the_other(database: Flask, empty: Flask) -> None:
    licensed.install(CPT)
    licensed.install(CDT)
    licensed.load()
    wiped(database, CPT)
    assert stored() == {"mpfs-text": 1, "opps-text": 1}
    assert db.session.get(Licence, CDT) is not None
    wiped(database, CDT)
    assert stored() == {}


def test_an_emptied_licence_may_be_installed_and_filled_again(database: Flask, empty: Flask) -> None:
    licensed.install(CPT)
    licensed.load()
    before = stored()
    wiped(database, CPT)
    licensed.install(CPT)
    licensed.load()
    assert stored() == before


def test_sqlites_files_hold_no_deleted_text(app: Flask, tmp_path: Path) -> None:
    def in_files() -> list[str]:
        return [
            file.name for file in tmp_path.iterdir() if file.is_file() and licensed.MARK.encode() in file.read_bytes()
        ]

    with app.app_context():
        licensed.install(CPT)
        licensed.load()
        db.session.execute(text("PRAGMA secure_delete = OFF"))  # as in SQLites that are built without it
        assert in_files()
        with transaction():
            licences.empty(CPT)
        assert in_files(), "free pages and the log hold what was deleted"
        wiping.wipe()
        assert in_files() == []


def test_what_a_reader_keeps_in_sqlites_log_is_told(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.extensions.SQLITE_BUSY_SECONDS", 0.1)
    with make_app().app_context():
        with db.engine.connect() as reader:
            reader.execute(select(Licence)).all()
            with transaction():
                licences.empty(CPT)
            with pytest.raises(Unavailable, match="may still hold some of them: readers keep"):
                wiping.wipe()
        wiping.wipe()


def test_postgresql_keeps_no_samples_and_writes_the_table_anew(make_app: Callable[..., Flask], pg_url: str) -> None:
    app = make_app(DATABASE_URL=pg_url)
    with app.app_context():
        licensed.install(CPT)
        licensed.load()
        with transaction():
            db.session.execute(text("ANALYZE licensed_record"))
        assert licensed.tables_with() == {"licensed_record"}
        wiped(app, CPT)
        assert licensed.tables_with() == set()
        assert db.session.scalar(text("SELECT pg_relation_size('licensed_record')")) == 0


def test_an_emptied_text_is_not_read(database: Flask, empty: Flask) -> None:
    licensed.install(CPT)
    licensed.load()
    day = date(2026, 1, 1)
    assert reading.licensed("10001", day)
    wiped(database, CPT)
    assert reading.licensed("10001", day) == {}
