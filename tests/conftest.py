"""What tests stand on: a real Redis for each test process, a real PostgreSQL for all, applications on fresh databases.

`app` is built on SQLite, `database` on SQLite and then on PostgreSQL. `make_app(NAME=value, …)` builds one with other
settings; `settings` are those of `app`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient

import config
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer
from webapp.app import create_app
from webapp.extensions import db, redis

SECRET_KEY = "kIq7-tests-2Vw9uXc4Zr8Ty1Lp6Mn3Bd5Fg0"  # fits production
MakeApp = Callable[..., Flask]


def _shared_folder(config: pytest.Config, factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of a run."""
    base = factory.getbasetemp()
    return base.parent if hasattr(config, "workerinput") else base


def pytest_configure(config: pytest.Config) -> None:
    for name in list(os.environ):
        if name.lower() in _SETTING_NAMES:
            del os.environ[name]  # the shell's settings are not the tests'


_SETTING_NAMES = frozenset(config.Settings.model_fields)


@pytest.fixture(scope="session")
def _redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def redis_server(_redis: RedisServer) -> RedisServer:
    """The test process's own Redis, running and empty; a test may kill it."""
    _redis.fresh()
    return _redis


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of an empty Redis."""
    return redis_server.url
