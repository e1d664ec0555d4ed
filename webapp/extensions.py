"""What the application is built from, unbound: database, login manager, CSRF, Redis, signals."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import hiredis
import redis as redis_library
import structlog
from blinker import Namespace
from flask import Flask, current_app, has_request_context
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import DateTime, Dialect, Engine, MetaData, TypeDecorator, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, registry

from config import Settings
from webapp.core.breaker import Breaker

if TYPE_CHECKING:
    from webapp.core.postgres import Connection, Server

T = TypeVar("T")

log = structlog.get_logger(__name__)

REDIS_TIMEOUT_SECONDS = 0.1
SQLITE_BUSY_SECONDS = 5
SQLITE_CACHE_KIBIBYTES = 512
"""For each connection, of which every thread has one: the system caches the file anyway."""
OUTAGE_WORDS = (
    "OOM",
    "READONLY",
    "MISCONF",
    "LOADING",
    "NOAUTH",
    "WRONGPASS",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "NOREPLICAS",
)
"""What Redis answers when it cannot serve for now; in a script's error the word stands inside the sentence."""
POSTGRES_CONNECT_SECONDS = 2
POSTGRES_STATEMENT_MILLISECONDS = 5000


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, always aware and in UTC on our side (SQLite keeps no time zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is not stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as called
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every model. Constraint names are fixed, so that migrations can name them on any database."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime()},
    )
    metadata = registry.metadata


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()
login_manager = LoginManager()
csrf = CSRFProtect()

signals = Namespace()
"""What lower packages announce and higher ones hear; each is sent after the commit it speaks of."""
reader_registered = signals.signal("reader-registered")
reader_logged_in = signals.signal("reader-logged-in")


def settings() -> Settings:
    """The settings of the application in whose context this runs."""
    found: Settings = current_app.extensions["settings"]
    return found


class RedisUnavailable(Exception):
    """Redis did not answer in time, refused, or is known to be down."""


class RedisClient:
    """Redis for requests: short timeouts, no retry, and a breaker so that an outage costs a process one wait."""

    _client: redis_library.Redis
    breaker: Breaker

    def __init__(self) -> None:
        self._own = threading.local()
        os.register_at_fork(after_in_child=self._forget_connections)

    def init_app(self, app: Flask) -> None:
        self.connect(app.config["REDIS_URL"])
        app.extensions["redis"] = self

    def connect(self, url: str) -> None:
        """Use the Redis at `url`; nothing is sent yet."""
        self._client = redis_library.Redis.from_url(
            url,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,
            protocol=2,
        )
        self._forget_connections()
        self.breaker = Breaker(self._answers)

    @property
    def client(self) -> redis_library.Redis:
        """The bare client, for what must not be guarded (tests, commands)."""
        return self._client

    def call(self, work: Callable[[redis_library.Redis], T]) -> T:
        """Run `work` with the client. Errors: RedisUnavailable, at once while the breaker is open."""
        if self.breaker.is_open:
            raise RedisUnavailable("Redis is known to be down")
        try:
            return work(self._client)
        except redis_library.RedisError as error:
            raise self._outage(error) from error

    def command(self, *arguments: str | int) -> Any:
        """Send one idempotent command over this thread's own connection and return its bare answer.

        For the hottest paths: the library's pool, retries and metrics cost more than all else of a code page. A
        connection that was closed while it lay idle is opened again once. Errors: as `call`.
        """
        if self.breaker.is_open:
            raise RedisUnavailable("Redis is known to be down")
        connection = getattr(self._own, "connection", None)
        try:
            if connection is not None:
                try:
                    return _ask(connection, arguments)
                except redis_library.ConnectionError:
                    pass  # closed while it lay idle; a silent server is a TimeoutError, and not asked twice
            self._own.connection = connection = self._client.connection_pool.make_connection()
            return _ask(connection, arguments)
        except redis_library.RedisError as error:
            raise self._outage(error) from error

    def _outage(self, error: redis_library.RedisError) -> Exception:
        """Open the breaker for an outage and return RedisUnavailable; an error of ours is returned as it is."""
        if isinstance(error, redis_library.ResponseError) and not any(word in str(error) for word in OUTAGE_WORDS):
            return error
        self.breaker.trip()
        return RedisUnavailable(str(error))

    def close(self) -> None:
        """Close this thread's connections and those that lie idle."""
        connection = getattr(self._own, "connection", None)
        if connection is not None:
            connection.disconnect()
        self._client.close()

    def _forget_connections(self) -> None:
        """Let no thread go on with a connection of another Redis, or of the process it was forked from."""
        self._own = threading.local()

    def _answers(self) -> bool:
        """Whether Redis takes a write: a full or read-only one is as bad as none."""
        try:
            self._client.set("probe", 1, ex=60)
        except redis_library.RedisError:
            return False
        return True


def _ask(connection: Any, arguments: tuple[str | int, ...]) -> Any:
    """Send and read. Whatever comes between, no answer is left behind for the next reader of this connection."""
    try:
        connection.send_packed_command([hiredis.pack_command(arguments)])  # type: ignore[arg-type]  # any length
        return connection.read_response()
    except redis_library.ResponseError:
        raise
    except BaseException:
        connection.disconnect()
        raise


redis = RedisClient()


@contextlib.contextmanager
def transaction() -> Iterator[None]:
    """Commit what the block wrote, or roll all of it back: the one place that commits.

    On SQLite the transaction begins IMMEDIATE, since one that reads first and then writes fails under concurrency.
    Work given to `after_commit` runs once the commit is done.
    """
    session = db.session
    if "after_commit" in session.info:
        raise RuntimeError("a transaction runs already: its writes would be lost")
    session.rollback()  # leave a read-only transaction that a look-up before us may have begun
    session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
    session.info["after_commit"] = []
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        due = session.info.pop("after_commit")
    for work in due:
        try:
            work()
        except Exception:  # what is committed stands; the rest of what follows from it must not be lost
            log.exception("work after a commit failed")


def after_commit(work: Callable[[], Any]) -> None:
    """Run `work` after the running transaction's commit; never if it is rolled back. Errors: KeyError outside one."""
    db.session.info["after_commit"].append(work)


def insert_into(model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say ON CONFLICT, which each database's dialect has in a class of its own."""
    return sqlite.insert(model) if db.engine.dialect.name == "sqlite" else postgresql.insert(model)


def engine_options(url: str) -> dict[str, Any]:
    """Return SQLAlchemy's engine options for a database address."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False}}
    return {
        "pool_pre_ping": True,
        "pool_timeout": POSTGRES_CONNECT_SECONDS,
        "connect_args": {
            "connect_timeout": POSTGRES_CONNECT_SECONDS,
            "options": f"-c statement_timeout={POSTGRES_STATEMENT_MILLISECONDS} -c timezone=utc",
        },
    }


_servers: WeakKeyDictionary[Dialect, Server] = WeakKeyDictionary()


@event.listens_for(Engine, "do_connect")
def _connect_to_postgres(
    dialect: Dialect, _record: object, arguments: list[Any], parameters: dict[str, Any]
) -> Connection | None:
    if dialect.driver != "psycopg":
        return None
    if dialect not in _servers:
        from webapp.core.postgres import Server  # sites on SQLite need no driver

        _servers.setdefault(dialect, Server(has_request_context, *arguments, **parameters))
    return _servers[dialect].connect()


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    if not type(connection).__module__.startswith("sqlite3"):
        return
    connection.isolation_level = None  # the "begin" hook below says BEGIN, not the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA cache_size=-{SQLITE_CACHE_KIBIBYTES}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")
