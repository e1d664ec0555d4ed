"""Catalogues that are loaded once for a test process, and copied for every test that begins with the same one."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from flask import Flask
from sqlalchemy import or_, select

from webapp.codes.models import CodeSystem
from webapp.codes.terms import keeping
from webapp.core import clock
from webapp.extensions import db

_folders: dict[str, Path] = {}
"""Name -> the folder that keeps a database and its term store."""


def filled(app: Flask, name: str, fill: Callable[[], None]) -> None:
    """Fill the migrated and empty database of an application, and its term store, in the application's context.

    On SQLite what was filled first under a name is copied after that. A database that holds something already, or
    one on a moved clock, is filled by itself, and so is PostgreSQL.
    """
    if db.engine.dialect.name != "sqlite" or clock.offset() or _holds_something():
        fill()
        return
    data: Path = app.extensions["settings"].data
    if name in _folders:
        _copy(_folders[name], data)
        return
    fill()
    folder = Path(tempfile.mkdtemp(prefix="cs-kept-"))
    _keep(data, folder)
    _folders[name] = folder


def forget() -> None:
    """Remove what is kept, at the end of a test process."""
    while _folders:
        shutil.rmtree(_folders.popitem()[1], ignore_errors=True)


def _holds_something() -> bool:
    """Whether there is a row in any table but that of the code systems, which the migrations fill."""
    others = [table for table in db.metadata.tables.values() if table.name != CodeSystem.__tablename__]
    with db.engine.connect() as connection:
        return bool(connection.scalar(select(or_(*(table.select().exists() for table in others)))))


def _keep(data: Path, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "codeshelf.db")) as kept:
        _raw(lambda own: own.backup(kept))
    shutil.copytree(data / keeping.FOLDER, folder / keeping.FOLDER)


def _copy(folder: Path, data: Path) -> None:
    with closing(sqlite3.connect(folder / "codeshelf.db")) as kept:
        _raw(kept.backup)
    shutil.rmtree(data / keeping.FOLDER, ignore_errors=True)
    shutil.copytree(folder / keeping.FOLDER, data / keeping.FOLDER)


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
