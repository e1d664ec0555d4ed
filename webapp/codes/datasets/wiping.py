"""After licensed texts were deleted: out of the database's files, not only out of its tables.

SQLite leaves deleted rows in free pages and in the write-ahead log, PostgreSQL in the table's file until a VACUUM. What
neither reaches: backups, snapshots, an archived log, and disk blocks that nothing has been written over.
"""

from __future__ import annotations

from typing import Any

from webapp.core.errors import Unavailable
from webapp.extensions import db

ON_POSTGRESQL = ("SET statement_timeout = 0", "VACUUM FULL licensed_record")
AGAIN = "The texts are deleted, but the database's files may still hold some of them: {}. Run the command again."


def wipe() -> None:
    """Write the database's files anew without what was deleted. Call it outside any transaction.

    On SQLite that is the whole file: the disk needs as much room again, and writers wait meanwhile. On PostgreSQL it
    is the table alone. Errors: Unavailable if the database is in use or the disk full; it may be tried again.
    """
    db.session.rollback()
    connection = db.engine.raw_connection()
    connection.detach()  # what is set on it below must not come back to the pool
    try:
        busy = _write_anew(connection.cursor(), connection.dbapi_connection)
    except db.engine.dialect.loaded_dbapi.Error as error:
        raise Unavailable(AGAIN.format(str(error).strip())) from None
    finally:
        connection.close()
    if busy:
        raise Unavailable(AGAIN.format("readers keep the write-ahead log in use, stop the site first"))


def _write_anew(cursor: Any, connection: Any) -> bool:
    """Return whether something is left because others use the database."""
    if db.engine.dialect.name == "sqlite":
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(cursor.fetchone()[0])
    connection.autocommit = True
    for statement in ON_POSTGRESQL:
        cursor.execute(statement)
    return False
