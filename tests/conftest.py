"""What tests stand on: a real Redis for each test process, a real PostgreSQL for all, applications on fresh databases.

`app` is built on SQLite, `database` on SQLite and then on PostgreSQL. `make_app(NAME=value, …)` builds one with other
settings, named as in the environment; `settings` are those of `app`.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MakeApp = Callable[..., Flask]
NO_CHROMIUM = "no Chromium on this machine: browser tests are skipped (apt-get install chromium)"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_configure() -> None:
    gc.set_threshold(100_000, 50, 100)  # looking for garbage took a seventh of the time
    for name in list(os.environ):
        if name.lower() in Settings.model_fields:
            del os.environ[name]  # the shell's settings are not the tests'


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that hold slow tests among the others: none comes last and is waited for alone, and browsers
    do not all run at once.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    lasting = sorted((path for path in files if _lasts(files[path])), key=lambda path: path.stem[::-1])
    quick = [path for path in files if path not in set(lasting)]
    share = len(quick) * 3 // (4 * max(len(lasting), 1))
    order = [path for at, slow in enumerate(lasting) for path in (slow, *quick[at * share : (at + 1) * share])]
    order += quick[len(lasting) * share :]
    items[:] = [item for path in order for item in files[path]]


def _lasts(items: list[pytest.Item]) -> bool:
    return any(item.get_closest_marker("slow") or item.get_closest_marker("browser") for item in items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what could not be tested here."""
    reasons = {report.longrepr[2] for report in terminalreporter.stats.get("skipped", []) if report.longrepr}
    for reason in sorted(reasons):
        if "Chromium" in reason:
            terminalreporter.write_line(reason.upper(), red=True, bold=True)


@pytest.fixture(autouse=True)
def _patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give Redis a second on a busy machine; tests of outages keep the site's own patience."""
    if "outage" not in request.keywords:
        monkeypatch.setattr("webapp.extensions.REDIS_TIMEOUT_SECONDS", 1.0)


@pytest.fixture(scope="session")
def _redis() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def redis_server(_redis: RedisServer) -> RedisServer:
    """The test process's own Redis, running and empty; a test may kill it."""
    _redis.fresh()
    return _redis


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of a Redis that is empty."""
    return redis_server.url


@pytest.fixture(scope="session")
def shared_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the test processes of a run keep what one of them makes for all."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.fixture(scope="session")
def whole_catalogue(shared_folder: Path) -> Path:
    """A data folder to copy, with all that a first start loads; made once for all test processes."""
    from tests.support import whole

    return whole.made(shared_folder / "whole")


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest, shared_folder: Path) -> PostgresServer:
    """The run's PostgreSQL, with a migrated template; one for all test processes."""
    from tests.support import applications

    among_others = hasattr(request.config, "workerinput")
    server = PostgresServer(shared_folder / "postgres", run=os.getppid() if among_others else os.getpid())
    server.ensure(lambda url: applications.migrated(applications.settings(DATABASE_URL=url)))
    return server


@pytest.fixture
def pg_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a fresh, migrated PostgreSQL database."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def empty_pg_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a PostgreSQL database without tables."""
    name = postgres_server.create(template="template0")
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from tests.support import applications, kept

    data = tmp_path_factory.mktemp("migrated")
    applications.migrated(applications.settings(DATA=data))
    yield data / "codeshelf.db"
    kept.forget()


@pytest.fixture
def make_app(tmp_path: Path, redis_url: str, _migrated_sqlite: Path) -> Iterator[MakeApp]:
    """Build applications with the settings given, by default on a migrated SQLite of the test's own."""
    from tests.support import applications

    made = []

    def make(**given: object) -> Flask:
        defaults: dict[str, object] = {"DATA": tmp_path, "REDIS_URL": redis_url}
        settings = applications.settings(**defaults | given)
        if not settings.database_url and not (settings.data / "codeshelf.db").exists():
            shutil.copy(_migrated_sqlite, settings.data / "codeshelf.db")
        app = applications.create_app(settings)
        made.append(app)
        return app

    yield make
    for app in made:
        applications.close(app)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The application on a fresh SQLite and an empty Redis; no context is pushed."""
    return make_app()


@pytest.fixture
def settings(app: Flask) -> Settings:
    """The settings of `app`."""
    found: Settings = app.extensions["settings"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, more or less, on `app`."""
    return app.test_client()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, make_app: MakeApp) -> Flask:
    """The application on a fresh database: each test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return make_app()
    return make_app(DATABASE_URL=request.getfixturevalue("pg_url"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the system's, else Playwright's own; without one the tests are skipped, loudly."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = shutil.which("chromium") or shutil.which("google-chrome") or (str(own) if own.exists() else None)
        if found is None:
            pytest.skip(NO_CHROMIUM)
        chromium = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
