"""What the sandbox knows: a SQLite file of Stripe's objects as JSON documents."""

from __future__ import annotations

import copy
import json
import secrets
import sqlite3
import string
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from webapp.billing.sandbox.errors import ApiError, missing
from webapp.core import clock

Document = dict[str, Any]
API_VERSION = "2026-10-28.endive"
"""The version whose shapes the documents have: the one that the library was made for."""
ALPHABET = string.ascii_letters + string.digits
SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, id)
);
CREATE INDEX IF NOT EXISTS document_id ON document (id);
CREATE INDEX IF NOT EXISTS document_state ON document (kind, json_extract(body, '$.state'));
CREATE INDEX IF NOT EXISTS document_customer ON document (kind, json_extract(body, '$.customer'));
"""


def public(value: Any) -> Any:
    """Return a deep copy without internal fields, whose names begin with an underscore."""
    if isinstance(value, dict):
        return {name: public(child) for name, child in value.items() if not str(name).startswith("_")}
    if isinstance(value, list):
        return [public(child) for child in value]
    return copy.deepcopy(value)


class State:
    """The documents within one transaction. What is read is a copy: write it back with `put`."""

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self._connection = connection
        self.now = now
        """Unix seconds: the sandbox's current instant."""
        self.request: Document = {"id": None, "idempotency_key": None}
        """What caused this transaction, as events tell it."""
        self.emitted = False

    def get(self, kind: str, id: str) -> Document | None:
        """Return a document, or None."""
        rows = self._rows("SELECT body FROM document WHERE kind = ? AND id = ?", kind, id)
        return rows[0] if rows else None

    def require(self, kind: str, id: str, param: str = "id") -> Document:
        """Return a document. Errors: ApiError resource_missing that names `param`."""
        found = self.get(kind, id)
        if found is None:
            raise missing(kind, id, param)
        return found

    def lookup(self, id: str, hint: str = "") -> Document | None:
        """Return the document with this id, whatever its kind (first of all `hint`), or None. Internal ones never."""
        rows = self._rows("SELECT body FROM document WHERE id = ? ORDER BY kind <> ?, seq DESC", id, hint)
        return next((row for row in rows if not row["object"].startswith("_")), None)

    def put(self, obj: Document) -> Document:
        """Insert or replace; the place in the order of creation is kept. Return `obj`."""
        self._connection.execute(
            "INSERT INTO document (kind, id, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            (obj["object"], obj["id"], json.dumps(obj, ensure_ascii=False)),
        )
        return obj

    def remove(self, kind: str, id: str) -> None:
        """Forget a document, if there is one."""
        self._connection.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, id))

    def find(self, kind: str, **equals: str | int | bool | None) -> list[Document]:
        """Return the documents whose top-level fields equal the given ones, newest first."""
        conditions = "".join(f" AND json_extract(body, '$.{name}') IS ?" for name in equals)
        query = f"SELECT body FROM document WHERE kind = ?{conditions} ORDER BY seq DESC"  # noqa: S608 - names, not input
        return self._rows(query, kind, *equals.values())

    def new_id(self, prefix: str) -> str:
        """Return a new id such as sub_ and 24 letters and digits; `prefix` with or without the underscore."""
        return f"{prefix.removesuffix('_')}_{''.join(secrets.choice(ALPHABET) for _ in range(24))}"

    def emit(self, type: str, obj: Document, previous: Document | None = None) -> Document:
        """Write an event that shows `obj` as it is now, and queue it for every endpoint that wants its type."""
        data: Document = {"object": public(obj)}
        if previous is not None:
            data["previous_attributes"] = public(previous)
        wanted = [endpoint for endpoint in self.find("webhook_endpoint")[::-1] if _wants(endpoint, type)]
        event = self.put(
            {
                "id": self.new_id("evt"),
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now,
                "data": data,
                "livemode": False,
                "pending_webhooks": len(wanted),
                "request": dict(self.request),
                "type": type,
            }
        )
        for endpoint in wanted:
            self.put(
                {
                    "id": self.new_id("_delivery"),
                    "object": "_delivery",
                    "event": event["id"],
                    "endpoint": endpoint["id"],
                    "type": type,
                    "state": "due",
                    "attempts": 0,
                    "next_at": 0.0,
                    "result": None,
                }
            )
        self.emitted = True
        return event

    def _rows(self, query: str, *values: str | int | bool | None) -> list[Document]:
        return [json.loads(row[0]) for row in self._connection.execute(query, values)]


def _wants(endpoint: Document, type: str) -> bool:
    return endpoint["status"] == "enabled" and bool({"*", type} & set(endpoint["enabled_events"]))


class Store:
    """The file. One transaction at a time, also between threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(SCHEMA)
        self._lock = threading.Lock()
        self._holder: int | None = None
        self.on_emitted: Callable[[], None] = lambda: None
        """Called at the end of a transaction that emitted events; it must not wait."""

    @property
    def changes(self) -> int:
        """Grows with every written row."""
        return self._connection.total_changes

    @contextmanager
    def session(self) -> Iterator[State]:
        """Give one exclusive transaction: committed at the end, rolled back on an error other than one that keeps."""
        if self._holder == threading.get_ident():
            raise RuntimeError("this thread has a session already")
        with self._lock:
            self._holder = threading.get_ident()
            state = State(self._connection, int(clock.now().timestamp()))
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield state
            except BaseException as error:
                self._connection.execute("COMMIT" if isinstance(error, ApiError) and error.keep else "ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._holder = None
                if state.emitted:
                    self.on_emitted()

    def close(self) -> None:
        """Close the file, once no session runs."""
        with self._lock:
            self._connection.close()
