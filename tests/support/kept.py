"""Databases that are filled once for a test process, and copied for every test that begins with the same."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Table, func, or_, select, text

from webapp.codes.models import CodeSystem
from webapp.codes.terms import keeping
from webapp.core import clock
from webapp.extensions import db, transaction

PLACE = tempfile.gettempdir()
"""Looked up now: a test may lead its own temporary files elsewhere."""
SEEDED = CodeSystem.__tablename__
"""The one table that the migrations fill."""


@dataclass
class Kept:
    """A folder with a term store, if one was built, and, of SQLite, the database; of PostgreSQL, the rows."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="cs-kept-", dir=PLACE)))
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)


_kept: dict[tuple[str, str], Kept] = {}
"""By the kind of database and the name."""


def filled(app: Flask, name: str, fill: Callable[[], None]) -> None:
    """Fill the migrated and empty database of an application, and its term store, in the application's context.

    What was filled first under a name is copied after that. A database that holds something already, or one on a
    moved clock, is filled by itself.
    """
    if clock.offset() or _holds_something():
        fill()
        return
    terms: Path = app.extensions["settings"].data / keeping.FOLDER
    key = db.engine.dialect.name, name
    if key not in _kept:
        fill()
        kept = Kept()
        _keep(kept)
        _replace(kept.folder / keeping.FOLDER, terms)
        _kept[key] = kept
        return
    _copy(_kept[key])
    _replace(terms, _kept[key].folder / keeping.FOLDER)


def forget() -> None:
    """Remove what is kept, at the end of a test process."""
    while _kept:
        shutil.rmtree(_kept.popitem()[1].folder, ignore_errors=True)


def _replace(folder: Path, other: Path) -> None:
    """Put a copy of another folder, if there is one, in the place of a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    if other.exists():
        shutil.copytree(other, folder)


def _tables() -> list[Table]:
    return list(db.metadata.tables.values())


def _holds_something() -> bool:
    others = [table for table in _tables() if table.name != SEEDED]
    with db.engine.connect() as connection:
        return bool(connection.scalar(select(or_(*(table.select().exists() for table in others)))))


def _keep(kept: Kept) -> None:
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(kept.folder / "codeshelf.db")) as copy:
            _raw(lambda own: own.backup(copy))
        return
    with db.engine.connect() as connection:
        found = {table: connection.execute(table.select()).mappings().all() for table in _tables()}
    kept.rows = {table: [dict(row) for row in rows] for table, rows in found.items() if rows}


def _copy(kept: Kept) -> None:
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(kept.folder / "codeshelf.db")) as copy:
            _raw(copy.backup)
        return
    with transaction():
        db.session.execute(text("SET LOCAL session_replication_role = replica"))  # rows of tables that refer to others
        db.session.execute(db.metadata.tables[SEEDED].delete())
        for table, rows in kept.rows.items():
            db.session.execute(table.insert(), rows)
            if "id" in table.c:
                sequence = func.pg_get_serial_sequence(table.name, "id")
                db.session.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))


def _raw(work: Callable[[sqlite3.Connection], None]) -> None:
    """Do something with the database's own connection; SQLite copies page by page, whoever else has it open."""
    db.session.rollback()
    connection = db.engine.raw_connection()
    try:
        own = connection.driver_connection
        assert isinstance(own, sqlite3.Connection)
        work(own)
    finally:
        connection.close()
