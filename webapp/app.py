"""The application factory: one tuple each of extensions, blueprints and command groups."""

from __future__ import annotations

from flask import Flask

import config
from webapp.billing import plans as billing_plans
from webapp.extensions import csrf, db, engine_options, login_manager, migrate, redis


def create_app(settings: config.Settings | None = None) -> Flask:
    """Build the application. Errors: config.SettingsError, billing.plans.PlansError."""
    settings = settings or config.load()
    app = Flask("webapp", root_path=str(config.ROOT / "webapp"))
    app.extensions["settings"] = settings
    app.extensions["plans"] = billing_plans.load(settings.plans_file)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.sqlalchemy_url),
        REDIS_URL=settings.redis_url,
    )
    db.init_app(app)
    migrate.init_app(app, db, directory=str(config.ROOT / "migrations"))
    login_manager.init_app(app)
    csrf.init_app(app)
    redis.init_app(app)
    return app
