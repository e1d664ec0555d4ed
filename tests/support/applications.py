"""Applications for tests, on databases that are migrated once and then copied."""

from __future__ import annotations

from collections.abc import Callable

import flask_migrate
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

import config
from webapp import app as factory
from webapp.extensions import db

SECRET_KEY = "kIq7-tests-2Vw9uXc4Zr8Ty1Lp6Mn3Bd5Fg0"  # fits production


class Compiled(BytecodeCache):
    """Templates compiled once for all applications of a process: a fifth of the time of tests that render pages."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._held:
            bucket.bytecode_from_string(self._held[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._held[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()
BUILDERS: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


class KeptRule(Rule):
    """A route whose builders of addresses are compiled once for all applications of a process: compiling those of
    every route was four fifths of the making of an application.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        """Return the function that werkzeug writes from the rule alone; it is given the rule when it is called."""
        said = (self.rule, self.subdomain, self.host, self.merge_slashes, repr(self.defaults))
        key = (*said, append_unknown)
        if key not in BUILDERS:
            BUILDERS[key] = super()._compile_builder(append_unknown)
        return BUILDERS[key]


Flask.url_rule_class = KeptRule


def create_app(site: config.Settings) -> Flask:
    """Build an application as the site does."""
    app = factory.create_app(site)
    app.jinja_env.bytecode_cache = COMPILED
    return app


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
