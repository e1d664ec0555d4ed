"""TEMPORARY: an application of the parts that can be imported, until webapp.app can."""

from __future__ import annotations

import importlib

from flask import Flask

import config
from webapp.billing import plans as billing_plans
from webapp.extensions import csrf, db, engine_options, login_manager, migrate, redis


def create_app(settings: config.Settings) -> Flask:
    app = Flask("webapp", root_path=str(config.ROOT / "webapp"))
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.sqlalchemy_url),
        REDIS_URL=settings.redis_address,
    )
    app.extensions.update(settings=settings, plans=billing_plans.load(settings.plans_file), tools=(), schedule=())
    for extension in (db, login_manager, csrf, redis):
        extension.init_app(app)
    migrate.init_app(app, db, directory=str(config.ROOT / "migrations"))
    for package in ("auth", "mail", "jobs", "metering", "billing", "access", "codes", "account", "admin", "site"):
        for module, name in (("models", None), ("web", None), ("views", "blueprint"), ("cli", "cli")):
            try:
                found = importlib.import_module(f"webapp.{package}.{module}")
            except ImportError:
                continue
            if name == "blueprint":
                app.register_blueprint(found.blueprint)
            elif name == "cli" and hasattr(found, "cli"):
                app.cli.add_command(found.cli)
    return app
