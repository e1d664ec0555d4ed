"""Many rows at once, on either database, inside the session's transaction."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import text

from webapp.extensions import db

LOADER_LOCK = 0x636F6465_6C6F6164
"""PostgreSQL's advisory lock that lets one load run at a time, “codeload” in ASCII. SQLite has one writer anyway."""


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Keep Python from looking for garbage among the objects of a load, all in use: that takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def no_timeout() -> None:
    """Lift the statement time-out for this transaction."""
    if not on_sqlite():
        db.session.execute(text("SET LOCAL statement_timeout = 0"))


def begin() -> None:
    """Take the loader's lock and lift the statement time-out for this transaction."""
    no_timeout()
    if not on_sqlite():
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOADER_LOCK})


def insert(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert `rows` into `table`: executemany on SQLite, COPY on PostgreSQL. Dates are ISO texts."""
    cursor: Any = db.session.connection().connection.cursor()
    names = ", ".join(f'"{column}"' for column in columns)
    try:
        if on_sqlite():
            marks = ", ".join("?" * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - our own names
        else:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
    finally:
        cursor.close()


def allocate(table: str, count: int) -> range:
    """Return `count` ids of `table` that no row has or ever had. Call only under the loader's lock."""
    if on_sqlite():
        last = db.session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table}) or 0
        return range(last + 1, last + 1 + count)
    sequence = f"{table}_id_seq"
    first = db.session.scalar(text("SELECT nextval(:name)"), {"name": sequence})
    if first is None:
        raise LookupError(f"the table {table} numbers no ids")
    if count > 1:
        db.session.execute(text("SELECT setval(:name, :last)"), {"name": sequence, "last": first + count - 1})
    return range(first, first + count)


def analyze(*tables: str) -> None:
    """Let the database count what tables hold now, so that it looks things up by the right index."""
    for table in tables:
        db.session.execute(text(f"ANALYZE {table}"))


def on_sqlite() -> bool:
    return db.session.connection().dialect.name == "sqlite"
