"""Alembic's environment: one connection of the application's engine, one transaction a migration run."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app

from webapp.extensions import db


def run() -> None:
    """Migrate on the connection handed over in the configuration, else on a new one."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    with db.engine.connect() as connection:
        _migrate(connection)


def _migrate(connection: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


current_app.logger.debug("migrating %s", db.engine.url.render_as_string(hide_password=True))
run()
