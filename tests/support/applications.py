"""Applications for tests, on databases that are migrated once and then copied."""

from __future__ import annotations

import flask_migrate
from flask import Flask

import config
from webapp.app import create_app
from webapp.extensions import db

SECRET_KEY = "kIq7-tests-2Vw9uXc4Zr8Ty1Lp6Mn3Bd5Fg0"  # fits production


def settings(**given: object) -> config.Settings:
    """Settings of a site under test; names as in the environment."""
    environ = {"ENVIRONMENT": "test", "SECRET_KEY": SECRET_KEY} | {name: str(value) for name, value in given.items()}
    return config.load(environ)


def migrated(site: config.Settings) -> None:
    """Bring the database of `site` to the newest schema."""
    app = create_app(site)
    with app.app_context():
        flask_migrate.upgrade()
    close(app)


def close(app: Flask) -> None:
    """Close the connections that an application holds."""
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
    app.extensions["royalty"].close()
    app.extensions["redis"].client.close()
