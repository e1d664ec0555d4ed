"""What must be done before the site serves, by one process at a time: the schema, the first catalogue, the owner."""

from __future__ import annotations

import contextlib
import fcntl
import logging
from collections.abc import Callable, Iterator
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError

from config import Settings
from webapp.auth import service as accounts
from webapp.codes import service as codes
from webapp.codes import starter
from webapp.codes.terms import keeping
from webapp.embedded import problems
from webapp.embedded.folder import run_folder
from webapp.embedded.progress import Progress
from webapp.extensions import db, settings, transaction

ADVISORY_LOCK = int.from_bytes(b"codes")
"""A number that no one else uses in our database."""
FULL_DISK_SIGNS = ("disk is full", "No space left", "disk I/O error")


def prepare(app: Flask, say: Callable[[str], None]) -> None:
    """Migrate, load what is missing of the catalogue, and offer the owner's link. Errors: OSError, SQLAlchemyError."""
    with app.app_context():
        migrate_locked()
        say(f"Database: {db.engine.url.render_as_string(hide_password=True)}, schema up to date")
        load_catalogue(say)
        with transaction():
            link = accounts.owner_link()
        if link:
            say(f"Owner: this site has none; who opens this link, good once and for a day, becomes it:\n  {link}")


def migrate_locked() -> None:
    """Bring the schema up to date. Of several processes at once one does it, and the others wait."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with exclusive():
        flask_migrate.upgrade()


def load_catalogue(say: Callable[[str], None]) -> None:
    """Load what is missing of the starter catalogue, and build the search index of what is there.

    Of several processes at once one does it, and the others wait.
    """
    with exclusive():
        with Progress(say) as progress:
            starter.load(progress)
            keeping.keep(progress)
        shown = ", ".join(f"{system.name} {system.release}" for system in codes.systems() if system.release)
    say(f"Catalogue: {shown}")


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Hold the lock of this database: PostgreSQL's own, or a file beside SQLite's."""
    if db.engine.dialect.name == "sqlite":
        with (run_folder(settings().data) / "prepare.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    with _without_time_limit(), db.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": ADVISORY_LOCK})
        connection.commit()  # the lock is the connection's, not the transaction's
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": ADVISORY_LOCK})
            connection.commit()


@contextlib.contextmanager
def _without_time_limit() -> Iterator[None]:
    """Lift the limit on statements, which is meant for requests: to wait, or to build an index, may take longer."""
    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", _lift_time_limit)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", _lift_time_limit)
        db.session.remove()
        db.engine.dispose()


def _lift_time_limit(connection: Any, _record: object) -> None:
    connection.execute("SET statement_timeout = 0")
    connection.commit()


def database_trouble(error: SQLAlchemyError, site: Settings) -> str:
    """Say in one sentence what a database error at the start means."""
    reason = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    if problems.disk_is_full(site.data) or any(sign in reason for sign in FULL_DISK_SIGNS):
        return problems.full_disk(site.data)
    where = "DATABASE_URL" if site.database_url else f"DATA: the database in {site.data}"
    return f"{where}: {reason}."
