"""Migrations: up, down to nothing and up again on both databases; their result is what the models say."""

from __future__ import annotations

import re

import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

import config
from webapp.extensions import db


def tables(app) -> set[str]:
    with app.app_context():
        return set(inspect(db.engine).get_table_names())


def test_up_down_and_up_again(database):
    with database.app_context():
        db.session.remove()
        whole = tables(database)
        assert {"user", "code", "entitlement_grant"} <= whole
        flask_migrate.downgrade(revision="base")
        assert tables(database) <= {"alembic_version"}
        flask_migrate.upgrade()
        assert tables(database) == whole


def test_the_models_and_the_migrations_agree(database):
    with database.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_migrations_are_named_by_date():
    files = [path.name for path in (config.ROOT / "migrations" / "versions").glob("*.py")]
    assert files
    assert all(re.fullmatch(r"20\d\d_\d\d_\d\d_[a-z0-9_]+\.py", name) for name in files)
